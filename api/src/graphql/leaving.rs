//! The last look at an answer before it leaves: whose profiles were read is written down, and what must be masked is.
//!
//! An answer whose reads cannot be written down does not leave. Structured data was masked at the gate already; here every
//! text is searched, wherever it came from: ids of sources, notes, properties of events, messages of errors.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{Data, Executor, Name, Pos, Request, Response, Value};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryFutureExt};
use profiles::access::Caller;
use profiles::audit::Deed;
use profiles::consent::mask;
use profiles::view::catalogue::Group;
use uuid::Uuid;

use super::error::unforeseen;
use super::ids::{self, Kind};
use super::loaders::Loaders;
use super::schema::Bare;
use crate::http::Origin;

/// How many ids an entry names. More would not fit into it, and stand in further ones.
const NAMED: usize = 40;

/// The schema, ready to run operations that were made ready with [`super::prepare`].
#[derive(Clone)]
pub struct Schema(pub(super) Bare);

impl Executor for Schema {
    async fn execute(&self, request: Request) -> Response {
        let leaving = Leaving::of(&request.data);
        let answer = self.0.execute(request).await;
        match leaving {
            Some(leaving) => leaving.pass(answer).await,
            None => answer,
        }
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let leaving = Leaving::of(&request.data).map(Arc::new);
        let answers = Executor::execute_stream(&self.0, request, session);
        let Some(leaving) = leaving else { return answers };
        let pass = move |answer| {
            let leaving = Arc::clone(&leaving);
            async move { leaving.pass(answer).await }
        };
        answers.then(pass).boxed()
    }
}

/// What is to be done with the answers of an operation.
struct Leaving {
    loaders: Arc<Loaders>,
    caller: Arc<Caller>,
    origin: Option<Origin>,
}

fn of<T: Clone + 'static>(data: &Data) -> Option<T> {
    data.get(&TypeId::of::<T>())?.downcast_ref().cloned()
}

impl Leaving {
    /// `None` where nothing is: most callers are machines that see everything.
    fn of(data: &Data) -> Option<Self> {
        let (loaders, caller) = (of::<Arc<Loaders>>(data)?, of::<Arc<Caller>>(data)?);
        let reader = &loaders.reader;
        let any = reader.masked || reader.purpose.is_some() || reader.reads.is_some();
        any.then(|| Self { loaders, caller, origin: of(data) })
    }

    async fn pass(&self, mut answer: Response) -> Response {
        let hides = match self.write_down().and_then(|()| self.hides()).await {
            Ok(hides) => hides,
            Err(error) => {
                let error = unforeseen(&error).into_server_error(Pos::default());
                return Response::from_errors(vec![error]);
            }
        };
        if hides {
            answer.data = masked("", answer.data);
            for error in &mut answer.errors {
                error.message = mask::text(&error.message).into_owned();
            }
        }
        answer
    }

    /// Whether what names somebody directly is masked wherever it stands: for roles that see masks, and for purposes that
    /// may not use who somebody is, as free texts and what sources deliver under names of their own may tell it.
    async fn hides(&self) -> profiles::Result<bool> {
        let reader = &self.loaders.reader;
        let Some(purpose) = reader.purpose.as_deref().filter(|_| !reader.masked) else {
            return Ok(reader.masked);
        };
        let purposes = self.loaders.profiles.purposes().await?;
        let groups = purposes.get(purpose).map(|defined| &defined.purpose.data_groups);
        Ok(groups.is_none_or(|groups| !groups.contains(&Group::Identity)))
    }

    async fn write_down(&self) -> profiles::Result<()> {
        let reader = &self.loaders.reader;
        let read = reader.reads.as_ref().map(profiles::consent::Reads::take).unwrap_or_default();
        let read: Vec<Uuid> = read.into_iter().collect();
        for some in read.chunks(NAMED) {
            let words: Vec<String> = some.iter().map(|id| ids::id(Kind::Profile, id).to_string()).collect();
            let deed = Deed {
                actor: self.caller.actor(),
                action: "read".to_owned(),
                subject: Some(words.join(" ")),
                purpose: reader.purpose.as_deref().map(str::to_owned),
                origin: self.origin.map(|origin| origin.0.to_string()),
            };
            self.loaders.profiles.audit(deed).await?;
        }
        Ok(())
    }
}

/// A value under the name of its field, as [`mask::field`] and [`mask::digits`] leave what is in it.
fn masked(key: &str, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask::field(key, &text).into_owned()),
        Value::Number(number) => {
            mask::digits(key, &number.to_string()).map_or(Value::Number(number), Value::String)
        }
        Value::List(items) => Value::List(items.into_iter().map(|item| masked(key, item)).collect()),
        Value::Object(fields) => {
            let masked =
                |(name, value): (Name, Value)| (Name::new(mask::text(&name)), masked(name.as_str(), value));
            Value::Object(fields.into_iter().map(masked).collect())
        }
        other => other,
    }
}
