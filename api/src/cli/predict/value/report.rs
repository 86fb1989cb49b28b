//! What `rondom predict value` tells.

use predictions::evidence::{Choice, Contender, Reading};
use serde::Serialize;

use super::fit::{Fit, Fits, name};
use super::{Chosen, Purchases, Studied};
use crate::cli::out;
use crate::cli::predict::days::Day;
use crate::cli::predict::figures::{
    Alike, Beats, Figure, Tenth, count, print, print_calibration, print_lift,
};
use crate::cli::predict::rows::Input;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    input: Input,
    first_purchase: Day,
    last_purchase: Day,
    calibration_end: Day,
    holdout_end: Day,
    horizon_days: u32,
    /// Who had bought by the end of the calibration period.
    customers: usize,
    contender: Candidate,
    /// Why that one.
    chosen: Choosing,
    #[serde(flatten)]
    fits: Fits,
    /// Time in the parameters.
    time_unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    backtest: Option<Judged>,
}

#[derive(Debug, Serialize)]
struct Candidate {
    model: &'static str,
    reading: &'static str,
}

impl From<Contender> for Candidate {
    fn from(contender: Contender) -> Self {
        let reading = match contender.reading {
            Reading::Active => "active",
            Reading::Expected => "expected",
            Reading::Between => "between",
        };
        Self { model: contender.kind.name(), reading }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "by")]
