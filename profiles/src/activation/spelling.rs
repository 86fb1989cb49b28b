//! Addresses as they were said. Rules may take dots and tags out of addresses so that they can be compared; what is left is for
//! comparing, and a tool is given the address that somebody gave.

use std::collections::{BTreeMap, HashMap};

use entities::source_identity;
use identity::{EmailRules, IdentifierKind, Normalised, Rules};
use sea_orm::{EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    Profiles,
    error::Result,
    resolution::person::{identifier_kind, told},
    store::chunks,
    view::gather,
};

/// Addresses of one person as they were said last, by the form in which they are compared.
pub(super) type Spelling = BTreeMap<String, String>;

impl Profiles {
    /// How the addresses of these people are spelt where the rules compare them in another form; most rules do so of nobody's.
    pub(super) async fn spelling(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Spelling>> {
        let mut all: HashMap<Uuid, Spelling> = HashMap::new();
        let ruleset = self.ruleset();
        let compared = &ruleset.identity;
        if compared.email == EmailRules::default() {
            return Ok(all);
        }
        let plain = Rules { email: EmailRules::default(), ..compared.clone() };
        let mut rows = Vec::new();
        for ids in chunks(self.db(), ids.iter().copied()) {
            let of_them = ids.of(source_identity::Column::ProfileId);
            rows.extend(source_identity::Entity::find().filter(of_them).all(self.db()).await?);
        }
        let said = gather::said(self.db(), rows.iter()).await?;
        rows.sort_by_key(|row| (row.updated_at, row.id));
        for row in rows {
            let Some(person) = said.get(&row.id).and_then(|versions| told(versions)) else { continue };
            let identifiers = person.identifiers.iter();
            for raw in identifiers.filter(|found| identifier_kind(found.kind) == IdentifierKind::Email) {
                let [compared, plain] = [compared, &plain].map(|rules| {
                    match rules.normalise(IdentifierKind::Email, &raw.value, None) {
                        Normalised::Value(value) => Some(value),
                        _ => None,
                    }
                });
                all.entry(row.profile_id).or_default().extend(compared.zip(plain));
            }
        }
        Ok(all)
    }
}
