//! Loading what rules ask for of some people: all of it at once, each thing with its own time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entities::product;
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};
use segments::{Dependencies, Event, Line, Order, Person, Timeline};
use uuid::Uuid;

use super::lists;
use crate::{
    Profiles, behaviour,
    consent::{ContactPoint, Purpose, RESTRICTION, Reading, Statement, current_purposes, decide, telling},
    error::{Error, Result},
    insights,
    normaliser::Normaliser,
    store::{chunks, over},
    view::{compose, document::OrderDetails, gather, read::json},
};

/// People in one statement.
pub(super) const STEP: usize = 1024;
/// Of one person no more events of a name are looked at: the newest ones. By name, so that no rule changes what another one sees.
const MOST_EVENTS: usize = 10_000;

/// These people, as far as rules ask for it. Who is not there any more is not among them.
pub(super) async fn load<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    needs: &Dependencies,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, Person>> {
    let mut people = beginnings(db, ids).await?;
    if !needs.traits.is_empty() {
        traits(db, profiles, needs, ids, &mut people).await?;
    }
    if needs.any_event.is_some() || !needs.events.is_empty() {
        events(db, needs, ids, &mut people).await?;
    }
    if needs.orders.is_some() {
        orders(db, ids, &mut people).await?;
    }
    if !needs.lists.is_empty() {
        lists::load(db, &needs.lists, ids, &mut people).await?;
    }
    if !needs.consents.is_empty() {
        for (id, allowed) in consents(db, profiles, &needs.consents, &people).await? {
            people.entry(id).or_default().consents = allowed;
        }
    }
    if !needs.predictions.is_empty() {
        let purposes = current_purposes(db, profiles).await?;
        let usable = insights::profiling(&purposes).map(|purpose| purpose.key.clone());
        let allowed = consents(db, profiles, &usable.into_iter().collect(), &people).await?;
        let allowed =
            allowed.into_iter().filter_map(|(id, allowed)| Some((id, allowed.into_values().next()?)));
        let allowed = allowed.collect();
        for (id, predictions) in
            insights::through_time(db, profiles, &needs.predictions, &allowed, now).await?
        {
            people.entry(id).or_default().predictions = predictions;
        }
    }
    Ok(people)
}

/// What was said of some people of these traits, at every time.
pub(crate) async fn traits_through_time<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    keys: BTreeSet<String>,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, BTreeMap<String, Timeline<serde_json::Value>>>> {
    let needs = Dependencies { traits: keys, ..Dependencies::default() };
    let mut people: BTreeMap<Uuid, Person> = ids.iter().map(|id| (*id, Person::default())).collect();
    traits(db, profiles, &needs, ids, &mut people).await?;
    Ok(people.into_iter().map(|(id, person)| (id, person.traits)).collect())
}

/// Everybody who is there, and since when.
async fn beginnings<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Person>> {
    let mut people = BTreeMap::new();
    for step in ids.chunks(STEP) {
        let sql = "SELECT id, created_at, first_seen FROM profile WHERE id = {}";
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let id: Uuid = row.try_get("", "id")?;
            let created: Option<DateTime<Utc>> = row.try_get("", "created_at")?;
            let seen: Option<DateTime<Utc>> = row.try_get("", "first_seen")?;
            let since = [created, seen].into_iter().flatten().min();
            people.insert(id, Person { id, since, ..Person::default() });
        }
    }
    Ok(people)
}

async fn traits<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    needs: &Dependencies,
    ids: &[Uuid],
    people: &mut BTreeMap<Uuid, Person>,
) -> Result<()> {
    let ruleset = profiles.ruleset();
    let normaliser = Normaliser::new(&ruleset.identity);
    let nothing = BTreeMap::new();
    let known = gather::Known { values: &nothing, said: BTreeMap::new(), ever: true };
    let meanings = behaviour::current(db, profiles).await?;
    let mut touches = behaviour::asked(db, &meanings, &needs.traits, ids).await?;
    for (id, members) in gather::members(db, &known, ids).await? {
        let Some(person) = people.get_mut(&id) else { continue };
        let mut values = compose::through_time(&ruleset, &normaliser, &members, &needs.traits);
        if let Some(touches) = touches.remove(&id) {
            behaviour::through_time(&mut values, &needs.traits, &touches, &meanings);
        }
        for (key, values) in values {
            person.traits.insert(key, Timeline::new(values));
        }
    }
    Ok(())
}

