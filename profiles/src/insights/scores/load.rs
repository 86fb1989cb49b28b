//! Reading what people did: of all who are asked for at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::canonical::RecordKind;
use entities::product;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, StreamTrait};
use uuid::Uuid;

use super::{
    super::purchases::COUNTS,
    features,
    story::{About, Bought, Did, NAMES, Story, Thing, What, YEAR},
};
use crate::{
    Profiles, audiences,
    behaviour::doings::{self, Span, Whose},
    error::Result,
    store::{chunks, over},
    view::{catalogue::Group, read::json},
};

/// People in one statement.
const STEP: usize = 1024;

/// What these people did until an instant: their orders, what else they did in the year before `from` and since, and the traits that may
/// be used where only these groups of data may. Who is not there is not among them.
pub(super) async fn stories<C: ConnectionTrait + StreamTrait>(
    db: &C,
    profiles: &Profiles,
    people: &[Uuid],
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    groups: &BTreeSet<Group>,
) -> Result<BTreeMap<Uuid, Story>> {
    let mut stories: BTreeMap<Uuid, Story> = BTreeMap::new();
    let mut orders: BTreeMap<Uuid, (Uuid, Bought, BTreeSet<Uuid>)> = BTreeMap::new();
    for step in people.chunks(STEP) {
        let sql = "SELECT profile_id, source_id, created_at FROM source_identity WHERE profile_id = {}";
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let story = stories.entry(row.try_get("", "profile_id")?).or_default();
            if let Some(since) = row.try_get::<Option<DateTime<Utc>>>("", "created_at")? {
                story.known.push((since, row.try_get("", "source_id")?));
            }
        }
        let sql = format!(
            "SELECT s.profile_id, o.id, o.source_id, o.placed_at, o.currency, o.total_micros, o.refunded_micros, p.product_id \
             FROM source_identity s JOIN orders o ON o.source_identity_id = s.id \
             LEFT JOIN order_product p ON p.order_id = o.id WHERE s.profile_id = {{}} AND {COUNTS}"
        );
        for row in db.query_all_raw(over(db, &sql, step, [until.into()])).await? {
            let owner: Uuid = row.try_get("", "profile_id")?;
            let (total, paid_back): (i64, i64) =
                (row.try_get("", "total_micros")?, row.try_get("", "refunded_micros")?);
            let at: DateTime<Utc> = row.try_get("", "placed_at")?;
            let bought = Bought {
                at,
                micros: total.saturating_sub(paid_back).max(0),
                currency: row.try_get::<Option<String>>("", "currency")?.unwrap_or_default(),
                paid_back: paid_back > 0,
                things: BTreeSet::new(),
            };
            let order = orders.entry(row.try_get("", "id")?).or_insert((owner, bought, BTreeSet::new()));
            order.2.extend(row.try_get::<Option<Uuid>>("", "product_id")?);
            stories.entry(owner).or_default().known.push((at, row.try_get("", "source_id")?));
        }
    }
    let did = did(db, profiles, people, (from, until)).await?;
    let bought = orders.values().flat_map(|(_, _, products)| products);
    let named = did.values().flatten().flat_map(|(_, products)| products);
    let categories = categories(db, &bought.chain(named).copied().collect()).await?;
    let of = |product: &Uuid| {
        let its = categories.get(product).into_iter().flatten().cloned();
        its.chain([Thing::Product(*product)]).collect::<Vec<Thing>>()
    };
    for (owner, bought, products) in orders.into_values() {
        let things = products.iter().flat_map(of).collect();
        stories.entry(owner).or_default().bought.push(Bought { things, ..bought });
    }
    for (owner, all) in did {
        let Some(story) = stories.get_mut(&owner) else { continue };
        story.did.extend(all.into_iter().map(|(mut did, products)| {
            // Of all sources that might have it, those that do.
            did.things.extend(products.iter().filter(|id| categories.contains_key(id)).flat_map(of));
            did
        }));
    }
    let asked = features::asked(groups);
    if !asked.is_empty() {
        for (owner, traits) in audiences::traits_through_time(db, profiles, asked, people).await? {
            if let Some(story) = stories.get_mut(&owner) {
                story.traits = traits;
            }
        }
    }
    for story in stories.values_mut() {
        story.known.sort_unstable();
        story.bought.sort_by(|a, b| {
            (a.at, a.micros, &a.currency, &a.things).cmp(&(b.at, b.micros, &b.currency, &b.things))
        });
    }
    Ok(stories)
}

/// What people did, in order, each with the products that it may be of: the one of that id in any source.
async fn did<C: ConnectionTrait + StreamTrait>(
    db: &C,
    profiles: &Profiles,
    people: &[Uuid],
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<HashMap<Uuid, Vec<(Did, BTreeSet<Uuid>)>>> {
    let sources = profiles.sources().await?;
    let mut found = HashMap::new();
    let span = Span {
        from: Some(from - TimeDelta::days(YEAR)),
        to: Some(until + TimeDelta::microseconds(1)),
        names: NAMES.iter().map(|(name, _)| (*name).to_owned()).collect(),
    };
    doings::each(db, Whose::Profiles(people), span, |owner, all| {
        let did = all.into_iter().filter_map(|doing| {
            let about = About::of(&doing.properties);
            let ids = about.products.iter().flat_map(|id| {
                let of = |source: &Uuid| profiles.keys().object(RecordKind::Product.as_str(), *source, id);
                sources.keys().map(of)
            });
            let campaign = doing.touch.map(|touch| [touch.source, touch.medium]);
            let campaign = campaign.filter(|parts| parts.iter().any(Option::is_some));
            let ids = ids.collect();
            let (things, ticket) = (about.categories, about.ticket);
            let what = What::of(&doing.name)?;
            Some((Did { at: doing.at, source: doing.source, what, things, campaign, ticket }, ids))
        });
        found.insert(owner, did.collect());
    })
    .await?;
    Ok(found)
}

/// The categories of products that are known.
pub(super) async fn categories<C: ConnectionTrait>(
    db: &C,
    ids: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, BTreeSet<Thing>>> {
    let mut found = HashMap::new();
    for chunk in chunks(db, ids.iter().copied()) {
        let rows: Vec<(Uuid, String)> = product::Entity::find()
            .select_only()
            .columns([product::Column::Id, product::Column::Categories])
            .filter(chunk.of(product::Column::Id))
            .into_tuple()
            .all(db)
            .await?;
        for (id, names) in rows {
            let names: Vec<String> = json("product", &names)?;
            found.insert(id, names.iter().filter_map(|name| Thing::category(name)).collect());
        }
    }
    Ok(found)
}
