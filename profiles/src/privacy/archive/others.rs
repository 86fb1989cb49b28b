//! Taking out of an archive the addresses and numbers of other people, with the screen that an erasure would use: what
//! somebody else carries, and the person does not, is replaced wherever a delivered text mentions it.

use std::collections::BTreeSet;

use identity::{IdentifierKind, Normalised};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use super::{
    super::{
        blocks::{Blockable, Blocks, blockable},
        screen::Screen,
        text,
    },
    document::Archive,
    kept::{Kept, of_others},
};
use crate::{
    Keys,
    error::Result,
    normaliser::Normaliser,
    resolution::person::{identifiers, told},
    view::gather,
};

/// Takes out what is known to be somebody else's.
pub(super) async fn take_out(
    txn: &DatabaseTransaction,
    keys: &Keys,
    normaliser: &Normaliser<'_>,
    kept: &Kept,
    archive: &mut Archive,
) -> Result<()> {
    let mut mentioned = BTreeSet::new();
    for value in delivered(archive) {
        mentions(normaliser, value, &mut mentioned);
    }
    let theirs = forms(of_others(txn, &kept.ids(), mentioned).await?);
    // What the person ever carried is the person's too.
    let mut own = BTreeSet::new();
    let mut said = gather::said(txn, kept.members.iter()).await?;
    for member in &kept.members {
        let versions = said.remove(&member.id).unwrap_or_default();
        for end in 0..=versions.len() {
            let key = (member.source_id, member.external_id.as_str());
            let carried = identifiers(keys, normaliser, key, told(&versions[..end]));
            own.extend(carried.into_iter().map(|(kind, value)| (kind.as_str().to_owned(), value)));
        }
    }
    let own = forms(own);
    let blocks = Blocks::of(keys, theirs.difference(&own));
    if blocks.is_empty() {
        return Ok(());
    }
    let screen = Screen { keys, blocks: &blocks, rules: normaliser.rules() };
    for value in delivered(archive) {
        screen.value(value, "", None);
    }
    Ok(())
}

/// Whatever others wrote.
fn delivered(archive: &mut Archive) -> impl Iterator<Item = &mut Value> {
    let records = archive.records.iter_mut();
    let records =
        records.flat_map(|record| std::iter::once(&mut record.understood).chain(&mut record.delivered));
    let events = archive.events.iter_mut().flat_map(|event| [&mut event.properties, &mut event.context]);
    let orders = archive.orders.iter_mut().map(|order| &mut order.details);
    let statements = archive.statements.iter_mut().map(|statement| &mut statement.evidence);
    let rejected = archive.rejected.iter_mut().map(|rejected| &mut rejected.delivered);
    records.chain(events).chain(orders).chain(statements).chain(rejected)
}

/// What could be an address or a number, in its normal form.
fn mentions(normaliser: &Normaliser<'_>, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => in_text(normaliser, &number.to_string(), found),
        Value::String(text) => in_text(normaliser, text, found),
        Value::Array(items) => items.iter().for_each(|item| mentions(normaliser, item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                in_text(normaliser, key, found);
                mentions(normaliser, value, found);
            }
        }
    }
}

fn in_text(normaliser: &Normaliser<'_>, text: &str, found: &mut BTreeSet<String>) {
    if let Some(plain) = text::decoded(text) {
        in_text(normaliser, &plain, found);
    }
    let emails = text::emails(text).into_iter().map(|range| (IdentifierKind::Email, range));
    let phones = text::phones(text).into_iter().map(|range| (IdentifierKind::Phone, range));
    for (kind, range) in emails.chain(phones) {
        if let Normalised::Value(value) = normaliser.normalise(kind, &text[range], None) {
            found.insert(value);
        }
    }
}

/// The forms in which the screen knows these values.
fn forms(values: BTreeSet<(String, String)>) -> BTreeSet<Blockable> {
    let known = values.into_iter().filter_map(|(kind, value)| Some((IdentifierKind::parse(&kind)?, value)));
    known.flat_map(|(kind, value)| blockable(kind, &value, None)).collect()
}
