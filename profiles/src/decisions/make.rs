//! Deciding. Each decision is written, derived and looked at in one transaction that keeps drains out: what comes
//! of it is known when it is answered, and what would come to nothing is refused.

use std::collections::{BTreeMap, BTreeSet};

use entities::{decision, source_identity};
use identity::Verdict;
use sea_orm::{DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::{
    fact::{Decision, Fact, Kind, Pair, Word},
    refusal, standing,
    store::{concerned, keys_of, store},
};
use crate::{
    Profiles,
    error::{Error, Result},
    resolution::{rebuild::keep_drains_out, rules_are_being_applied},
    store::{begin_write, chunks, roll_back},
};

/// The most profiles that one decision merges.
const MOST_MERGED: usize = 100;
/// The most pairs that one decision speaks of: a profile of 200 source identities, all of them apart, has 19,900.
const MOST_PAIRS: usize = 20_000;
/// How often a decision may be taken back, re-instated, taken back …
const MOST_UNDOINGS: usize = 16;

/// A decision and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The profiles that the people concerned are part of now.
    pub profiles: Vec<Uuid>,
}

type Rows = BTreeMap<Uuid, source_identity::Model>;

impl Profiles {
    /// Decides that profiles are one person: their eldest source identities are the same. Where evidence alone would
    /// then let go of others, each profile is held to its eldest as well. The profiles may be named by any id that
    /// ever was theirs.
    ///
    /// # Errors
    /// [`Error::Conflict`] where they would not become one profile: a decision, an identifier that is unique to a
    /// person or the size limit keeps them apart. Nothing is stored then.
    pub async fn merge(&self, profiles: &[Uuid], word: &Word) -> Result<Decided> {
        for held in [false, true] {
            let txn = self.begin().await?;
            let decided = self.merge_in(&txn, profiles, word, held).await;
            let decided = finish(txn, decided).await;
            if let Some(decided) = self.or_erased(decided).await? {
                return Ok(decided);
            }
        }
        Err(refusal::by_evidence())
    }

    /// Decides that a profile is several people: each group of source identities is one, and those that are in no
    /// group are one more.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the groups are no division of the profile into at least two.
    pub async fn split(&self, profile: Uuid, groups: &[Vec<Uuid>], word: &Word) -> Result<Decided> {
        let txn = self.begin().await?;
        let decided = self.split_in(&txn, profile, groups, word).await;
        self.or_erased(finish_one(txn, decided).await).await
    }

    /// Decides whether two source identities are the same person.
    ///
    /// # Errors
    /// [`Error::Conflict`] where "the same" would not bring them into one profile.
    pub async fn decide_pair(&self, a: Uuid, b: Uuid, verdict: Verdict, word: &Word) -> Result<Decided> {
        let txn = self.begin().await?;
        let decided = self.decide_pair_in(&txn, (a, b), verdict, word).await;
        self.or_erased(finish_one(txn, decided).await).await
    }

    /// Takes a decision back: everything is as if it had never been made. An undoing can be taken back like any
    /// other decision, which re-instates what it took back.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the decision does not count any more.
    pub async fn undo(&self, decision: Uuid, word: &Word) -> Result<Decided> {
        let txn = self.begin().await?;
        let decided = self.undo_in(&txn, decision, word).await;
        self.or_erased(finish_one(txn, decided).await).await
    }

    /// A transaction beside which nobody drains: a drain under way may be about to add people that are decided about.
    async fn begin(&self) -> Result<DatabaseTransaction> {
        let txn = begin_write(self.db()).await?;
        keep_drains_out(&txn).await?;
        Ok(txn)
    }

    /// `None` where nothing but evidence lets go of somebody.
    async fn merge_in(
        &self,
        txn: &DatabaseTransaction,
        profiles: &[Uuid],
        word: &Word,
        held: bool,
    ) -> Result<Option<Decided>> {
        if !(2..=MOST_MERGED).contains(&profiles.len()) {
            return Err(Error::invalid("ids", format!("expected 2 to {MOST_MERGED} profiles")));
        }
        let found = rows(txn, profiles.iter().copied()).await?;
        let mut merged: Vec<Uuid> = Vec::with_capacity(profiles.len());
        for (place, id) in profiles.iter().enumerate() {
            let profile = found.get(id).ok_or_else(|| missing("profile", *id))?.profile_id;
            if merged.contains(&profile) {
                let message = "this is a profile that is named before; name different ones";
                return Err(Error::invalid(format!("ids.{place}"), message));
            }
            merged.push(profile);
        }
        // A profile's id is the id of its eldest member.
        let (first, others) = merged.split_at(1);
        let mut pairs: BTreeSet<Pair> =
            others.iter().map(|other| Pair::new(first[0], *other, Verdict::Same)).collect();
        let rows_before = members(txn, &merged).await?;
        if held {
            let others = rows_before.values().filter(|row| row.id != row.profile_id);
            pairs.extend(others.map(|row| Pair::new(row.profile_id, row.id, Verdict::Same)));
            few_enough(&pairs, "ids")?;
        }
        let members: BTreeSet<Uuid> = rows_before.into_keys().collect();
        let fact = Fact::new(self.keys(), word, Kind::Merge, None, pairs)?;
        self.store_and_derive(txn, &fact).await?;
        let after = rows(txn, members.iter().copied()).await?;
        let profiles = profiles_of(&after, members);
        if profiles.len() != 1 {
            let refusal = refusal::of(txn, &self.ruleset().identity, &after).await?;
            return refusal.map_or(Ok(None), Err);
        }
        Ok(Some(Decided { decision: fact.decision, profiles }))
    }

