//! async-graphql with a shorter way through an object.
//!
//! The library puts every selected field of every object into a box and all boxes of an object into a set of
//! futures, although nearly all fields are in memory and ready at once; on a large answer that costs more than
//! everything else. Here fields are asked one after another where they stand. The first that has to wait is put with
//! those behind it, and they wait together: what a field asks of a loader is still gathered with what all others ask.
//!
//! Schema extensions that follow every field would not be told of them: this schema has none.
//!
//! Types say `crate = "crate::graphql::quick"` to their macro and are otherwise as they would be.

pub(crate) use async_graphql::*;

/// The library's, but for [`resolver_utils::resolve_container`].
pub(crate) mod resolver_utils {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    use async_graphql::indexmap::IndexMap;
    use async_graphql::parser::types::{Field, Selection};
    pub(crate) use async_graphql::resolver_utils::*;
    use async_graphql::{ContextSelectionSet, Name, Positioned, ServerResult, Value};
    use futures_util::future::{BoxFuture, join_all};
    use futures_util::{FutureExt, poll};

    /// Resolves the selected fields of an object.
    pub(crate) fn resolve_container<'a, T: ContainerType + ?Sized>(
        ctx: &'a ContextSelectionSet<'a>,
        root: &'a T,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        match plain(ctx) {
            Some(fields) => async move { Ok(resolve(ctx, root, fields).await) }.boxed(),
            None => async_graphql::resolver_utils::resolve_container(ctx, root).boxed(),
        }
    }

    /// More fields than any type has.
    const MANY: usize = 64;

    /// The selected fields, if they are nothing but fields: no fragments, directives or `__typename`, and no two under
    /// one name, which would have to be merged. And not so many that comparing their names would take long.
    fn plain<'a>(ctx: &ContextSelectionSet<'a>) -> Option<Vec<&'a Positioned<Field>>> {
        if ctx.item.node.items.len() > MANY {
            return None;
        }
        let mut fields: Vec<&'a Positioned<Field>> = Vec::with_capacity(ctx.item.node.items.len());
        for selection in &ctx.item.node.items {
            let Selection::Field(field) = &selection.node else { return None };
            let (name, key) = (&field.node.name.node, field.node.response_key());
            let again = fields.iter().any(|other| other.node.response_key().node == key.node);
            if again || name == "__typename" || !field.node.directives.is_empty() {
                return None;
            }
            fields.push(field);
        }
        Some(fields)
    }

    async fn resolve<'a, T: ContainerType + ?Sized>(
        ctx: &'a ContextSelectionSet<'a>,
        root: &'a T,
        fields: Vec<&'a Positioned<Field>>,
    ) -> Value {
        let mut object = Object { ctx, values: IndexMap::with_capacity(fields.len()) };
        for (place, field) in fields.iter().enumerate() {
            let context = ctx.with_field(field);
            let mut first = pin!(root.resolve_field(&context));
            if let Poll::Ready(value) = poll!(first.as_mut()) {
                object.put(field, value);
                continue;
            }
            let rest = &fields[place + 1..];
            let mut others =
                pin!(join_all(rest.iter().map(|field| {
                    async move { root.resolve_field(&ctx.with_field(field)).await }.boxed()
                })));
            // It was asked just now: it is not asked again before all others were.
            let (mut asked, mut value, mut values) = (true, None, None);
            poll_fn(|task| {
                if !std::mem::take(&mut asked) && value.is_none() {
                    value = ready(first.as_mut().poll(task));
                }
                if values.is_none() {
                    values = ready(others.as_mut().poll(task));
                }
                if value.is_some() && values.is_some() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            let all = value.into_iter().chain(values.into_iter().flatten());
            for (field, value) in fields[place..].iter().zip(all) {
                object.put(field, value);
            }
            break;
        }
        if object.values.is_empty() { Value::Null } else { Value::Object(object.values) }
    }

    /// An object under way.
    struct Object<'a> {
        ctx: &'a ContextSelectionSet<'a>,
        values: IndexMap<Name, Value>,
    }

    impl Object<'_> {
        fn put(&mut self, field: &Positioned<Field>, value: ServerResult<Option<Value>>) {
            match value {
                Ok(value) => {
                    let key = field.node.response_key().node.clone();
                    self.values.insert(key, value.unwrap_or_default());
                }
                Err(error) => self.ctx.add_error(error),
            }
        }
    }

    fn ready<T>(poll: Poll<T>) -> Option<T> {
        match poll {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }
}
