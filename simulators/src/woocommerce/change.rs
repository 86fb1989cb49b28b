//! Changing a shop while it is served.

use super::{Customer, Order, OrderStatus, Refund, Shop};
use crate::server::{Server, Stamp};

impl Server<Shop> {
    /// `ck_…`
    pub fn consumer_key(&self) -> String {
        self.read(|shop| shop.consumer_key.clone())
    }

    /// `cs_…`
    pub fn consumer_secret(&self) -> String {
        self.read(|shop| shop.consumer_secret.clone())
    }

    /// Adds a customer or replaces the one with its id, as it is.
    pub fn put_customer(&self, customer: Customer) {
        self.change(|shop| shop.customers.insert(customer.id, customer));
    }

    /// Changes a customer. False if there is none.
    pub fn change_customer(&self, id: u64, stamp: Stamp, change: impl FnOnce(&mut Customer)) -> bool {
        let before = self.read(|shop| shop.customers.get(&id).map(|customer| customer.modified));
        let Some(before) = before else { return false };
        let modified = match stamp {
            Stamp::Keep => before,
            moved => Some(self.stamp(moved, self.now())),
        };
        self.change(|shop| {
            shop.customers.get_mut(&id).is_some_and(|customer| {
                change(customer);
                customer.modified = modified;
                true
            })
        })
    }

    /// Deletes a customer without trace; the orders stay, as a guest's. False if there is none.
    pub fn delete_customer(&self, id: u64) -> bool {
        self.change(|shop| {
            for order in shop.orders.values_mut().filter(|order| order.customer_id == id) {
                order.customer_id = 0;
            }
            shop.customers.remove(&id).is_some()
        })
    }

    /// Adds an order or replaces the one with its id, as it is.
    pub fn put_order(&self, order: Order) {
        self.change(|shop| shop.orders.insert(order.id, order));
    }

    /// Moves an order to another status. False if there is none.
    pub fn set_order_status(&self, id: u64, status: OrderStatus, stamp: Stamp) -> bool {
        self.change_order(id, stamp, |order| order.status = status)
    }

    /// Gives money back; an order refunded in full becomes `refunded`. The amount is in hundredths, with tax.
    /// Returns the refund's id, or nothing if there is no such order.
    pub fn add_refund(&self, order: u64, amount: i64, reason: &str, stamp: Stamp) -> Option<u64> {
        let id = self.read(|shop| {
            let used =
                shop.orders.values().flat_map(|order| order.refunds.iter().map(|r| r.id).chain([order.id]));
            used.max().unwrap_or(0) + 1
        });
        let refund = Refund { id, created: self.now(), amount, reason: reason.to_owned() };
        let done = self.change_order(order, stamp, |order| {
            order.refunds.insert(0, refund);
            if order.remaining() <= 0 {
                order.status = OrderStatus::Refunded;
            }
        });
        done.then_some(id)
    }

    /// Deletes an order for good. False if there is none.
    pub fn delete_order(&self, id: u64) -> bool {
        self.change(|shop| shop.orders.remove(&id).is_some())
    }

    /// Changes an order. False if there is none.
    pub fn change_order(&self, id: u64, stamp: Stamp, change: impl FnOnce(&mut Order)) -> bool {
        let Some(before) = self.read(|shop| shop.orders.get(&id).map(|order| order.modified)) else {
            return false;
        };
        let modified = self.stamp(stamp, before);
        self.change(|shop| {
            shop.orders.get_mut(&id).is_some_and(|order| {
                change(order);
                order.modified = modified;
                true
            })
        })
    }
}
