//! Writing what is to be told: the difference for some people, as deliveries.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::{
    delivery::{self, Column as D},
    destination::{self, Column as C},
    destination_member::{self, Column as M, Model as Member},
    profile,
};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter,
    QuerySelect, Set, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    compare::{Deed, Plan, Row, Should, compare},
    destination::Ready,
    follow::Position,
    journal::{DEAD, OPEN, PENDING, SUPERSEDED},
    wanted::AllWanted,
};
use crate::{
    Profiles,
    error::Result,
    store::{chunks, insert_all},
};

/// Considering some people for one destination, in one transaction.
struct Considering<'a> {
    profiles: &'a Profiles,
    ready: &'a Ready,
    now: DateTime<Utc>,
    /// The number of the last delivery.
    sequence: i64,
    /// Rows of the people, and of others who have one of their names.
    members: BTreeMap<Uuid, Member>,
    changed: BTreeSet<Uuid>,
    gone: BTreeSet<Uuid>,
    deliveries: Vec<delivery::Model>,
    /// Whose waiting deliveries are not sent: those that put in, and those that take out under that name.
    supersede_in: BTreeSet<Uuid>,
    supersede_out: BTreeSet<(Uuid, Option<Uuid>)>,
    /// Those whose coming in was not taken yet.
    entering: BTreeSet<Uuid>,
    /// Those who are there: an erasure may have ended since it was looked who is wanted.
    present: BTreeSet<Uuid>,
}

impl Profiles {
    /// Writes what these people's part in a destination comes to, given who is wanted; the destination's row is locked.
    /// With a position, the destination has come so far.
    pub(super) async fn consider(
        &self,
        txn: &DatabaseTransaction,
        row: &destination::Model,
        ready: &Ready,
        people: &[Uuid],
        wanted: &AllWanted,
        position: Option<&Position>,
    ) -> Result<()> {
        let members = members(txn, ready, people, wanted).await?;
        let mut considering = Considering {
            profiles: self,
            ready,
            now: self.now(),
            sequence: row.sequence,
            members,
            changed: BTreeSet::new(),
            gone: BTreeSet::new(),
            deliveries: Vec::new(),
            supersede_in: BTreeSet::new(),
            supersede_out: BTreeSet::new(),
            entering: entering(txn, ready, people).await?,
            present: present(txn, wanted).await?,
        };
        for id in people {
            considering.person(*id, wanted)?;
        }
        let sequence = considering.write(txn).await?;
        let after = destination::ActiveModel {
            id: Unchanged(row.id),
            sequence: Set(sequence),
            position: match position {
                Some(position) => Set(position.stored()?),
                None => Unchanged(row.position.clone()),
            },
            ..Default::default()
        };
        if sequence != row.sequence || position.is_some() {
            destination::Entity::update_many().set(after).filter(C::Id.eq(row.id)).exec(txn).await?;
        }
        Ok(())
    }
}

/// What is known of these people, and of those who have a name of theirs.
async fn members(
    txn: &DatabaseTransaction,
    ready: &Ready,
    people: &[Uuid],
    wanted: &AllWanted,
) -> Result<BTreeMap<Uuid, Member>> {
    let mut members = BTreeMap::new();
    let of_it = M::DestinationId.eq(ready.id);
    for ids in chunks(txn, people.iter().copied()) {
        let found = destination_member::Entity::find().filter(of_it.clone()).filter(ids.of(M::ProfileId));
        members.extend(found.all(txn).await?.into_iter().map(|member| (member.profile_id, member)));
    }
    let mut names: BTreeSet<Uuid> = wanted.values().filter_map(|wanted| wanted.handle_key).collect();
    names.extend(members.values().filter_map(|member| member.handle_key));
    for names in chunks(txn, names) {
        let found = destination_member::Entity::find().filter(of_it.clone()).filter(names.of(M::HandleKey));
        for member in found.all(txn).await? {
            members.entry(member.profile_id).or_insert(member);
        }
    }
    Ok(members)
}

/// Those of whom there is a profile.
async fn present(txn: &DatabaseTransaction, wanted: &AllWanted) -> Result<BTreeSet<Uuid>> {
    let mut present = BTreeSet::new();
    for ids in chunks(txn, wanted.keys().copied()) {
        let found = profile::Entity::find().select_only().column(profile::Column::Id);
        let found = found.filter(ids.of(profile::Column::Id)).into_tuple::<Uuid>();
        present.extend(found.all(txn).await?);
    }
    Ok(present)
}