async fn events<C: ConnectionTrait>(
    db: &C,
    needs: &Dependencies,
    ids: &[Uuid],
    people: &mut BTreeMap<Uuid, Person>,
) -> Result<()> {
    let names: Vec<&str> = needs.events.keys().map(String::as_str).collect();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let named = if needs.any_event.is_some() {
        String::new()
    } else {
        format!(" AND e.name IN ({})", places.join(", "))
    };
    let bound: Vec<sea_orm::Value> = if needs.any_event.is_some() {
        Vec::new()
    } else {
        names.iter().map(|name| (*name).into()).collect()
    };
    let sql = format!(
        "SELECT * FROM (SELECT s.profile_id, e.name, e.occurred_at, e.properties, e.message_id, e.source_id, \
           ROW_NUMBER() OVER (PARTITION BY s.profile_id, e.name \
             ORDER BY e.occurred_at DESC, e.message_id DESC, e.source_id DESC) AS place \
         FROM source_identity s JOIN event e ON e.source_identity_id = s.id \
         WHERE s.profile_id = {{}}{named}) ranked WHERE place <= {MOST_EVENTS} \
         ORDER BY occurred_at, message_id, source_id"
    );
    for step in ids.chunks(STEP) {
        for row in db.query_all_raw(over(db, &sql, step, bound.clone())).await? {
            let id: Uuid = row.try_get("", "profile_id")?;
            let Some(person) = people.get_mut(&id) else { continue };
            let properties: String = row.try_get("", "properties")?;
            person.events.push(Event {
                name: row.try_get("", "name")?,
                occurred_at: row.try_get("", "occurred_at")?,
                properties: json("event properties", &properties)?,
            });
        }
    }
    Ok(())
}

async fn orders<C: ConnectionTrait>(db: &C, ids: &[Uuid], people: &mut BTreeMap<Uuid, Person>) -> Result<()> {
    let sql = "SELECT s.profile_id, o.placed_at, o.order_type, o.status, o.currency, o.total_micros, \
           o.refunded_micros, o.details FROM source_identity s \
         JOIN orders o ON o.source_identity_id = s.id WHERE s.profile_id = {} ORDER BY o.placed_at, o.id";
    let mut found = Vec::new();
    let mut products: BTreeSet<Uuid> = BTreeSet::new();
    for step in ids.chunks(STEP) {
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let details: String = row.try_get("", "details")?;
            let details: OrderDetails = json("order", &details)?;
            products.extend(details.lines.iter().filter_map(|line| line.product));
            let kind: String = row.try_get("", "order_type")?;
            let status: String = row.try_get("", "status")?;
            let (total, refunded): (i64, i64) =
                (row.try_get("", "total_micros")?, row.try_get("", "refunded_micros")?);
            let is_return = kind == "return";
            let revenue =
                if is_return { i128::from(total) } else { i128::from(total) - i128::from(refunded) };
            let order = Order {
                placed_at: row.try_get("", "placed_at")?,
                // A return counts as it does in a profile's totals.
                counts: !matches!(status.as_str(), "cancelled" | "failed")
                    && (is_return || status != "pending"),
                is_return,
                revenue: Decimal::from_i128_with_scale(revenue, 6).normalize(),
                currency: row.try_get::<Option<String>>("", "currency")?.unwrap_or_default(),
                lines: Vec::new(),
            };
            found.push((row.try_get::<Uuid>("", "profile_id")?, order, details.lines));
        }
    }
    let products = goods(db, products).await?;
    for (id, order, lines) in found {
        let Some(person) = people.get_mut(&id) else { continue };
        let lines = lines.into_iter().map(|line| {
            let (product, categories) =
                line.product.and_then(|id| products.get(&id)).cloned().unwrap_or_default();
            Line {
                product: (!product.is_empty()).then_some(product),
                sku: line.sku,
                name: line.name,
                categories,
            }
        });
        person.orders.push(Order { lines: lines.collect(), ..order });
    }
    Ok(())
}

