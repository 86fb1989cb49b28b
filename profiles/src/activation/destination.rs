//! Configured destinations: making, changing and checking them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use connectors::{
    Check, Http, Secrets,
    destination::{self as tools, Destination as Tool, Surroundings},
};
use entities::{
    delivery,
    destination::{self, Column as C, Entity, Model},
    destination_member,
};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Set,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    follow::Position,
    mapping::{Field, Mapping},
    state::DestinationInfo,
    wanted::Previewed,
};
use crate::{
    Profiles, audiences,
    consent::Reader,
    error::{Error, Result},
    sources::check_short_name,
    store::begin_write,
    view::read::json,
};

/// The most destinations there may be: each looks at everybody who changes.
const MOST: usize = 100;
/// How long a check may take before it says so.
const CHECK_SECONDS: u64 = 20;

/// A destination that is about to be configured.
#[derive(Debug, Clone, Default)]
pub struct NewDestination {
    /// Kind of destination: `webhook`.
    pub kind: String,
    /// Its short unique name; the kind unless given.
    pub key: Option<String>,
    /// What people see; the kind's title unless given.
    pub name: Option<String>,
    /// Its configuration, as its kind's JSON Schema says.
    pub config: Value,
    /// Its secrets, as its kind's JSON Schema says.
    pub secrets: Value,
    /// The key of the segment.
    pub segment: String,
    /// The key of the purpose.
    pub purpose: String,
    /// The tool's fields; those of the kind unless given.
    pub mapping: Option<Vec<Field>>,
    /// Whether it is told anything yet.
    pub enabled: bool,
}

/// What should change about a destination; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct DestinationChange {
    /// What people see.
    pub name: Option<String>,
    /// The whole configuration.
    pub config: Option<Value>,
    /// The whole set of secrets.
    pub secrets: Option<Value>,
    /// The key of the segment, which cannot be another one.
    pub segment: Option<String>,
    /// The key of the purpose.
    pub purpose: Option<String>,
    /// The whole mapping.
    pub mapping: Option<Vec<Field>>,
    /// Whether it is told anything.
    pub enabled: Option<bool>,
}

pub(super) const ACTIVE: &str = "active";
pub(super) const PAUSED: &str = "paused";
pub(super) const LEAVING: &str = "leaving";

/// A destination that can be told something.
pub(crate) struct Ready {
    pub(super) id: Uuid,
    pub(super) segment: String,
    pub(super) purpose: String,
    pub(super) leaves: bool,
    /// The configuration: where it goes is part of what somebody is told.
    pub(super) config: String,
    pub(super) mapping: Mapping,
    pub(crate) tool: Box<dyn Tool>,
    pub(crate) kind: &'static tools::Kind,
    /// In whose name it reads.
    pub(super) reader: Reader,
}

impl Profiles {
    /// Lets destinations write files, below this folder. Once; a second folder is not taken.
    #[must_use]
    pub fn with_files_below(self, folder: Option<PathBuf>) -> Self {
        self.set_export_folder(folder);
        self
    }

    /// Configures a destination. Everybody in its segment is considered in the background.
    ///
    /// # Errors
    /// [`Error::Invalid`] and [`Error::Connector`] for what cannot be, with the field; [`Error::Conflict`] where the key, or a
    /// place that is written to, is taken.
    pub async fn create_destination(&self, new: NewDestination) -> Result<DestinationInfo> {
        let kind = tools::kind(&new.kind)?;
        let key = new.key.unwrap_or_else(|| new.kind.clone());
        check_short_name(&key)?;
        let name = new.name.unwrap_or_else(|| kind.title.to_owned());
        check_name(&name)?;
        let default = || {
            let fields = kind.default_fields.iter();
            fields
                .map(|(field, from)| Field { field: (*field).to_owned(), from: (*from).to_owned() })
                .collect()
        };
        let mapping = new.mapping.unwrap_or_else(default);
        let now = self.now();
        let id = self.keys().destination(&key, now.timestamp_micros());
        let mut row = Model {
            id,
            name,
            kind: new.kind,
            config: new.config.to_string(),
            secrets: self.seal_for(id, &new.secrets)?,
            segment: new.segment,
            purpose: new.purpose,
            mapping: stored(&mapping)?,
            state: if new.enabled { ACTIVE } else { PAUSED }.to_owned(),
            version: 1,
            sequence: 0,
            position: String::new(),
            held_until: None,
            failures: 0,
            resume_at: None,
            last_error: None,
            last_error_at: None,
            lease_owner: None,
            lease_until: None,
            created_at: now,
            updated_at: now,
            key: key.clone(),
        };
        self.check_use(&row).await?;
        row.position = Position::beginning(self).await?.stored()?;

        let txn = begin_write(self.db()).await?;
        let others = Entity::find().all(&txn).await?;
        if others.len() >= MOST {
            return Err(Error::Conflict(format!(
                "there are {MOST} destinations already, the most there may be"
            )));
        }
        if others.iter().any(|other| other.key == key) {
            return Err(Error::Conflict(format!("there is already a destination with the key {key:?}")));
        }
        self.check_place(&row, None, &others)?;
        Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        txn.commit().await?;
        self.destination(id).await
    }