/// Those of these people whose coming in was not taken yet.
async fn entering(txn: &DatabaseTransaction, ready: &Ready, people: &[Uuid]) -> Result<BTreeSet<Uuid>> {
    let mut entering = BTreeSet::new();
    for ids in chunks(txn, people.iter().copied()) {
        let waiting = delivery::Entity::find()
            .select_only()
            .column(D::ProfileId)
            .filter(ids.of(D::ProfileId))
            .filter(D::DestinationId.eq(ready.id))
            .filter(D::Deed.eq(Deed::Enter.as_str()))
            .filter(D::State.is_in([OPEN[0], OPEN[1], DEAD]));
        entering.extend(waiting.into_tuple::<Uuid>().all(txn).await?);
    }
    Ok(entering)
}

impl Considering<'_> {
    fn person(&mut self, id: Uuid, wanted: &AllWanted) -> Result<()> {
        let one = wanted.get(&id).filter(|_| self.present.contains(&id));
        let should = match one {
            None => Should::Out,
            Some(one) => match one.handle_key {
                Some(name) if self.has_an_elder(id, name) => Should::Behind(name),
                _ => one.should(),
            },
        };
        let before = self.members.get(&id).cloned();
        let plan = compare(before.as_ref(), &should);
        self.carry_out(id, before.as_ref(), &plan);
        if let Some(old) = before.as_ref().filter(|member| member.wanted.is_some())
            && let Some(old) = old.handle_key.filter(|old| should.name() != Some(*old))
        {
            // Whoever waited for the name may have it now.
            self.review_others(id, old, |other| other.behind);
        }
        let review_at = one.and_then(|one| one.review_at);
        match plan.row {
            Row::Keep => {
                if let Some(member) = self.members.get_mut(&id)
                    && member.review_at != review_at
                {
                    member.review_at = review_at;
                    self.changed.insert(id);
                }
            }
            Row::Gone => {
                self.members.remove(&id);
                self.gone.insert(id);
            }
            Row::In { told } => {
                if let Some(one) = one {
                    if let Some(name) = one.handle_key {
                        self.review_others(id, name, |other| other.wanted.is_some());
                    }
                    let handle = one.handle.as_deref().map(|handle| self.seal(id, handle)).transpose()?;
                    if let Some(deed) = plan.put {
                        let deed = if self.entering.contains(&id) { Deed::Enter } else { deed };
                        self.deliver(id, deed, Some(one.hash.clone()), (None, one.handle_key), false);
                    }
                    self.put(Member {
                        destination_id: self.ready.id,
                        profile_id: id,
                        sequence: self.sequence,
                        wanted: Some(one.hash.clone()),
                        told,
                        handle,
                        handle_key: one.handle_key,
                        behind: false,
                        review_at,
                        erased: false,
                    });
                }
            }
            Row::Going => {
                if let Some(member) = before {
                    self.put(Member {
                        sequence: self.sequence,
                        wanted: None,
                        behind: false,
                        review_at: None,
                        ..member
                    });
                }
            }
            Row::Behind(name) => {
                let handle_key = Some(name);
                self.put(Member {
                    destination_id: self.ready.id,
                    profile_id: id,
                    sequence: self.sequence,
                    wanted: None,
                    told: false,
                    handle: None,
                    handle_key,
                    behind: true,
                    review_at,
                    erased: false,
                });
            }
        }
        Ok(())
    }

    /// Whether somebody of a smaller id is wanted under this name.
    fn has_an_elder(&self, id: Uuid, name: Uuid) -> bool {
        self.members.range(..id).any(|(_, other)| other.handle_key == Some(name) && other.wanted.is_some())
    }

    /// Has those others considered soon who have a name.
    fn review_others(&mut self, id: Uuid, name: Uuid, which: impl Fn(&Member) -> bool) {
        for (other, member) in &mut self.members {
            if *other != id && member.handle_key == Some(name) && which(member) {
                member.review_at = Some(self.now);
                self.changed.insert(*other);
            }
        }
    }

    fn carry_out(&mut self, id: Uuid, before: Option<&Member>, plan: &Plan) {
        if plan.supersede_in {
            self.supersede_in.insert(id);
        }
        if let Some(member) = before.filter(|_| plan.supersede_out) {
            self.supersede_out.insert((id, member.handle_key));
        }
        if let Some(member) = before.filter(|_| plan.remove) {
            let name = (member.handle.clone(), member.handle_key);
            self.deliver(id, Deed::Remove, None, name, member.erased);
        }
    }

    fn deliver(
        &mut self,
        profile_id: Uuid,
        deed: Deed,
        payload_hash: Option<Vec<u8>>,
        (handle, handle_key): (Option<Vec<u8>>, Option<Uuid>),
        erased: bool,
    ) {
        self.sequence += 1;
        self.deliveries.push(delivery::Model {
            id: self.profiles.keys().delivery(self.ready.id, profile_id, self.sequence),
            destination_id: self.ready.id,
            sequence: self.sequence,
            profile_id,
            deed: deed.as_str().to_owned(),
            payload_hash,
            handle,
            handle_key,
            state: PENDING.to_owned(),
            attempts: 0,
            next_attempt_at: self.now,
            last_error: None,
            created_at: self.now,
            done_at: None,
            erased,
        });
    }

    fn put(&mut self, member: Member) {
        self.gone.remove(&member.profile_id);
        self.changed.insert(member.profile_id);
        self.members.insert(member.profile_id, member);
    }

    /// Only who has the keys learns the name, and for that row alone.
    fn seal(&self, id: Uuid, handle: &str) -> Result<Vec<u8>> {
        self.profiles.keys().seal(&context(self.ready.id, id), handle.as_bytes())
    }

    /// Writes everything; returns the number of the last delivery.
    async fn write(mut self, txn: &DatabaseTransaction) -> Result<i64> {
        let done = |filter: Condition| {
            delivery::Entity::update_many()
                .set(delivery::ActiveModel {
                    state: Set(SUPERSEDED.to_owned()),
                    done_at: Set(Some(self.now)),
                    ..Default::default()
                })
                .filter(D::DestinationId.eq(self.ready.id))
                .filter(D::State.is_in([OPEN[0], OPEN[1], DEAD]))
                .filter(filter)
        };
        for ids in chunks(txn, self.supersede_in.iter().copied()) {
            let puts_in = D::Deed.ne(Deed::Remove.as_str());
            done(Condition::all().add(ids.of(D::ProfileId)).add(puts_in)).exec(txn).await?;
        }
        for (id, name) in &self.supersede_out {
            let name = match name {
                Some(name) => D::HandleKey.eq(*name),
                None => D::HandleKey.is_null(),
            };
            let takes_out = Condition::all().add(D::Deed.eq(Deed::Remove.as_str())).add(name);
            let takes_out = takes_out.add(D::ProfileId.eq(*id));
            // Of somebody who was erased nothing is kept but what is still to be done.
            let of_erased = delivery::Entity::delete_many().filter(D::DestinationId.eq(self.ready.id));
            of_erased.filter(takes_out.clone()).filter(D::Erased.eq(true)).exec(txn).await?;
            done(takes_out).exec(txn).await?;
        }
        for ids in chunks(txn, self.gone.iter().copied()) {
            let of_them = destination_member::Entity::delete_many().filter(ids.of(M::ProfileId));
            of_them.filter(M::DestinationId.eq(self.ready.id)).exec(txn).await?;
        }
        let rows: Vec<Member> = self.changed.iter().filter_map(|id| self.members.get(id)).cloned().collect();
        let replace = OnConflict::columns([M::ProfileId, M::DestinationId])
            .update_columns([
                M::Sequence,
                M::Wanted,
                M::Told,
                M::Handle,
                M::HandleKey,
                M::Behind,
                M::ReviewAt,
                M::Erased,
            ])
            .to_owned();
        insert_all::<destination_member::Entity, _>(txn, rows, Some(&replace)).await?;
        insert_all::<delivery::Entity, _>(txn, std::mem::take(&mut self.deliveries), None).await?;
        Ok(self.sequence)
    }
}

/// What the name under which a destination knows somebody is sealed for.
pub(super) fn context(destination: Uuid, profile: Uuid) -> Vec<u8> {
    [destination.as_bytes().as_slice(), profile.as_bytes()].concat()
}