/// The key and the categories of products.
async fn goods<C: ConnectionTrait>(
    db: &C,
    ids: BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, (String, Vec<String>)>> {
    let mut found = HashMap::new();
    for ids in chunks(db, ids) {
        for row in product::Entity::find().filter(ids.of(product::Column::Id)).all(db).await? {
            found.insert(row.id, (row.external_id, json("product", &row.categories)?));
        }
    }
    Ok(found)
}

/// Whether each purpose was allowed, at every instant at which anything was said of it or ended.
async fn consents<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    wanted: &BTreeSet<String>,
    people: &BTreeMap<Uuid, Person>,
) -> Result<BTreeMap<Uuid, BTreeMap<String, Timeline<bool>>>> {
    let ids: &[Uuid] = &people.keys().copied().collect::<Vec<_>>();
    let ruleset = profiles.ruleset();
    let normaliser = Normaliser::new(&ruleset.identity);
    let reading = Reading { keys: profiles.keys(), normaliser: &normaliser };
    let mut said = reading.said(db, "profile_id", ids, None).await?;
    let purposes = current_purposes(db, profiles).await?;
    let points = points(db, ids).await?;
    let mut allowed: BTreeMap<Uuid, BTreeMap<String, Timeline<bool>>> = BTreeMap::new();
    for id in ids {
        let said: Vec<Statement> =
            said.remove(id).unwrap_or_default().into_iter().map(|details| details.statement).collect();
        let mine = points.get(id).map_or(&[][..], Vec::as_slice);
        for key in wanted {
            if let Some(defined) = purposes.get(key) {
                let through_time = allowed_through_time(&defined.purpose, &said, mine);
                allowed.entry(*id).or_default().insert(key.clone(), through_time);
            }
        }
    }
    Ok(allowed)
}

/// Whether a purpose was allowed, from each instant on at which that became another answer: a function of what was said
/// and of where the person can be reached today.
fn allowed_through_time(purpose: &Purpose, said: &[Statement], points: &[ContactPoint]) -> Timeline<bool> {
    let mut said: Vec<&Statement> =
        said.iter().filter(|one| one.purpose == purpose.key || one.purpose == RESTRICTION).collect();
    said.sort_by_key(|one| one.stated_at);
    let ends = said.iter().filter_map(|one| one.expires_at);
    let instants: BTreeSet<DateTime<Utc>> =
        said.iter().filter_map(|one| one.stated_at).chain(ends).chain([DateTime::<Utc>::MIN_UTC]).collect();
    let mut said = said.into_iter().peekable();
    // What can still count: what was said before goes as soon as somebody says something newer of the same.
    let mut by_then: Vec<Statement> = Vec::new();
    let mut course: Vec<(Option<DateTime<Utc>>, Option<bool>)> = Vec::new();
    for instant in instants {
        let new = std::iter::from_fn(|| said.next_if(|one| one.stated_at.is_none_or(|at| at <= instant)));
        let before = by_then.len();
        by_then.extend(new.cloned());
        if by_then.len() > before {
            by_then = telling(by_then);
        }
        let is_allowed =
            |point: Option<&ContactPoint>| decide(purpose, &by_then, point, instant).is_allowed();
        let allowed = match purpose.channel {
            None => is_allowed(None),
            // Whoever can be reached anywhere allows it.
            Some(channel) => points
                .iter()
                .filter(|point| point.kind == channel.contact_kind())
                .any(|point| is_allowed(Some(point))),
        };
        if course.last().is_none_or(|(_, before)| *before != Some(allowed)) {
            let from = (instant > DateTime::<Utc>::MIN_UTC).then_some(instant);
            course.push((from, Some(allowed)));
        }
    }
    Timeline::new(course)
}

/// Where each of these people can be reached.
async fn points<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<ContactPoint>>> {
    let sql = "SELECT DISTINCT s.profile_id, i.kind, i.value FROM source_identity s \
         JOIN identifier i ON i.source_identity_id = s.id \
         WHERE s.profile_id = {} AND i.kind IN ('email', 'phone') ORDER BY s.profile_id, i.kind, i.value";
    let mut points: HashMap<Uuid, Vec<ContactPoint>> = HashMap::new();
    for step in ids.chunks(STEP) {
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let (kind, value): (String, String) = (row.try_get("", "kind")?, row.try_get("", "value")?);
            let point = ContactPoint::of(&kind, &value)
                .ok_or_else(|| Error::stored("identifier", format!("unknown kind {kind}")))?;
            points.entry(row.try_get("", "profile_id")?).or_default().push(point);
        }
    }
    Ok(points)
}
