use std::time::Duration;

use clap::{Args, ValueEnum};
use profiles::insights::{Kind, Phase, StepState, Training, Verdict, Version};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    cli::{open, out, progress},
    config::StoreArgs,
};

/// Learn what customers will do
///
/// Models are learned from all that is known up to the end of yesterday (UTC). Each is kept under a number, with a back-test that
/// says how good it is, and predicts from then on: the risk of churn and the lifetime value of every profile, segments that
/// ask for `prediction churn_risk` or `prediction lifetime_value`, and what is recommended to whom. Ctrl-C stops; what was learned by then stays.
#[derive(Debug, Args)]
pub(super) struct Train {
    /// Which models; all of them unless given
    #[arg(long, value_enum, value_name = "KIND")]
    only: Vec<Only>,
    /// How many days ahead the risk of churn is looked for; twice the usual time between two purchases unless given
    #[arg(long, value_name = "DAYS")]
    horizon: Option<u32>,
    /// Only keep the models; those in force go on predicting
    #[arg(long)]
    keep: bool,
    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Who will buy how often, and for how much
    Purchases,
    /// What that says of everybody at once
    Fleet,
    /// What somebody is most interested in, and what goes together
    Recommendations,
    /// How likely leads are to buy for the first time
    LeadScore,
    /// How likely people are to buy a product, or something of a category
    Propensity,
}

impl From<Only> for Kind {
    fn from(only: Only) -> Self {
        match only {
            Only::Purchases => Self::Purchases,
            Only::Fleet => Self::Fleet,
            Only::Recommendations => Self::Recommendations,
            Only::LeadScore => Self::LeadScore,
            Only::Propensity => Self::Propensity,
        }
    }
}

/// In whose name is learned here.
const ACTOR: &str = "rondom train";
/// How often it is looked how far it has come.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(args: Train) -> anyhow::Result<()> {
    let config = open::settings(args.store)?;
    let profiles = open::existing(&config).await?;
    open::audited(&profiles, "train", None).await?;
    let kinds: Vec<Kind> = args.only.iter().copied().map(Into::into).collect();
    let training = profiles.request_training(&kinds, args.horizon, !args.keep, ACTOR).await?;
    let training = carried_out(&profiles, training).await?;

    let mut learned = Vec::new();
    for step in &training.steps {
        learned.push(match step.version {
            Some(version) => Some(profiles.model_learned(version).await?),
            None => None,
        });
    }
    if args.json {
        let steps = training.steps.iter().zip(&learned).map(|(step, version)| {
            let told = version.as_ref().map(|version| {
                json!({ "version": version.version, "inForce": version.in_force, "about": version.about })
            });
            json!({ "kind": step.kind, "state": step.state, "why": step.why, "model": told })
        });
        out::json(&json!({ "steps": steps.collect::<Vec<_>>() }))?;
    } else {
        for (step, version) in training.steps.iter().zip(&learned) {
            match version {
                Some(version) => report(version)?,
                None => {
                    let why = step.why.as_deref().unwrap_or("was not begun");
                    out::line(format_args!("{}: nothing was learned: {why}", step.kind.name()))?;
                }
            }
        }
    }
    if learned.iter().any(Option::is_some) {
        return Ok(());
    }
    anyhow::bail!("nothing was learned; what is in force stays in force")
}

/// Carries a job out, or watches whoever does, until it ends or Ctrl-C cancels it.
async fn carried_out(profiles: &profiles::Profiles, training: Training) -> anyhow::Result<Training> {
    let id = training.id;
    // Nobody says stop but by cancelling the job.
    let (_running, stop) = watch::channel(false);
    let bar = progress::spinner("learning");
    let work = async {
        loop {
            let training = profiles.work_on_training(id, stop.clone()).await?;
            if training.state.has_ended() {
                return Ok::<_, anyhow::Error>(training);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::pin!(work);
    let mut look = tokio::time::interval(LOOK);
    let mut given_up = false;
    let ended = loop {
        tokio::select! {
            ended = &mut work => break ended?,
            _ = look.tick() => bar.set_message(doing(&profiles.training(id).await?)),
            interrupted = tokio::signal::ctrl_c(), if !given_up => {
                interrupted?;
                given_up = true;
                profiles.cancel_training(id).await?;
            }
        }
    };
    bar.finish_and_clear();
    Ok(ended)
}

fn doing(training: &Training) -> String {
    let running = training.steps.iter().find(|step| step.state == StepState::Running);
    running.map_or_else(
        || "learning".to_owned(),
        |step| {
            let phase = step.phase.map_or("", |phase| match phase {
                Phase::Reading => ": reading",
                Phase::Fitting => ": fitting",
                Phase::Testing => ": testing on the past",
            });
            format!("learning {}{phase}", step.kind.name())
        },
    )
}

fn report(version: &Version) -> anyhow::Result<()> {
    let about = &version.about;
    out::table(&described(version))?;
    if let Some(evidence) = &about.evidence {
        let heading = ["", "model", "95 % interval", "simple rule", "better"].map(str::to_owned);
        let figures = evidence.figures.iter().map(|figure| {
            let interval = figure.interval.map(|(low, high)| format!("{low:.3} to {high:.3}"));
            let better = figure.beats_baseline.map(|verdict| match verdict {
                Verdict::Yes => "yes",
                Verdict::No => "no",
                Verdict::Unclear => "unclear",
            });
            [
                figure.name.clone(),
                format!("{:.3}", figure.value),
                interval.unwrap_or_default(),
                figure.baseline.map(|baseline| format!("{baseline:.3}")).unwrap_or_default(),
                better.unwrap_or_default().to_owned(),
            ]
        });
        out::table(&[heading].into_iter().chain(figures).collect::<Vec<_>>())?;
    } else {
        out::line("too short a time is known to test it on the past")?;
    }
    let told = if version.in_force { "predicts now" } else { "is kept; `promoteModel` has it predict" };
    Ok(out::line(format_args!("model {} {told}\n", version.version))?)
}

fn described(version: &Version) -> Vec<[String; 2]> {
    let about = &version.about;
    let parameters = about.parameters.iter().map(|(name, value)| format!("{name} {value:.4}"));
    let mut rows = vec![
        ["kind".to_owned(), version.kind.name().to_owned()],
        ["method".to_owned(), about.method.clone()],
        ["parameters".to_owned(), parameters.collect::<Vec<_>>().join(", ")],
        ["customers".to_owned(), out::thousands(about.data.customers)],
        ["observations".to_owned(), out::thousands(about.data.observations)],
        ["days".to_owned(), format!("{} to {}", about.data.from, about.data.to)],
    ];
    rows.extend(about.horizon.map(|days| ["horizon".to_owned(), format!("{days} days")]));
    rows.extend(about.currency.clone().map(|currency| ["currency".to_owned(), currency]));
    rows
}
