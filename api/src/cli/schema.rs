//! `rondom schema`: the GraphQL schema as text.

use super::out;
use crate::graphql;

pub(super) fn run() -> anyhow::Result<()> {
    out::line(graphql::sdl().trim_end())?;
    Ok(())
}