    /// Changes a destination. What is new is checked before anything is written; who is told is considered anew.
    ///
    /// # Errors
    /// As of [`Profiles::create_destination`]; [`Error::Conflict`] for one that is leaving.
    pub async fn update_destination(&self, id: Uuid, change: DestinationChange) -> Result<DestinationInfo> {
        let txn = begin_write(self.db()).await?;
        let row = locked(&txn, id).await?;
        if row.state == LEAVING {
            return Err(Error::Conflict("this destination is being deleted".to_owned()));
        }
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        if change.segment.is_some_and(|segment| segment != row.segment) {
            let message = "a tool knows the audience by its segment, and whoever is in it would stay there; delete this \
                           destination and make another one";
            return Err(Error::invalid("segment", message));
        }
        let mapping = change.mapping.as_deref().map(stored).transpose()?;
        let retells = change.config.is_some() || change.purpose.is_some();
        let state = change.enabled.map(|enabled| if enabled { ACTIVE } else { PAUSED }.to_owned());
        let after = Model {
            name: change.name.unwrap_or_else(|| row.name.clone()),
            config: change.config.map_or_else(|| row.config.clone(), |config| config.to_string()),
            secrets: match &change.secrets {
                Some(secrets) => self.seal_for(id, secrets)?,
                None => row.secrets.clone(),
            },
            purpose: change.purpose.unwrap_or_else(|| row.purpose.clone()),
            version: row.version + i64::from(retells || mapping.is_some()),
            mapping: mapping.unwrap_or_else(|| row.mapping.clone()),
            state: state.unwrap_or_else(|| row.state.clone()),
            ..row.clone()
        };
        self.check_use(&after).await?;
        let others = Entity::find().filter(C::Id.ne(id)).all(&txn).await?;
        self.check_place(&after, Some(&row), &others)?;
        // Not the whole row: where it stands belongs to whoever works on it. What is put right is tried at once.
        Entity::update(destination::ActiveModel {
            id: Unchanged(id),
            name: Set(after.name),
            config: Set(after.config),
            secrets: Set(after.secrets),
            purpose: Set(after.purpose),
            mapping: Set(after.mapping),
            state: Set(after.state),
            version: Set(after.version),
            failures: Set(0),
            resume_at: Set(None),
            last_error: Set(None),
            last_error_at: Set(None),
            updated_at: Set(self.now()),
            ..Default::default()
        })
        .exec(&txn)
        .await?;
        txn.commit().await?;
        self.destination(id).await
    }

    /// Takes everybody out of a destination, after which it is no more; with `at_once` nobody is taken out, and it is no more
    /// now. False where there is none.
    pub async fn delete_destination(&self, id: Uuid, at_once: bool) -> Result<bool> {
        let txn = begin_write(self.db()).await?;
        if at_once {
            let gone = remove(&txn, id).await?;
            txn.commit().await?;
            return Ok(gone);
        }
        let row = destination::ActiveModel {
            id: Unchanged(id),
            state: Set(LEAVING.to_owned()),
            failures: Set(0),
            resume_at: Set(None),
            updated_at: Set(self.now()),
            ..Default::default()
        };
        let found = Entity::update_many().set(row).filter(C::Id.eq(id)).exec(&txn).await?;
        txn.commit().await?;
        Ok(found.rows_affected > 0)
    }

    /// Calls the tool once and says who answered.
    pub async fn check_destination(&self, id: Uuid) -> Result<Check> {
        let row = self.destination_row(id).await?;
        let ready = self.ready(&row)?;
        let http = Http::new(ready.kind.http_options())?;
        let limit = std::time::Duration::from_secs(CHECK_SECONDS);
        match tokio::time::timeout(limit, ready.tool.check(&http, self.now())).await {
            Ok(check) => {
                let check = check?;
                let works = destination::ActiveModel {
                    last_error: Set(None),
                    last_error_at: Set(None),
                    ..Default::default()
                };
                Entity::update_many().set(works).filter(C::Id.eq(id)).exec(self.db()).await?;
                Ok(check)
            }
            Err(_) => Err(Error::Connector(connectors::Error::Exhausted {
                url: row.kind,
                attempts: 1,
                last: format!("no answer within {CHECK_SECONDS} s"),
                retry_after: None,
            })),
        }
    }

    /// What some people would be sent as, at most `first`, as a reader may see it.
    pub async fn preview_destination(
        &self,
        reader: &Reader,
        id: Uuid,
        first: usize,
    ) -> Result<Vec<Previewed>> {
        let row = self.destination_row(id).await?;
        let mut ready = self.ready(&row)?;
        ready.leaves = false;
        let reader = Reader { purpose: ready.reader.purpose.clone(), ..reader.clone() };
        self.some_wanted(&ready, &reader, first).await
    }

