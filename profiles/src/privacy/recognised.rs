//! By what a person would be recognised, and what of that nobody else carries.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::{Body, RecordKind, told_by_id};
use entities::{correction, source_identity};
use identity::{IdentifierKind, Normalised};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Statement};
use uuid::Uuid;

use super::blocks::{self, BlockKind, Blockable, blockable};
use crate::{
    Profiles,
    error::Result,
    resolution::{identifier_kind, phone_region, versions},
    view::{compose::contact_kind, correction::Correction, gather},
};

impl Profiles {
    /// The values by which these source identities would be recognised, as far as nobody else carries them, and how many
    /// there are that others carry as well.
    pub(super) async fn recognised_by(
        &self,
        txn: &DatabaseTransaction,
        members: &[source_identity::Model],
    ) -> Result<(BTreeSet<Blockable>, u64)> {
        let ids: BTreeSet<Uuid> = members.iter().map(|member| member.id).collect();
        let mut own: BTreeSet<Blockable> = ids.iter().map(|id| blocks::identity(*id)).collect();
        let rules = &self.ruleset().identity;
        // As they were written, and as they were understood: where a number is of depends on configuration.
        let mut carried: BTreeMap<(IdentifierKind, String), BTreeSet<Blockable>> = BTreeMap::new();
        let mut records: BTreeSet<Uuid> = BTreeSet::new();
        let mut carry = |kind, raw: &str, region: Option<&str>| {
            if let Normalised::Value(value) = rules.normalise(kind, raw, region) {
                let mut forms = blockable(kind, raw, region);
                forms.extend(blockable(kind, &value, None));
                // Behind a tag may stand what is nobody's.
                let is_somebodys = |form: &Blockable| {
                    let text = String::from_utf8_lossy(&form.1);
                    rules.normalise(kind, &text, None) != Normalised::Placeholder
                };
                forms.retain(is_somebodys);
                carried.entry((kind, value)).or_default().extend(forms);
            }
        };
        for member in members {
            let (source, id) = (member.source_id, member.external_id.clone());
            if let Some(raw) = told_by_id(&id) {
                carry(identifier_kind(raw.kind), &raw.value, None);
            }
            for version in
                versions::load(txn, source, RecordKind::Person, [id]).await?.into_values().flatten()
            {
                // What cannot be read tells nothing of anybody.
                let Ok(Body::Person(person)) = version.body() else { continue };
                let region = phone_region(&person);
                for raw in &person.identifiers {
                    let kind = identifier_kind(raw.kind);
                    if kind == IdentifierKind::CrossSource {
                        // A record that was named and may not have come yet.
                        let Some(namespace) = &raw.namespace else { continue };
                        records.insert(self.keys().person(self.keys().source(namespace), raw.value.trim()));
                        continue;
                    }
                    carry(kind, &raw.value, region.as_deref());
                }
            }
        }
        for corrected in gather::corrections(txn, ids.iter().copied()).await?.into_values().flatten() {
            if let Some((kind, text)) = contact_point(&corrected) {
                carry(kind, text, None);
            }
        }
        for id in records {
            let named = (IdentifierKind::CrossSource, id.to_string());
            carried.entry(named).or_default().insert(blocks::identity(id));
        }
        let claimed = claimed_by_others(txn, &ids).await?;
        let mut shared = 0;
        for ((kind, value), forms) in carried {
            let is_claimed = !claimed.is_disjoint(&forms);
            if is_claimed || is_carried_by_others(txn, kind, &value, &forms, &ids).await? {
                shared += 1;
            } else {
                own.extend(forms);
            }
        }
        Ok((own, shared))
    }
}

/// Whether anybody else carries, or ever carried, an identifier, in whatever spelling the rules leave apart.
async fn is_carried_by_others(
    txn: &DatabaseTransaction,
    kind: IdentifierKind,
    value: &str,
    forms: &BTreeSet<Blockable>,
    own: &BTreeSet<Uuid>,
) -> Result<bool> {
    // Somebody's own record is theirs, whoever names it.
    if kind == IdentifierKind::CrossSource
        && let Ok(id) = value.parse()
        && !own.contains(&id)
        && source_identity::Entity::find_by_id(id).one(txn).await?.is_some()
    {
        return Ok(true);
    }
    // Spellings of one mailbox begin alike: with the name and @ or +, or at Gmail, where dots may stand, with its first
    // letter.
    let beginning = |start: String| (start.clone(), format!("{start}\u{10ffff}"));
    let mailbox = forms.iter().find(|(kind, _)| *kind == BlockKind::Email);
    let ranges = match mailbox.map(|(_, form)| String::from_utf8_lossy(form)) {
        None => vec![(value.to_owned(), value.to_owned())],
        Some(form) => match form.rsplit_once('@') {
            Some((name, "gmail.com")) => vec![beginning(name.chars().take(1).collect())],
            Some((name, _)) => vec![beginning(format!("{name}@")), beginning(format!("{name}+"))],
            None => Vec::new(),
        },
    };
    for (from, to) in ranges {
        if is_carried_between(txn, kind, value, (from, to), forms, own).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The addresses and numbers that others have corrected theirs to. There are few corrections.
async fn claimed_by_others(txn: &DatabaseTransaction, own: &BTreeSet<Uuid>) -> Result<BTreeSet<Blockable>> {
    use correction::Column as C;
    let kinds = [IdentifierKind::Email.as_str(), IdentifierKind::Phone.as_str()];
    let rows = correction::Entity::find().filter(C::Key.is_in(kinds)).filter(C::EndedAt.is_null());
    let mut claimed = BTreeSet::new();
    for row in rows.all(txn).await? {
        let corrected = Correction::read(row)?;
        let point = contact_point(&corrected).filter(|_| !own.contains(&corrected.identity));
        claimed.extend(point.into_iter().flat_map(|(kind, text)| blockable(kind, text, None)));
    }
    Ok(claimed)
}

/// The address or the number that a correction states.
fn contact_point(corrected: &Correction) -> Option<(IdentifierKind, &str)> {
    Some((contact_kind(&corrected.key)?, corrected.value.as_str()?))
}

/// As [`is_carried_by_others`], among the values of a range.
async fn is_carried_between(
    txn: &DatabaseTransaction,
    kind: IdentifierKind,
    value: &str,
    (from, to): (String, String),
    forms: &BTreeSet<Blockable>,
    own: &BTreeSet<Uuid>,
) -> Result<bool> {
    let sql = "SELECT source_identity_id, value FROM identifier WHERE kind = $1 AND value >= $2 AND value <= $3 \
               UNION ALL \
               SELECT source_identity_id, value FROM identifier_past \
               WHERE kind = $1 AND value >= $2 AND value <= $3";
    let values = [kind.as_str().into(), from.into(), to.into()];
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    for row in txn.query_all_raw(statement).await? {
        let (carrier, other): (Uuid, String) =
            (row.try_get("", "source_identity_id")?, row.try_get("", "value")?);
        let is_same =
            || other == value || blockable(kind, &other, None).iter().any(|form| forms.contains(form));
        if !own.contains(&carrier) && is_same() {
            return Ok(true);
        }
    }
    Ok(false)
}
