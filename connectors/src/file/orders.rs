//! The orders whose last row has not been read yet.

use std::collections::HashMap;

use chrono::DateTime;
use rust_decimal::Decimal;

use super::{error::FileError, fields::Fault, records::OrderRow, rows::Row};
use crate::canonical::{Body, OrderType, Record};

/// What open orders may fill, in bytes of payload.
const LIMIT: usize = 128 << 20;

/// How the payload of an order begins.
const START: &[u8] = b"{\"rows\":[";

/// Orders by id, each with what its rows said so far.
#[derive(Debug, Default)]
pub(super) struct OpenOrders {
    orders: HashMap<String, OpenOrder>,
    bytes: usize,
}

#[derive(Debug)]
struct OpenOrder {
    merged: OrderRow,
    /// `{"rows":[{"row":1,"fields":{…}},…`, to be closed.
    payload: Vec<u8>,
}

impl OpenOrders {
    /// Adds what one row says. Of fields that concern the whole order the first row that has one decides;
    /// placed and created is the earliest, updated the latest.
    pub(super) fn add(&mut self, id: &str, row: &Row, said: OrderRow) -> Result<(), FileError> {
        let mut piece = format!("{{\"row\":{},\"fields\":", row.number).into_bytes();
        piece.extend(row.payload());
        piece.push(b'}');
        self.bytes += piece.len() + 1;
        if let Some(order) = self.orders.get_mut(id) {
            order.payload.push(b',');
            order.payload.append(&mut piece);
            order.merged.merge(said);
        } else {
            self.bytes += START.len() - 1;
            let payload = [START, &piece].concat();
            self.orders.insert(id.to_owned(), OpenOrder { merged: said, payload });
        }
        if self.bytes > LIMIT {
            return Err(FileError::OpenOrders { row: row.number, orders: self.orders.len(), limit: LIMIT });
        }
        Ok(())
    }

    /// Closes an order; `None` if none of its rows could be understood. What cannot be made an order comes
    /// back with its payload.
    pub(super) fn close(&mut self, id: &str) -> Option<Result<Record, (Fault, Vec<u8>)>> {
        let OpenOrder { merged, mut payload } = self.orders.remove(id)?;
        self.bytes -= payload.len();
        payload.extend_from_slice(b"]}");
        let total = match merged.whole_total() {
            Ok(total) => total,
            Err(fault) => return Some(Err((fault, payload))),
        };
        let mut order = merged.order;
        order.status = merged.status.unwrap_or_default();
        order.refunded = merged.refunded.unwrap_or_default().abs();
        order.total = total;
        Some(Ok(Record {
            external_id: id.to_owned(),
            updated_at: merged.updated_at,
            created_at: merged.created_at,
            deleted: merged.deleted,
            body: Body::Order(order),
            payload,
        }))
    }
}

impl OrderRow {
    fn merge(&mut self, mut other: Self) {
        let (this, that) = (&mut self.order, &mut other.order);
        this.number = this.number.take().or(that.number.take());
        this.person = this.person.take().or(that.person.take());
        this.currency = this.currency.take().or(that.currency.take());
        this.tax = this.tax.or(that.tax);
        this.shipping = this.shipping.or(that.shipping);
        this.discount = this.discount.or(that.discount);
        if that.order_type == OrderType::Return {
            this.order_type = OrderType::Return;
        }
        self.status = self.status.or(other.status);
        this.placed_at = pick(this.placed_at, that.placed_at, DateTime::min);
        for coupon in that.coupons.drain(..) {
            if !this.coupons.contains(&coupon) {
                this.coupons.push(coupon);
            }
        }
        this.lines.append(&mut that.lines);
        self.total = self.total.or(other.total);
        self.refunded = self.refunded.or(other.refunded);
        self.created_at = pick(self.created_at, other.created_at, DateTime::min);
        self.updated_at = pick(self.updated_at, other.updated_at, DateTime::max);
        self.deleted |= other.deleted;
    }

    /// The file's own total, otherwise the sum of the lines.
    fn whole_total(&self) -> Result<Decimal, Fault> {
        let lines = &self.order.lines;
        match self.total {
            Some(total) => Ok(total),
            None if lines.is_empty() => Err(Fault("expected a total on one of the order's rows".to_owned())),
            None => lines
                .iter()
                .try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.total))
                .ok_or_else(|| Fault("expected lines whose sum has at most 28 digits".to_owned())),
        }
    }
}

fn pick<T: Copy>(this: Option<T>, that: Option<T>, choose: impl FnOnce(T, T) -> T) -> Option<T> {
    match (this, that) {
        (Some(this), Some(that)) => Some(choose(this, that)),
        _ => this.or(that),
    }
}
