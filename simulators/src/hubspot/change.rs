//! Changing a portal while it is served.

use std::collections::BTreeMap;

use super::{Kind, Object, Portal};
use crate::server::{Server, Stamp};

impl Server<Portal> {
    /// The access token of the private app.
    pub fn token(&self) -> String {
        self.read(|portal| portal.token.clone())
    }

    /// Sets properties of a contact, or creates it; an empty value removes the property.
    pub fn upsert_contact(&self, id: u64, properties: &[(&str, &str)], stamp: Stamp) {
        self.upsert(Kind::Contact, id, properties, stamp);
    }

    /// Sets properties of an object, or creates it; an empty value removes the property.
    pub fn upsert(&self, kind: Kind, id: u64, properties: &[(&str, &str)], stamp: Stamp) {
        let now = self.now();
        let stamped = |before| self.stamp(stamp, before);
        let updated = self.updated(kind, id).map_or_else(|| stamped(now), stamped);
        self.change(|portal| {
            let objects = portal.objects.entry(kind).or_default();
            let object = objects.entry(id).or_insert_with(|| Object {
                id,
                properties: BTreeMap::new(),
                created: updated,
                updated,
                archived: None,
                associations: BTreeMap::new(),
            });
            for (name, value) in properties {
                if value.is_empty() {
                    object.properties.remove(*name);
                } else {
                    object.properties.insert((*name).to_owned(), (*value).to_owned());
                }
            }
            object.updated = updated;
        });
    }

    /// Moves an object to the recycling bin: it vanishes from lists and search and appears among the archived.
    /// Its update time stays, as at HubSpot. False if there is no such object.
    pub fn archive(&self, kind: Kind, id: u64) -> bool {
        let now = self.now();
        self.with(kind, id, |object| object.archived = Some(now))
    }

    /// Takes an object out of the recycling bin. False if there is no such object.
    pub fn restore(&self, kind: Kind, id: u64, stamp: Stamp) -> bool {
        let Some(before) = self.updated(kind, id) else { return false };
        let updated = self.stamp(stamp, before);
        self.with(kind, id, |object| {
            object.archived = None;
            object.updated = updated;
        })
    }

    /// Removes an object for good, leaving no trace in any list. False if there is no such object.
    pub fn purge(&self, kind: Kind, id: u64) -> bool {
        self.change(|portal| {
            portal.objects.get_mut(&kind).is_some_and(|objects| objects.remove(&id).is_some())
        })
    }

    /// Puts two objects together, in both directions. Update times stay, as at HubSpot.
    pub fn associate(&self, (kind, id): (Kind, u64), (other_kind, other_id): (Kind, u64)) {
        self.with(kind, id, |object| object.associations.entry(other_kind).or_default().insert(other_id));
        self.with(other_kind, other_id, |object| object.associations.entry(kind).or_default().insert(id));
    }

    fn updated(&self, kind: Kind, id: u64) -> Option<chrono::DateTime<chrono::Utc>> {
        self.read(|portal| portal.all(kind).get(&id).map(|object| object.updated))
    }

    fn with<T>(&self, kind: Kind, id: u64, change: impl FnOnce(&mut Object) -> T) -> bool {
        self.change(|portal| {
            portal.objects.get_mut(&kind).and_then(|all| all.get_mut(&id)).map(change).is_some()
        })
    }
}
