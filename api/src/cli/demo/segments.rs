//! Segments and a lifecycle, of the templates: what an administrator would begin with.

use profiles::{Profiles, audiences::NewSegment, journey::Stage};
use segments::Rule;

use crate::cli::out;

const ACTOR: &str = "demo";
/// So many of the segments are told, the largest ones.
const TOLD: usize = 6;

/// Defines all of them, and tells who is in them.
pub(super) async fn define(profiles: &Profiles) -> anyhow::Result<()> {
    let mut names = Vec::new();
    for template in segments::templates() {
        segment(profiles, template.key.to_owned(), template.title, template.description, template.text)
            .await?;
        names.push((template.key.to_owned(), template.title));
    }
    let mut stages = Vec::new();
    for stage in segments::lifecycle_template() {
        let key = format!("stage-{}", stage.key);
        segment(profiles, key.clone(), stage.name, stage.description, stage.text).await?;
        stages.push(Stage { key: stage.key.to_owned(), name: stage.name.to_owned(), segment: key });
    }
    let lifecycle = profiles.define_lifecycle(stages, ACTOR).await?;
    while profiles.work_out_some().await? {}

    let keys: Vec<String> = names.iter().map(|(key, _)| key.clone()).collect();
    let audiences = profiles.audiences(&keys).await?;
    let size = |key: &String| audiences.get(key).map_or(0, |audience| audience.size);
    names.sort_by_key(|(key, _)| std::cmp::Reverse(size(key)));
    out::line(format_args!("\nThe largest of {} segments, one for each template", names.len()))?;
    let rows: Vec<[String; 2]> = names.iter().take(TOLD).map(|(key, name)| row(name, size(key))).collect();
    out::indented(&rows)?;
    out::line("\nStages of the lifecycle")?;
    let sizes = profiles.stage_sizes(&lifecycle.stages).await?;
    let rows: Vec<[String; 2]> =
        lifecycle.stages.iter().zip(sizes).map(|(stage, size)| row(&stage.name, size)).collect();
    out::indented(&rows)?;
    Ok(())
}

async fn segment(
    profiles: &Profiles,
    key: String,
    name: &str,
    description: &str,
    rule: &str,
) -> anyhow::Result<()> {
    let rule = Rule::parse(rule).map_err(|error| anyhow::anyhow!("{rule}: {error}"))?;
    let (name, description) = (name.to_owned(), description.to_owned());
    profiles.define_segment(NewSegment { key, name, description, rule }, ACTOR).await?;
    Ok(())
}

fn row(name: &str, size: u64) -> [String; 2] {
    [name.to_owned(), out::thousands(size)]
}
