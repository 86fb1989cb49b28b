//! What `rondom predict churn` tells.

use predictions::scores::{LeftOut, Status, Why};
use serde::Serialize;

use super::Churn;
use super::table::Customers;
use super::validate::{Influence, Validated, influences};
use crate::cli::out;
use crate::cli::predict::figures::{Alike, Beats, Figure, count, number, print, print_calibration, told};
use crate::cli::predict::rows::Input;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    input: Input,
    label: String,
    customers: usize,
    positives: usize,
    folds: u32,
    seed: u64,
    /// Whether there is so little that no probability should be shown as a personal one.
    few_data: bool,
    /// Over all customers, each predicted by a model that did not learn from them.
    figures: Vec<Figure>,
    /// The mean of the parts' own figures.
    fold_means: Vec<Mean>,
    calibration: Vec<Alike>,
    /// Of the model that learned from all, the strongest first.
    reasons: Vec<Strength>,
    left_out: Vec<NotUsed>,
    like_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Mean {
    name: &'static str,
    value: f64,
}

#[derive(Debug, Serialize)]
struct Strength {
    column: String,
    moves: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    raises: Option<Adds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lowers: Option<Adds>,
}

#[derive(Debug, Serialize)]
struct Adds {
    value: String,
    adds: f64,
}

#[derive(Debug, Serialize)]
struct NotUsed {
    column: String,
    /// `sensitive`, `excluded` or `saysNothing`.
    why: &'static str,
    /// The protected trait that its name speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    protected: Option<String>,
}

/// How many reasons are shown to people.
const SHOWN: usize = 12;

impl Report {
    pub(super) fn new(args: &Churn, customers: &Customers, validated: &Validated) -> anyhow::Result<Self> {
        let scorers = || validated.scorers.iter().chain([&validated.whole]);
        let means = validated.means.iter().map(|(name, value)| Mean { name, value: *value });
        Ok(Self {
            input: customers.input.clone(),
            label: args.label.clone(),
            customers: customers.labels.len(),
            positives: customers.labels.iter().filter(|came| **came).count(),
            folds: args.folds,
            seed: args.seed,
            few_data: scorers().any(|scorer| scorer.status() == Status::FewData),
            figures: validated.evidence.metrics.iter().map(Figure::from).collect(),
            fold_means: means.collect(),
            calibration: validated.evidence.calibration.iter().map(Alike::from).collect(),
            reasons: influences(&validated.whole, &customers.table)?
                .into_iter()
                .map(Strength::from)
                .collect(),
            left_out: validated.whole.left_out().iter().map(NotUsed::from).collect(),
            like_ids: customers
                .like_ids
                .iter()
                .filter(|name| validated.whole.features().any(|used| used == *name))
                .cloned()
                .collect(),
        })
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "customers are far below 2^53")]
        let share = 100.0 * self.positives as f64 / self.customers as f64;
        out::line(format!(
            "{}: {}, of whom {} have the outcome (`{}`): {share:.1} %",
            self.input.file,
            count(self.customers, "customer"),
            out::thousands(self.positives as u64),
            self.label,
        ))?;
        self.input.print()?;
        if self.few_data {
            out::line(
                "Few data: fewer than 50 customers with the outcome, or without it, to learn from. Do not act on single customers.",
            )?;
        }
        out::line(format!(
            "\nHow good: {} folds with seed {}, each customer predicted by a model that learned from the other folds",
            self.folds, self.seed
        ))?;
        print(&self.figures)?;
        out::line(
            "  Baselines: AUC and PR-AUC, a logistic regression that learned from the same folds; Brier score and log loss, the\n  share of those with the outcome as everybody's probability.",
        )?;
        let means: Vec<String> = self
            .fold_means
            .iter()
            .map(|mean| format!("{} {}", told(mean.name), number(mean.value)))
            .collect();
        out::line(format!("  Means of the folds' own figures: {}", means.join(", ")))?;
        let verdict = self
            .figures
            .iter()
            .find(|figure| figure.name == "brier")
            .and_then(|figure| figure.beats_baseline);
        out::line(format!(
            "  Better than knowing nothing but the share? {}",
            verdict.map_or("nobody can say", Beats::as_str)
        ))?;
        out::line("\nProbability, as predicted and as observed")?;
        print_calibration(&self.calibration)?;
        self.print_reasons()?;
        self.print_left_out()
    }

    fn print_reasons(&self) -> anyhow::Result<()> {
        out::line(
            "\nStrongest reasons, in log-odds (0.7 doubles the odds): how far each moves a customer on average, and where to",
        )?;
        let mut rows = vec![["column", "moves", "raises most", "lowers most"].map(str::to_owned)];
        let adds = |adds: &Option<Adds>| {
            adds.as_ref().map(|Adds { value, adds }| format!("{value} ({adds:+.2})")).unwrap_or_default()
        };
        rows.extend(
            self.reasons.iter().take(SHOWN).map(|of| {
                [of.column.clone(), format!("{:.2}", of.moves), adds(&of.raises), adds(&of.lowers)]
            }),
        );
        out::indented(&rows)?;
        if self.reasons.len() > SHOWN {
            out::line(format!("  and {} with less, which --json lists", self.reasons.len() - SHOWN))?;
        }
        for column in &self.like_ids {
            out::line(format!(
                "  `{column}` is another whole number in each row: if it names the customer, say --id {column}"
            ))?;
        }
        Ok(())
    }

    fn print_left_out(&self) -> anyhow::Result<()> {
        let sensitive: Vec<&NotUsed> = self.left_out.iter().filter(|of| of.protected.is_some()).collect();
        if !sensitive.is_empty() {
            out::line("\nLeft out because their names speak of protected traits; to use one all the same:")?;
            let rows: Vec<[String; 3]> = sensitive
                .iter()
                .map(|of| {
                    [
                        of.column.clone(),
                        of.protected.clone().unwrap_or_default(),
                        format!("--allow '{}'", of.column),
                    ]
                })
                .collect();
            out::indented(&rows)?;
        }
        for (why, told) in [
            ("excluded", "Left out as asked for"),
            ("saysNothing", "Left out because they say nothing (always the same, or only rare values)"),
        ] {
            let of: Vec<&str> =
                self.left_out.iter().filter(|of| of.why == why).map(|of| of.column.as_str()).collect();
            if !of.is_empty() {
                out::line(format!("\n{told}: {}", of.join(", ")))?;
            }
        }
        Ok(())
    }
}

impl From<Influence> for Strength {
    fn from(of: Influence) -> Self {
        let adds = |(value, adds): (String, f64)| Adds { value, adds };
        Self {
            column: of.column,
            moves: of.strength,
            raises: of.raises.map(adds),
            lowers: of.lowers.map(adds),
        }
    }
}

impl From<&LeftOut> for NotUsed {
    fn from(of: &LeftOut) -> Self {
        let (why, protected) = match &of.why {
            Why::Sensitive(ground) => ("sensitive", Some(ground.clone())),
            Why::Excluded => ("excluded", None),
            Why::SaysNothing => ("saysNothing", None),
        };
        Self { column: of.column.clone(), why, protected }
    }
}