    async fn split_in(
        &self,
        txn: &DatabaseTransaction,
        profile: Uuid,
        groups: &[Vec<Uuid>],
        word: &Word,
    ) -> Result<Decided> {
        let id = rows(txn, [profile]).await?.remove(&profile);
        let id = id.ok_or_else(|| missing("profile", profile))?.profile_id;
        let members = members(txn, &[id]).await?;
        let groups = divided(&members, groups)?;
        let mut pairs = BTreeSet::new();
        for (place, group) in groups.iter().enumerate() {
            let eldest = identity::eldest(group.iter().map(|member| (*member, members[member].created_at)));
            let star = group.iter().filter_map(|member| Some((eldest?, *member)));
            let star = star.filter(|(eldest, member)| eldest != member);
            pairs.extend(star.map(|(eldest, member)| Pair::new(eldest, member, Verdict::Same)));
            for other in groups[place + 1..].iter().flatten() {
                pairs.extend(group.iter().map(|member| Pair::new(*member, *other, Verdict::Different)));
            }
            if pairs.len() > MOST_PAIRS {
                let message =
                    format!("they make more than {MOST_PAIRS} pairs; split into fewer groups first");
                return Err(Error::invalid("groups", message));
            }
        }
        let fact = Fact::new(self.keys(), word, Kind::Split, None, pairs)?;
        self.store_and_derive(txn, &fact).await?;
        let after = rows(txn, members.keys().copied()).await?;
        let parts: Vec<_> = groups.iter().map(|group| profiles_of(&after, group.iter().copied())).collect();
        let profiles = profiles_of(&after, groups.iter().flatten().copied());
        if parts.iter().any(|part| part.len() != 1) || profiles.len() != groups.len() {
            return Err(Error::Conflict("other decisions or rules divide this profile otherwise".to_owned()));
        }
        Ok(Decided { decision: fact.decision, profiles })
    }

    async fn decide_pair_in(
        &self,
        txn: &DatabaseTransaction,
        (a, b): (Uuid, Uuid),
        verdict: Verdict,
        word: &Word,
    ) -> Result<Decided> {
        if a == b {
            return Err(Error::invalid("b", "this is the same source identity"));
        }
        let found = rows(txn, [a, b]).await?;
        if let Some(unknown) = [a, b].into_iter().find(|id| !found.contains_key(id)) {
            return Err(missing("source identity", unknown));
        }
        let pairs = [Pair::new(a, b, verdict)].into();
        let fact = Fact::new(self.keys(), word, Kind::Verdict, None, pairs)?;
        self.store_and_derive(txn, &fact).await?;
        let after = rows(txn, [a, b]).await?;
        let profiles = profiles_of(&after, [a, b]);
        let wanted = if verdict == Verdict::Same { 1 } else { 2 };
        if profiles.len() != wanted {
            let refusal = refusal::of(txn, &self.ruleset().identity, &after).await?;
            return Err(refusal.unwrap_or_else(refusal::by_evidence));
        }
        Ok(Decided { decision: fact.decision, profiles })
    }

    async fn undo_in(&self, txn: &DatabaseTransaction, id: Uuid, word: &Word) -> Result<Decided> {
        let found = decision::Entity::find_by_id(id).one(txn).await?;
        let target = Decision::read(found.ok_or_else(|| missing("decision", id))?)?;
        self.standing_or_conflict(txn, id).await?;
        let mut above = target.undoes;
        let mut undoings = 1;
        while let Some(undone) = above {
            undoings += 1;
            above = decision::Entity::find_by_id(undone).one(txn).await?.and_then(|row| row.undoes);
        }
        if undoings > MOST_UNDOINGS {
            let message = "this was taken back and re-instated too often; decide anew instead";
            return Err(Error::Conflict(message.to_owned()));
        }
        let people = concerned(txn, &target).await?;
        let fact = Fact::new(self.keys(), word, Kind::Undo, Some(id), BTreeSet::new())?;
        let again = decision::Entity::find_by_id(fact.decision.id).count(txn).await? > 0;
        if again {
            return Err(Error::Conflict("this was taken back at this very instant before".to_owned()));
        }
        self.store_and_derive(txn, &fact).await?;
        let after = rows(txn, people.iter().copied()).await?;
        Ok(Decided { decision: fact.decision, profiles: profiles_of(&after, people) })
    }

