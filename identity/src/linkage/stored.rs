use serde::{Deserialize, Serialize};

use super::class::Class;
use super::compare::{ALL, COUNT};
use super::frequency::Frequencies;
use super::model::{Model, Report};
use super::parameters::Parameters;
use crate::Error;

/// A model as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    /// 1. Another number is another way to compare, which this program does not know.
    format: u32,
    report: Report,
    /// Binary logarithm of the share of each class among all pairs, in millionths.
    classes: Vec<(Class, i64)>,
    comparisons: Vec<StoredComparison>,
    frequencies: Frequencies,
    /// Keys that are too common, in hexadecimal and in order.
    heavy: Vec<String>,
}

/// What one comparison is worth.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredComparison {
    name: String,
    /// By level: the binary logarithm of its share in each class, in millionths, classes in the order of [`Class::ALL`].
    levels: Vec<[i64; Class::COUNT]>,
}

const FORMAT: u32 = 1;

impl From<Model> for Stored {
    fn from(model: Model) -> Self {
        let named = ALL.iter().zip(model.parameters.levels);
        Self {
            format: FORMAT,
            report: model.report,
            classes: Class::ALL.into_iter().zip(model.parameters.classes).collect(),
            comparisons: named
                .map(|(comparison, levels)| StoredComparison { name: comparison.name().to_owned(), levels })
                .collect(),
            frequencies: model.frequencies,
            heavy: model.heavy.into_iter().map(|key| format!("{key:016x}")).collect(),
        }
    }
}

impl TryFrom<Stored> for Model {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        let wrong = |what: &str| Err(Error::Model(what.to_owned()));
        if stored.format != FORMAT {
            return Err(Error::Model(format!(
                "has format {}; this program reads format {FORMAT}",
                stored.format
            )));
        }
        if stored.classes.iter().map(|(class, _)| *class).ne(Class::ALL) {
            return wrong("does not have all classes in their order");
        }
        let fits = |(comparison, found): (&&dyn super::compare::Comparison, &StoredComparison)| {
            found.name == comparison.name() && found.levels.len() == comparison.levels()
        };
        if stored.comparisons.len() != COUNT || !ALL.iter().zip(&stored.comparisons).all(fits) {
            return wrong("does not have all comparisons in their order, each with all its levels");
        }
        let logarithms = stored.comparisons.iter().flat_map(|comparison| comparison.levels.iter().flatten());
        let classes = stored.classes.iter().map(|(_, share)| share);
        if !logarithms.chain(classes).all(|share| (-100_000_000..=0).contains(share)) {
            return wrong(
                "has a share that is none: binary logarithms of shares in millionths are -100000000 to 0",
            );
        }
        if !stored.frequencies.given.is_sound() || !stored.frequencies.family.is_sound() {
            return wrong("has a name that occurs never, or more often than all names together");
        }
        let heavy: Option<Vec<u64>> =
            stored.heavy.iter().map(|key| u64::from_str_radix(key, 16).ok()).collect();
        let Some(heavy) = heavy.filter(|heavy| heavy.is_sorted()) else {
            return wrong("has keys that are not hexadecimal numbers in order");
        };
        let mut levels = stored.comparisons.into_iter().map(|comparison| comparison.levels);
        Ok(Self {
            frequencies: stored.frequencies,
            heavy,
            parameters: Parameters {
                classes: std::array::from_fn(|class| stored.classes[class].1),
                levels: std::array::from_fn(|_| levels.next().unwrap_or_default()),
            },
            report: stored.report,
        })
    }
}
