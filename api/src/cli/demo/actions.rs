//! What to do next: some actions, and one decision.

use anyhow::ensure;
use serde_json::{Value, json};

use super::{queries::Asker, sample::Shown};
use crate::cli::out;

/// A call, an e-mail, an offer and something on the site.
const ACTIONS: [&str; 4] = [
    r#"key: "call", name: "Call to ask how it goes", purpose: "service", cost: "6", benefit: "60", expectedRate: 0.15,
       eligibility: { text: "count of orders >= 2" }, coolDown: "P60D", group: "contact""#,
    r#"key: "news", name: "E-mail with what is new", channel: EMAIL, purpose: "email_marketing", cost: "0.05", benefit: "8",
       expectedRate: 0.1, coolDown: "P7D""#,
    r#"key: "win-back", name: "E-mail with 10 percent off", channel: EMAIL, purpose: "email_marketing", cost: "2", benefit: "25",
       expectedRate: 0.12, eligibility: { text: "last order more than 180 days ago" }, coolDown: "P30D", group: "contact""#,
    r#"key: "banner", name: "Banner for the newsletter", purpose: "personalisation", benefit: "2", expectedRate: 0.05"#,
];

/// Defines actions, and asks what to do for the person who is shown.
pub(super) async fn show(asker: &Asker, shown: &Shown) -> anyhow::Result<()> {
    let done = async |mutation: String, name: &str| -> anyhow::Result<()> {
        let answer =
            asker.ask(&format!("mutation {{ {mutation} {{ errors {{ message }} }} }}"), Value::Null).await?;
        ensure!(answer[name]["errors"] == json!([]), "{}", answer[name]["errors"]);
        Ok(())
    };
    for action in ACTIONS {
        done(format!("defineAction(input: {{ {action} }})"), "defineAction").await?;
    }
    let limits = "setActionLimits(input: { control: 5, weekly: [{ channel: EMAIL, most: 2 }] })";
    done(limits.to_owned(), "setActionLimits").await?;
    let ask = format!(
        r#"{{ profile(by: {{ id: "{}" }}) {{ nextBestActions {{ chosen {{ name score }}
            alternatives {{ name score }} excluded {{ action reason }} }} }} }}"#,
        shown.id
    );
    let answer = asker.ask(&ask, Value::Null).await?;
    let next = &answer["profile"]["nextBestActions"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let scored = |sort: &str, one: &Value| {
        let score = one["score"].as_f64().unwrap_or_default();
        [sort.to_owned(), text(&one["name"]), format!("expected to bring {score:.2} EUR")]
    };
    let all = |field: &str| next[field].as_array().cloned().unwrap_or_default();
    let mut rows = vec![scored("do", &next["chosen"])];
    rows.extend(all("alternatives").iter().map(|one| scored("or", one)));
    let excluded = all("excluded");
    rows.extend(excluded.iter().map(|one| ["not".to_owned(), text(&one["action"]), text(&one["reason"])]));
    out::line(
        "\nWhat to do next for the person above (nothing is known yet of what comes of it, so it is drawn)",
    )?;
    Ok(out::indented(&rows)?)
}
