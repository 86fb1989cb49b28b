//! How far a command is, on standard error: bars where a person sits at a terminal, now and then a line elsewhere.

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use profiles::sync::Run;

use super::out::thousands;

/// The pause between two lines about the same run.
const LINES: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(120);

/// A sign of life of something that does not say how far it is.
pub(super) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style("{spinner} {msg} {elapsed}"));
    bar.set_message(what);
    bar.enable_steady_tick(TICK);
    bar
}

/// How much of so many bytes was read.
pub(super) fn bytes(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    bar.set_style(style("reading {bar:24.cyan/dim} {bytes}/{total_bytes}  {eta}"));
    bar
}

/// The progress of several runs.
pub(super) struct Progress {
    bars: MultiProgress,
    terminal: bool,
    width: usize,
}

impl Progress {
    /// For runs of these names.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let width = names.into_iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let terminal = std::io::stderr().is_terminal();
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), terminal, width }
    }

    /// Begins to show the run of that name.
    pub(super) fn run(&self, name: &str) -> RunProgress {
        let bar = self.terminal.then(|| {
            let bar = self.bars.add(ProgressBar::no_length());
            bar.set_style(style("{prefix}  {spinner} {pos} read  {msg}"));
            bar.set_prefix(format!("{name:width$}", width = self.width));
            bar.enable_steady_tick(TICK);
            bar
        });
        RunProgress { name: name.to_owned(), bar, last: Mutex::new(Instant::now()) }
    }

    /// Writes a line above the bars.
    pub(super) fn say(&self, text: &str) {
        if self.terminal {
            // A terminal that is gone has nobody who reads.
            let _ = self.bars.println(text);
        } else {
            eprintln!("{text}");
        }
    }
}

/// The progress of one run.
pub(super) struct RunProgress {
    name: String,
    bar: Option<ProgressBar>,
    /// When the last line was written.
    last: Mutex<Instant>,
}

impl RunProgress {
    /// Shows where a run stands.
    pub(super) fn report(&self, run: &Run) {
        match &self.bar {
            Some(bar) => {
                if let Some(expected) = run.expected.and_then(|expected| u64::try_from(expected).ok()) {
                    if bar.length().is_none() {
                        bar.set_style(style(
                            "{prefix}  {bar:24.cyan/dim} {pos}/{len}  {msg}  {per_sec:.0}  {eta}",
                        ));
                    }
                    bar.set_length(expected.max(count(run.read)));
                }
                bar.set_position(count(run.read));
                bar.set_message(counts(run));
            }
            None => {
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.elapsed() >= LINES {
                    *last = Instant::now();
                    eprintln!(
                        "{}: {} read, {}{}",
                        self.name,
                        thousands(count(run.read)),
                        counts(run),
                        outlook(run)
                    );
                }
            }
        }
    }

    /// Removes the bar.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What a run did to its records.
pub(super) fn counts(run: &Run) -> String {
    let dropped = match run.dropped {
        0 => String::new(),
        dropped => format!(", {} of erased people or too old dropped", thousands(count(dropped))),
    };
    format!(
        "{} new, {} changed, {} unchanged, {} rejected{dropped}, {} pages",
        thousands(count(run.created)),
        thousands(count(run.changed)),
        thousands(count(run.unchanged)),
        thousands(count(run.rejected)),
        thousands(count(run.pages)),
    )
}

/// Objects a second since the run began.
pub(super) fn rate(run: &Run) -> u64 {
    let millis = (run.updated_at - run.started_at).num_milliseconds().max(1);
    count(run.read.saturating_mul(1000) / millis)
}

/// The rate, and how long the rest takes at it.
fn outlook(run: &Run) -> String {
    let rate = rate(run);
    let left = run.expected.map(|expected| count(expected - run.read));
    match left {
        Some(left) if rate > 0 => format!(", {}/s, about {} s left", thousands(rate), left.div_ceil(rate)),
        _ => format!(", {}/s", thousands(rate)),
    }
}

/// A count of the database, which knows only signed numbers.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn style(template: &'static str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is well formed")
}
