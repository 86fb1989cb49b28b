//! Changing the rules under which profiles are derived.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use profiles::access::Caller;
use profiles::rules::Ruleset;

use crate::graphql::access;
use crate::graphql::error::{UserError, top};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::Json;
use crate::graphql::types::{IdentityRules, IdentityRulesPayload};

#[derive(Default)]
pub(super) struct RulesMutation;

#[Object(guard = "access::Audited")]
impl RulesMutation {
    /// Brings rules into force. Every profile is then derived again in the background, a batch at a time; until its
    /// turn comes it stays as it was. `identityRules { waiting }` tells how much is left. They stay in force until
    /// other ones are applied, or the configuration of the server is changed.
    async fn apply_identity_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All rules, as `identityRules` gives them; what is left out has its default.")]
        rules: Json,
    ) -> Result<IdentityRulesPayload> {
        let (profiles, actor) = (&loaders(ctx).profiles, &ctx.data::<Arc<Caller>>()?.name);
        let applied = match Ruleset::read(rules.0.into_json()?) {
            Ok(ruleset) => profiles.apply_rules(ruleset, actor).await,
            Err(error) => Err(error),
        };
        if let Err(error) = applied {
            return Ok(IdentityRulesPayload { rules: None, errors: vec![UserError::of(&error, "rules")?] });
        }
        let version = profiles.rules_in_force().await.map_err(top)?;
        let waiting = profiles.waiting().await.map_err(top)?;
        let rules = version.map(|version| IdentityRules { version, waiting });
        Ok(IdentityRulesPayload { rules, errors: Vec::new() })
    }
}