    async fn standing_or_conflict(&self, txn: &DatabaseTransaction, id: Uuid) -> Result<()> {
        let all = standing::with_undoings(txn, [id].into()).await?;
        let standing = standing::standing(all.values());
        if standing.contains(&id) {
            return Ok(());
        }
        let undone = all.values().find(|other| other.undoes == Some(id) && standing.contains(&other.id));
        Err(Error::Conflict(match undone {
            Some(by) => format!(
                "it was taken back before, by {} on {} (decision {})",
                by.actor,
                by.decided_at.format("%F"),
                by.id
            ),
            None => "it was taken back before".to_owned(),
        }))
    }

    /// Writes a decision and derives the people whom it concerns, and whoever hangs on them.
    async fn store_and_derive(&self, txn: &DatabaseTransaction, fact: &Fact) -> Result<()> {
        if rules_are_being_applied(txn).await? {
            return Err(Error::Conflict(
                "rules are being applied, and people are compared only when all are derived again; decide when \
                 that is done"
                    .to_owned(),
            ));
        }
        let people = store(txn, fact).await?;
        let keys = keys_of(txn, &people).await?;
        self.derive_now(txn, &keys, fact.decision.decided_at).await
    }
}

/// Ends the transaction: whatever was not decided leaves no trace.
async fn finish<D>(txn: DatabaseTransaction, decided: Result<Option<D>>) -> Result<Option<D>> {
    if matches!(decided, Ok(Some(_))) {
        txn.commit().await?;
    } else {
        roll_back(txn).await;
    }
    decided
}

/// As [`finish`], of what decides or fails.
async fn finish_one(txn: DatabaseTransaction, decided: Result<Decided>) -> Result<Decided> {
    finish(txn, decided.map(Some)).await?.ok_or_else(refusal::by_evidence)
}

/// The groups that a profile is to be divided into: those that were named, and the rest.
fn divided(members: &Rows, named: &[Vec<Uuid>]) -> Result<Vec<Vec<Uuid>>> {
    let mut rest: BTreeSet<Uuid> = members.keys().copied().collect();
    for (place, group) in named.iter().enumerate() {
        if group.is_empty() {
            return Err(Error::invalid(
                format!("groups.{place}"),
                "a group has at least one source identity",
            ));
        }
        for (within, member) in group.iter().enumerate() {
            let path = || format!("groups.{place}.{within}");
            if !members.contains_key(member) {
                return Err(Error::invalid(path(), "this source identity is no part of the profile"));
            }
            if !rest.remove(member) {
                return Err(Error::invalid(path(), "this source identity is named before"));
            }
        }
    }
    let mut groups = named.to_vec();
    if !rest.is_empty() {
        groups.push(rest.into_iter().collect());
    }
    if groups.len() < 2 {
        let message = "these are no two groups: name a part of the profile, or several parts";
        return Err(Error::invalid("groups", message));
    }
    Ok(groups)
}

fn few_enough(pairs: &BTreeSet<Pair>, argument: &str) -> Result<()> {
    if pairs.len() <= MOST_PAIRS {
        return Ok(());
    }
    let message = format!("these make more than {MOST_PAIRS} pairs; decide about fewer at a time");
    Err(Error::invalid(argument, message))
}

fn missing(what: &'static str, id: Uuid) -> Error {
    Error::NotFound { what, id: id.to_string() }
}

/// These source identities, as far as they are there.
async fn rows(txn: &DatabaseTransaction, ids: impl IntoIterator<Item = Uuid>) -> Result<Rows> {
    let mut found = Rows::new();
    for chunk in chunks(txn, ids) {
        let those = source_identity::Entity::find().filter(chunk.of(source_identity::Column::Id));
        found.extend(those.all(txn).await?.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// The members of these profiles.
async fn members(txn: &DatabaseTransaction, profiles: &[Uuid]) -> Result<Rows> {
    let mut found = Rows::new();
    for chunk in chunks(txn, profiles.iter().copied()) {
        let those = source_identity::Entity::find().filter(chunk.of(source_identity::Column::ProfileId));
        found.extend(those.all(txn).await?.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// The profiles of these source identities, each once, in their order.
fn profiles_of(rows: &Rows, ids: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
    let mut profiles = Vec::new();
    for id in ids {
        if let Some(row) = rows.get(&id)
            && !profiles.contains(&row.profile_id)
        {
            profiles.push(row.profile_id);
        }
    }
    profiles
}
