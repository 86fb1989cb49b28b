//! Lists of people that somebody put together by hand: whom no rule describes.
//!
//! A word about somebody is kept for each source identity that the person is, so that a split gives everybody their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entities::{
    list_entry::{self, Column as E},
    source_identity,
    static_list::{Column, Entity, Model},
};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, Set, Statement,
};
use segments::{Person, Timeline};
use uuid::Uuid;

use super::{person::STEP, segment};
use crate::{
    Profiles,
    actions::asks_for_list,
    error::{Error, Result},
    intake::ACTIVITY,
    likeness::persona_asking,
    resolution::{rebuild::keep_drains_out, touch},
    sources::{check_name, check_short_name},
    store::{begin_write, chunks, end, insert_all, over},
    view::read::ProfileRef,
};

/// The most lists there may be.
const MOST: u64 = 1_000;
/// The most people that are named at once.
const MOST_NAMED: usize = 1_000;

/// A list of people.
pub type List = Model;

/// What came of naming people for a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many people that is a change for.
    pub changed: u64,
    /// The places, from 0, of those whom nobody knows.
    pub unknown: Vec<usize>,
}

impl Profiles {
    /// All lists, by key.
    pub async fn lists(&self) -> Result<Vec<List>> {
        Ok(Entity::find().order_by_asc(Column::Key).all(self.db()).await?)
    }

    /// Makes a list, without anybody on it.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field; [`Error::Conflict`] where there is one of that key.
    pub async fn create_list(&self, key: &str, name: &str, actor: &str) -> Result<List> {
        check_short_name(key)?;
        let name = name.trim();
        check_name(name)?;
        let txn = begin_write(self.db()).await?;
        let created = self.create_list_in(&txn, key, name, actor).await;
        end(txn, created).await
    }

