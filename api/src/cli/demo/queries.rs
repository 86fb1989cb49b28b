//! Queries: asked here, and printed for people to paste.

use std::sync::Arc;

use anyhow::{Context, bail};
use async_graphql::{Executor, Request, Variables};
use profiles::{Profiles, access::Caller};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::sample::Shown;
use crate::{
    cli::out,
    config::{Config, PrivacySettings},
    graphql::{self, Background, Schema},
    preferences::Address,
};

/// Asks the API from within the process, as a caller.
pub(super) struct Asker {
    profiles: Profiles,
    schema: Schema,
    privacy: PrivacySettings,
    caller: Arc<Caller>,
}

impl Asker {
    pub(super) fn new(
        profiles: &Profiles,
        config: &Config,
        caller: Arc<Caller>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let address = Address(config.public_url.clone());
        let schema = graphql::schema(profiles, &config.graphql, Background::new(stop), address);
        Self { profiles: profiles.clone(), schema, privacy: config.privacy.clone(), caller }
    }

    /// The data that answers a query.
    pub(super) async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let mut request = Request::new(query).variables(Variables::from_json(variables));
        graphql::prepare(&self.profiles, &self.privacy, &self.caller, &mut request.data);
        let answer = self.schema.execute(request).await;
        if let Some(error) = answer.errors.first() {
            bail!("the query failed: {}", error.message);
        }
        Ok(answer.data.into_json()?)
    }
}

/// Prints where to ask, and some queries; each was answered before it is printed.
pub(super) async fn print(asker: &Asker, url: &str, key: &str, shown: &Shown) -> anyhow::Result<()> {
    out::line("\nAsk further")?;
    out::line(format_args!("  GraphQL   {url}/graphql"))?;
    out::line(format_args!("  GraphiQL  {url}/graphiql#key={key}"))?;
    out::line(format_args!("  API key   {key}"))?;
    let link = format!(r#"mutation {{ createPreferenceLink(profile: "{}") {{ path }} }}"#, shown.id);
    let link = asker.ask(&link, Value::Null).await?;
    let path = link["createPreferenceLink"]["path"].as_str().context("no link was made for the sample")?;
    out::line(format_args!("  Choices   {url}{path}  (what the person sees)"))?;
    for (title, query) in queries(shown) {
        asker.ask(&query, Value::Null).await?;
        out::line(format_args!("\n# {title}\n{query}"))?;
    }
    let query = format!(r#"{{ profile(by: {{ id: "{}" }}) {{ displayName }} }}"#, shown.id);
    asker.ask(&query, Value::Null).await?;
    out::line("\n# The same from a shell")?;
    out::line(format_args!(
        "curl -s {url}/graphql -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{}'",
        json!({ "query": query })
    ))?;
    Ok(())
}

fn queries(shown: &Shown) -> [(&'static str, String); 7] {
    let name = match &shown.email {
        Some(email) => format!("email: {}", Value::from(email.as_str())),
        None => format!("id: {}", Value::from(shown.id.as_str())),
    };
    [
        (
            "One person, and who says what",
            format!(
                "{{
  profile(by: {{ {name} }}) {{
    displayName
    traits {{
      key value rule winner {{ source {{ name }} recordedAt }}
      confirmedBy {{ source {{ name }} }} losers {{ value source {{ name }} }}
    }}
    links {{ rule value }}
    orders(first: 3) {{ totalCount nodes {{ number status placedAt total {{ amount currency }} lines {{ name quantity }} }} }}
    timeline(first: 5) {{ nodes {{ name occurredAt source {{ name }} }} }}
  }}
}}"
            ),
        ),
        (
            "In which segments, and why",
            format!(
                "{{
  profile(by: {{ {name} }}) {{
    stage {{ name since }}
    segments {{ enteredAt segment {{ key name text }} }}
  }}
  explainSegment(profile: {{ {name} }}, segment: \"champions\") {{ holds missing conditions {{ text holds met }} }}
}}"
            ),
        ),
        (
            "What the person will do, and why; they have allowed it",
            format!(
                "{{
  profile(by: {{ {name} }}) {{
    churnRisk {{ status probability band horizon reasons {{ text contribution }} model {{ version backtest {{ verdict }} }} }}
    lifetimeValue {{ status historic expected interval {{ low high }} currency reasons {{ text contribution }} }}
    recommendations(first: 3) {{ status items {{ product {{ name }} score basis reasons {{ text contribution }} }} }}
  }}
}}"
            ),
        ),
        (
            "What to do next for them, what else, and what not",
            format!(
                "{{
  profile(by: {{ {name} }}) {{
    nextBestActions(first: 3) {{
      status decisionId chosenBy chosen {{ action name score probability value cost basis }}
      alternatives {{ action score }} excluded {{ action rule reason }}
    }}
  }}
}}"
            ),
        ),
        (
            "What the person is like, and who is like them",
            format!(
                "{{
  profile(by: {{ {name} }}) {{
    personas(first: 2) {{ status nearest {{ persona {{ name }} score }} matches {{ persona {{ name }} score reasons {{ text holds weight }} }} }}
  }}
  similarProfiles(profile: {{ {name} }}, first: 5) {{ compared nodes {{ similarity profile {{ displayName }} reasons {{ text contribution }} }} }}
}}"
            ),
        ),
        (
            "The best customers",
            "{
  profiles(first: 5, orderBy: { field: ORDERS, direction: DESC }) {
    totalCount
    nodes { displayName totals { orders currencies { revenue { amount currency } lastOrderAt } } }
    pageInfo { hasNextPage endCursor }
  }
}"
            .to_owned(),
        ),
        (
            "How the sources are doing",
            "{
  overview { records rejectedRecords sourceIdentities profiles orders events }
  connectors {
    name state nextRunAt
    runs(first: 1) { state read created rejected retries rate }
    rejectedRecords(first: 2) { nodes { reason } }
  }
}"
            .to_owned(),
        ),
    ]
}