    pub(crate) async fn destination_row(&self, id: Uuid) -> Result<Model> {
        let row = Entity::find_by_id(id).one(self.db()).await?;
        row.ok_or_else(|| Error::NotFound { what: "destination", id: id.to_string() })
    }

    /// Builds what a row describes.
    pub(crate) fn ready(&self, row: &Model) -> Result<Ready> {
        let kind = tools::kind(&row.kind)?;
        let fields: Vec<Field> = json("mapping", &row.mapping)?;
        let mapping = Mapping::of(&fields)?;
        let config: Value = json("destination configuration", &row.config)?;
        let secrets = match &row.secrets {
            None => Secrets::default(),
            Some(sealed) => {
                let opened = self.keys().open(row.id.as_bytes(), sealed)?;
                let damaged = |_| Error::Key("a stored secret is damaged".to_owned());
                Secrets::from_json(serde_json::from_slice(&opened).map_err(damaged)?)?
            }
        };
        let folder: Option<Arc<Path>> = self.export_folder();
        let here =
            Surroundings { audience: &row.segment, fields: &mapping.names(), folder: folder.as_deref() };
        let tool = (kind.build)(&config, &secrets, here)?;
        let reader = Reader {
            purpose: Some(row.purpose.as_str().into()),
            ..Reader::operator(format!("destination {}", row.key))
        };
        Ok(Ready {
            id: row.id,
            segment: row.segment.clone(),
            purpose: row.purpose.clone(),
            leaves: row.state == LEAVING,
            config: row.config.clone(),
            mapping,
            tool,
            kind,
            reader,
        })
    }

    /// Refuses a segment or purpose that is not there, and one that does not fit the other.
    async fn check_use(&self, row: &Model) -> Result<()> {
        self.ready(row)?;
        let purpose = self.purpose(&row.purpose).await?.purpose;
        let segments = audiences::current(self.db(), self).await?;
        if segments.get(&row.segment).is_none() {
            return Err(Error::invalid("segment", format!("there is no segment `{}`", row.segment)));
        }
        let groups = segments.groups(&row.segment);
        if let Some(group) = groups.iter().find(|group| !purpose.data_groups.contains(group)) {
            let message = format!(
                "the segment `{}` is made of data of the group {group:?}, which the purpose `{}` may not use",
                row.segment, purpose.key
            );
            return Err(Error::invalid("purpose", message));
        }
        Ok(())
    }

    /// Refuses a place that another destination writes to, and one where something is already; where it has written itself, it goes
    /// on as it began.
    fn check_place(&self, row: &Model, before: Option<&Model>, others: &[Model]) -> Result<()> {
        let ready = self.ready(row)?;
        let Some(claimed) = ready.tool.claims() else { return Ok(()) };
        for other in others {
            // One that cannot be built writes nowhere.
            let Ok(built) = self.ready(other) else { continue };
            if built.tool.claims() == Some(claimed) {
                return Err(Error::Conflict(format!("the destination `{}` writes there already", other.key)));
            }
        }
        if before.is_none_or(|before| before.config != row.config) {
            ready.tool.vacant()?;
        }
        Ok(())
    }

    fn seal_for(&self, id: Uuid, secrets: &Value) -> Result<Option<Vec<u8>>> {
        match secrets {
            Value::Null => Ok(None),
            secrets => {
                Secrets::from_json(secrets.clone())?;
                self.keys().seal(id.as_bytes(), secrets.to_string().as_bytes()).map(Some)
            }
        }
    }
}

fn stored(mapping: &[Field]) -> Result<String> {
    Mapping::of(mapping)?;
    serde_json::to_string(mapping).map_err(|error| Error::stored("mapping", error))
}

fn check_name(name: &str) -> Result<()> {
    if (1..=100).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::invalid("name", "expected 1 to 100 characters"))
}

/// The row, which nobody else changes meanwhile.
pub(super) async fn locked(txn: &DatabaseTransaction, id: Uuid) -> Result<Model> {
    use sea_orm::QuerySelect;
    let row = Entity::find_by_id(id).lock_exclusive().one(txn).await?;
    row.ok_or_else(|| Error::NotFound { what: "destination", id: id.to_string() })
}

/// Forgets a destination and everything that hangs on it.
pub(super) async fn remove(txn: &DatabaseTransaction, id: Uuid) -> Result<bool> {
    let gone = Entity::delete_by_id(id).exec(txn).await?.rows_affected;
    let members = destination_member::Entity::delete_many();
    members.filter(destination_member::Column::DestinationId.eq(id)).exec(txn).await?;
    delivery::Entity::delete_many().filter(delivery::Column::DestinationId.eq(id)).exec(txn).await?;
    Ok(gone > 0)
}

/// The key of a destination that is told who is in a segment.
pub(crate) async fn uses_segment(txn: &DatabaseTransaction, segment: &str) -> Result<Option<String>> {
    let first =
        Entity::find().filter(C::Segment.eq(segment)).filter(C::State.ne(LEAVING)).order_by_asc(C::Key);
    Ok(first.one(txn).await?.map(|row| row.key))
}