enum Choosing {
    /// It was asked for.
    Request,
    /// It did best inside the calibration period.
    #[serde(rename_all = "camelCase")]
    Past { days_ahead: u32, asked_on: Vec<Day>, tried: Vec<Tried> },
    /// Nothing could be tried.
    Default,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tried {
    #[serde(flatten)]
    contender: Candidate,
    auc: f64,
    log_loss: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Judged {
    figures: Vec<Figure>,
    beats_recency_rule: Option<Beats>,
    calibration: Vec<Alike>,
    /// By predicted value, the greatest first.
    lift: Vec<Tenth>,
    tracking: Vec<Point>,
}

/// Purchases since the end of the calibration period.
#[derive(Debug, Serialize)]
struct Point {
    until: Day,
    predicted: f64,
    actual: f64,
}

impl Report {
    pub(super) fn new(purchases: &Purchases, studied: &Studied) -> Self {
        let period = studied.period;
        Self {
            input: purchases.input.clone(),
            first_purchase: purchases.first,
            last_purchase: purchases.last,
            calibration_end: period.calibration_end,
            holdout_end: period.holdout_end,
            horizon_days: period.horizon,
            customers: studied.past.cases().len(),
            contender: studied.choice.contender().into(),
            chosen: choosing(&studied.choice),
            fits: studied.fits.clone(),
            time_unit: "weeks",
            backtest: studied.backtest.as_ref().map(|backtest| Judged {
                figures: backtest.metrics.iter().map(Figure::from).collect(),
                beats_recency_rule: backtest.verdict.map(Beats::from),
                calibration: backtest.calibration.iter().map(Alike::from).collect(),
                lift: backtest.lift.iter().map(Tenth::from).collect(),
                tracking: backtest.tracking.iter().map(Point::from).collect(),
            }),
        }
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        out::line(format!(
            "{}: {}, from {} to {}",
            self.input.file,
            count(usize::try_from(self.input.rows)?, "row"),
            self.first_purchase,
            self.last_purchase
        ))?;
        self.input.print()?;
        out::line(format!(
            "learned from {} who bought up to {}, of whom {} came again{}\npredicted: {} days, up to {}",
            count(self.customers, "customer"),
            self.calibration_end,
            out::thousands(self.fits.came_again as u64),
            match self.fits.usual_interval_days {
                Some(days) => format!(" (half of them within {days:.0} days on average)"),
                None => String::new(),
            },
            self.horizon_days,
            self.holdout_end
        ))?;
        self.print_choice()?;
        print_fit(&self.fits.purchases, ", time in weeks")?;
        if let Some(fit) = &self.fits.spend {
            let correlation = self.fits.correlation.map(|correlation| {
                format!("; it supposes that how often and how much do not go together: correlation {correlation:.2}")
            });
            print_fit(fit, &format!(" of what is spent in a purchase{}", correlation.unwrap_or_default()))?;
        } else {
            out::line("\nNobody who came again paid anything: values are not predicted")?;
        }
        match &self.backtest {
            Some(backtest) => self.print_backtest(backtest),
            None => Ok(out::line(format!(
                "\nNo back-test: nothing is known after {}, so nothing says how good this is",
                self.calibration_end
            ))?),
        }
    }

    fn print_choice(&self) -> anyhow::Result<()> {
        let Candidate { model, .. } = self.contender;
        match &self.chosen {
            Choosing::Request => out::line(format!("\n{model}, as asked for"))?,
            Choosing::Default => {
                out::line(format!(
                    "\n{model}, because there is too little in the calibration period to try models on"
                ))?;
            }
            Choosing::Past { days_ahead, asked_on, tried } => {
                out::line(format!(
                    "\n{model}, read as {}: it put customers in the best order (AUC) when asked\n{days_ahead} days ahead on {}, all inside the calibration period",
                    told(self.contender.reading),
                    asked_on.iter().map(Day::to_string).collect::<Vec<_>>().join(", "),
                ))?;
                let mut rows = vec![["model", "read as", "AUC", "log loss"].map(str::to_owned)];
                rows.extend(tried.iter().map(|tried| {
                    let Candidate { model, reading } = tried.contender;
                    let figures = [tried.auc, tried.log_loss].map(|figure| format!("{figure:.4}"));
                    let [auc, log_loss] = figures;
                    [model.to_owned(), told(reading).to_owned(), auc, log_loss]
                }));
                out::indented(&rows)?;
            }
        }
        Ok(())
    }

    fn print_backtest(&self, backtest: &Judged) -> anyhow::Result<()> {
        let Judged { figures, beats_recency_rule, calibration, lift, tracking } = backtest;
        out::line(format!(
            "\nBack-test: what was predicted for {} to {}, and what came",
            self.calibration_end.plus(1),
            self.holdout_end
        ))?;
        print(figures)?;
        out::line(
            "  Baselines: AUC and PR-AUC, who bought last comes first; Brier score and log loss, the share of those who came as\n  everybody's probability; purchases, the pace so far; value, what was paid in the year before, by days.",
        )?;
        out::line("\nProbability of a purchase, as predicted and as observed")?;
        print_calibration(calibration)?;
        out::line("\nShare of what was paid, by tenths of customers, the greatest predicted value first")?;
        print_lift(lift)?;
        out::line("\nPurchases since the calibration period")?;
        let mut rows = vec![["until", "predicted", "actual"].map(str::to_owned)];
        rows.extend(tracking.iter().map(|point| {
            [point.until.to_string(), format!("{:.0}", point.predicted), format!("{:.0}", point.actual)]
        }));
        out::indented(&rows)?;
        out::line(format!(
            "\nDoes it put customers in a better order than the simple rule? {}",
            match beats_recency_rule {
                Some(Beats::Yes) => "Yes",
                Some(Beats::No) => "No: use the rule",
                Some(Beats::Unclear) => "Unclear: these data do not say",
                None => "Nobody can say: either all customers came, or none did",
            }
        ))?;
        if self.holdout_end > self.last_purchase {
            out::line(format!(
                "The last purchase is on {}: the days after it count as days on which nobody bought",
                self.last_purchase
            ))?;
        }
        Ok(())
    }
}

fn choosing(choice: &Chosen) -> Choosing {
    match choice {
        Chosen::Asked(_) => Choosing::Request,
        Chosen::Untried(_) => Choosing::Default,
        Chosen::Tried(Choice { plan, tried, .. }) => Choosing::Past {
            days_ahead: plan.horizon,
            asked_on: plan.origins.iter().map(|day| Day(*day)).collect(),
            tried: tried
                .iter()
                .map(|tried| Tried {
                    contender: tried.contender.into(),
                    auc: tried.auc,
                    log_loss: tried.log_loss,
                })
                .collect(),
        },
    }
}

impl From<&predictions::evidence::Point> for Point {
    fn from(point: &predictions::evidence::Point) -> Self {
        Self { until: Day(point.to).plus(-1), predicted: point.predicted, actual: point.actual }
    }
}

/// How a probability is read off a model.
fn told(reading: &str) -> &'static str {
    match reading {
        "expected" => "1 − e^−(expected purchases)",
        "between" => "the mean of both",
        _ => "P(active)",
    }
}

fn print_fit(fit: &Fit, of: &str) -> anyhow::Result<()> {
    out::line(format!("\n{}{of}", fit.model))?;
    let mut rows = vec![["parameter", "value", "standard error"].map(str::to_owned)];
    rows.extend(fit.parameters.iter().map(|parameter| {
        let error = parameter.standard_error.map(|error| format!("{error:.4}")).unwrap_or_default();
        [parameter.name.to_owned(), format!("{:.4}", parameter.value), error]
    }));
    out::indented(&rows)?;
    out::line(format!(
        "  log-likelihood {:.4}, {:.0} customers, {}",
        fit.log_likelihood,
        fit.customers,
        name(fit.status)
    ))?;
    if let Some(warning) = fit.warning() {
        out::line(format!("  {warning}"))?;
    }
    Ok(())
}