    async fn create_list_in(
        &self,
        txn: &DatabaseTransaction,
        key: &str,
        name: &str,
        actor: &str,
    ) -> Result<List> {
        keep_drains_out(txn).await?;
        if Entity::find_by_id(key).one(txn).await?.is_some() {
            return Err(Error::Conflict(format!("there is a list `{key}` already")));
        }
        if Entity::find().count(txn).await? >= MOST {
            return Err(Error::invalid(
                "key",
                format!("there are {MOST} lists already, the most there may be"),
            ));
        }
        let list = Model {
            key: key.to_owned(),
            name: name.to_owned(),
            created_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(list.clone().into_active_model()).exec_without_returning(txn).await?;
        Ok(list)
    }

    /// Takes a list away, with the memory of who was on it. False where there is none of that key.
    ///
    /// # Errors
    /// [`Error::Conflict`] where a segment or a persona asks for it.
    pub async fn remove_list(&self, key: &str) -> Result<bool> {
        if check_short_name(key).is_err() {
            return Ok(false);
        }
        let txn = begin_write(self.db()).await?;
        let removed = self.remove_list_in(&txn, key).await;
        let removed = end(txn, removed).await?;
        self.facts().notify_one();
        Ok(removed)
    }

    async fn remove_list_in(&self, txn: &DatabaseTransaction, key: &str) -> Result<bool> {
        keep_drains_out(txn).await?;
        let segments = segment::current(txn, self).await?;
        if let Some(asker) = segments.in_order().find(|segment| segment.asks.lists.contains(key)) {
            return Err(Error::Conflict(format!("the segment `{}` asks for this list", asker.key)));
        }
        if let Some(action) = asks_for_list(txn, key).await? {
            return Err(Error::Conflict(format!("the action `{action}` is for people on it")));
        }
        if let Some(persona) = persona_asking(txn, |asks| asks.lists.contains(key)).await? {
            return Err(Error::Conflict(format!("a mark of the persona `{persona}` asks for this list")));
        }
        let removed = Entity::delete_by_id(key).exec(txn).await?.rows_affected;
        // Whom nothing but these words names goes with them.
        let sql = "INSERT INTO touched (source_id, kind, external_id) \
             SELECT DISTINCT person_source_id, $1, person FROM list_entry WHERE list = $2";
        let values = [ACTIVITY.into(), key.into()];
        txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
        list_entry::Entity::delete_many().filter(E::List.eq(key)).exec(txn).await?;
        Ok(removed > 0)
    }

    /// Puts people on a list, or takes them off. Who is on it already, or is not, stays as they are.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such list; [`Error::Invalid`] for too many at once, and with the place of a name
    /// that is none.
    pub async fn change_list(
        &self,
        key: &str,
        people: &[ProfileRef],
        added: bool,
        actor: &str,
    ) -> Result<Listed> {
        let members = self.members_named(people).await?;
        self.change_members(key, &members, added, actor).await
    }

    /// A source identity of each of these people, where one is known: whoever merges or parts meanwhile, it is theirs.
    pub(crate) async fn members_named(&self, people: &[ProfileRef]) -> Result<Vec<Option<Uuid>>> {
        if people.len() > MOST_NAMED {
            return Err(Error::invalid("profiles", format!("expected at most {MOST_NAMED} at once")));
        }
        let mut members = Vec::with_capacity(people.len());
        for (place, by) in people.iter().enumerate() {
            members.push(self.member(by).await.map_err(|error| match error {
                Error::Invalid { message, .. } => Error::invalid(format!("profiles.{place}"), message),
                error => error,
            })?);
        }
        Ok(members)
    }

    /// As [`Profiles::change_list`], of whom these source identities are part of by then.
    pub(crate) async fn change_members(
        &self,
        key: &str,
        members: &[Option<Uuid>],
        added: bool,
        actor: &str,
    ) -> Result<Listed> {
        if check_short_name(key).is_err() {
            return Err(Error::NotFound { what: "list", id: key.to_owned() });
        }
        let txn = begin_write(self.db()).await?;
        let changed = self.change_list_in(&txn, key, members, added, actor).await;
        let listed = end(txn, changed).await?;
        self.facts().notify_one();
        Ok(listed)
    }

    async fn change_list_in(
        &self,
        txn: &DatabaseTransaction,
        key: &str,
        members: &[Option<Uuid>],
        added: bool,
        actor: &str,
    ) -> Result<Listed> {
        // Nobody merges meanwhile, and no list goes.
        keep_drains_out(txn).await?;
        if Entity::find_by_id(key).one(txn).await?.is_none() {
            return Err(Error::NotFound { what: "list", id: key.to_owned() });
        }
        let today = today(txn, members).await?;
        let of = |member: &Option<Uuid>| member.and_then(|member| today.get(&member).copied());
        let unknown: Vec<usize> = (0..members.len()).filter(|place| of(&members[*place]).is_none()).collect();
        let ids: BTreeSet<Uuid> = members.iter().filter_map(of).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let wanted = [key.to_owned()].into();
        let courses = courses(txn, &wanted, &ids).await?;
        let is_on = |id: &Uuid| {
            let course = courses.get(id).and_then(|lists| lists.get(key));
            course.and_then(|course| course.last()).is_some_and(|(_, on)| *on)
        };
        let changed: Vec<Uuid> = ids.into_iter().filter(|id| is_on(id) != added).collect();
        let count = changed.len() as u64;
        let (now, mut rows, mut keys) = (self.now(), Vec::new(), Vec::new());
        for ids in chunks(txn, changed) {
            let of_them = ids.of(source_identity::Column::ProfileId);
            for member in source_identity::Entity::find().filter(of_them).all(txn).await? {
                rows.push(list_entry::ActiveModel {
                    id: NotSet,
                    list: Set(key.to_owned()),
                    source_identity_id: Set(member.id),
                    person_source_id: Set(member.source_id),
                    person: Set(member.external_id.clone()),
                    added: Set(added),
                    at: Set(now),
                    actor: Set(actor.to_owned()),
                });
                keys.push((member.source_id, ACTIVITY.to_owned(), member.external_id));
            }
        }
        insert_all::<list_entry::Entity, _>(txn, rows, None).await?;
        touch(txn, keys).await?;
        Ok(Listed { changed: count, unknown })
    }

    /// How many people are on each of these lists; nobody on those that are left out.
    pub async fn list_sizes(&self, keys: &[String]) -> Result<HashMap<String, u64>> {
        let sql = "SELECT e.list, COUNT(DISTINCT s.profile_id) AS count FROM \
             (SELECT list, source_identity_id, added, ROW_NUMBER() OVER \
                (PARTITION BY list, source_identity_id ORDER BY at DESC, id DESC) AS place \
              FROM list_entry WHERE list = {}) e \
             JOIN source_identity s ON s.id = e.source_identity_id WHERE e.place = 1 AND e.added GROUP BY e.list";
        let mut sizes = HashMap::new();
        for row in self.db().query_all_raw(over(self.db(), sql, keys, [])).await? {
            let count: i64 = row.try_get("", "count")?;
            sizes.insert(row.try_get("", "list")?, u64::try_from(count).unwrap_or_default());
        }
        Ok(sizes)
    }
}

/// The profiles that these source identities are part of.
async fn today<C: ConnectionTrait>(db: &C, members: &[Option<Uuid>]) -> Result<HashMap<Uuid, Uuid>> {
    let mut today = HashMap::new();
    for ids in chunks(db, members.iter().copied().flatten()) {
        let of_them = ids.of(source_identity::Column::Id);
        for member in source_identity::Entity::find().filter(of_them).all(db).await? {
            today.insert(member.id, member.profile_id);
        }
    }
    Ok(today)
}

/// Refuses a rule that asks for a list that is not there.
///
/// # Errors
/// [`Error::Invalid`] with the first of them.
pub(super) async fn refuse_missing<C: ConnectionTrait>(db: &C, keys: &BTreeSet<String>) -> Result<()> {
    for key in keys {
        // What is no short name may hold what a database takes for no text.
        let is_none =
            check_short_name(key).is_err() || Entity::find_by_id(key.as_str()).one(db).await?.is_none();
        if is_none {
            return Err(Error::invalid("rule", format!("there is no list `{key}` to ask for")));
        }
    }
    Ok(())
}

/// From when on somebody was on a list, and was not.
type Course = Vec<(DateTime<Utc>, bool)>;

/// Who of these people was on which of these lists when: a person is on a list as long as one of those is whom they are.
async fn courses<C: ConnectionTrait>(
    db: &C,
    wanted: &BTreeSet<String>,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, BTreeMap<String, Course>>> {
    let sql = "SELECT s.profile_id, e.list, e.at, e.source_identity_id, e.added FROM source_identity s \
         JOIN list_entry e ON e.source_identity_id = s.id WHERE s.profile_id = {} ORDER BY e.at, e.id";
    let mut words: BTreeMap<(Uuid, String), Vec<Word>> = BTreeMap::new();
    for step in ids.chunks(STEP) {
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let list: String = row.try_get("", "list")?;
            if wanted.contains(&list) {
                let (at, of, added) = (
                    row.try_get("", "at")?,
                    row.try_get("", "source_identity_id")?,
                    row.try_get("", "added")?,
                );
                words.entry((row.try_get("", "profile_id")?, list)).or_default().push(Word { at, of, added });
            }
        }
    }
    let mut courses: BTreeMap<Uuid, BTreeMap<String, Course>> = BTreeMap::new();
    for ((id, list), words) in words {
        courses.entry(id).or_default().insert(list, course(&words));
    }
    Ok(courses)
}

/// What was said of a source identity.
struct Word {
    at: DateTime<Utc>,
    of: Uuid,
    added: bool,
}

/// Of words in order of time.
fn course(words: &[Word]) -> Course {
    let mut on: BTreeSet<Uuid> = BTreeSet::new();
    let mut course = Course::new();
    for (place, word) in words.iter().enumerate() {
        if word.added {
            on.insert(word.of);
        } else {
            on.remove(&word.of);
        }
        // Of one instant only what it comes to counts.
        if words.get(place + 1).is_some_and(|next| next.at == word.at) {
            continue;
        }
        let was_on = course.last().is_some_and(|(_, on)| *on);
        if was_on == on.is_empty() {
            course.push((word.at, !was_on));
        }
    }
    course
}

/// Puts the lists that these people are on beside what else is known of them.
pub(super) async fn load<C: ConnectionTrait>(
    db: &C,
    wanted: &BTreeSet<String>,
    ids: &[Uuid],
    people: &mut BTreeMap<Uuid, Person>,
) -> Result<()> {
    for (id, lists) in courses(db, wanted, ids).await? {
        let Some(person) = people.get_mut(&id) else { continue };
        for (list, course) in lists {
            let course = course.into_iter().map(|(at, on)| (Some(at), Some(on)));
            person.lists.insert(list, Timeline::new(course.collect()));
        }
    }
    Ok(())
}

/// Everything that was said of these source identities and any list, oldest first.
pub(crate) async fn entries<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<list_entry::Model>> {
    let mut found = Vec::new();
    for ids in chunks(db, ids) {
        found.extend(list_entry::Entity::find().filter(ids.of(E::SourceIdentityId)).all(db).await?);
    }
    found.sort_by_key(|entry| (entry.at, entry.id));
    Ok(found)
}
