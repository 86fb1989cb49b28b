use super::super::class::Class;
use super::super::table::{Reading, Row, Table};
use super::super::values::{MISSING, Value};
use super::{Comparison, nickname, word::Word};
use crate::{
    fold_name,
    linkage::{hash, real},
};
use rphonetic::{DoubleMetaphone, Encoder};

/// A given name.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct GivenName {
    /// Its words, with a space between them.
    key: Box<str>,
    /// The same in one.
    pub(in crate::linkage) word: Word,
    /// A hash of its first part: `anna` of `anna maria`.
    first: u64,
    /// The names of which the first part is a form.
    forms: &'static [u16],
    sound: u64,
}

/// A family name without particles such as `van der` and without suffixes such as `Jr`.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct FamilyName {
    /// Its words, with a space between them.
    key: Box<str>,
    /// The same in one.
    pub(in crate::linkage) word: Word,
    /// Its parts, where it has several: `jansen` and `smit` of `Jansen-Smit`.
    parts: Box<[Box<str>]>,
    sound: u64,
}

const PARTICLES: [&str; 33] = [
    "aan", "af", "al", "av", "bij", "da", "de", "del", "den", "der", "des", "di", "do", "dos", "du", "el",
    "het", "in", "la", "le", "op", "s", "t", "te", "ten", "ter", "uit", "van", "vd", "von", "voor", "zu",
    "zum",
];
const SUFFIXES: [&str; 9] = ["ii", "iii", "iv", "jr", "junior", "md", "phd", "senior", "sr"];
const TITLES: [&str; 17] = [
    "dhr", "dr", "drs", "fru", "herr", "hr", "ing", "ir", "mevr", "miss", "mr", "mrs", "ms", "mw", "prof",
    "sir", "frau",
];
const HYPHENS: [char; 4] = ['-', '‐', '‑', '–'];
/// What people and programs write when they have no name.
const NOTHING: [&str; 14] = [
    "anonymous",
    "guest",
    "na",
    "nan",
    "nil",
    "noname",
    "none",
    "null",
    "onbekend",
    "test",
    "ukendt",
    "unbekannt",
    "undefined",
    "unknown",
];

fn is_nothing(name: &str) -> bool {
    NOTHING.contains(&name) || !name.chars().any(char::is_alphabetic)
}

impl Value for GivenName {
    fn read(raw: &str) -> Option<Self> {
        let folded = fold_name(raw);
        let mut words: Vec<&str> = folded.split(' ').collect();
        if words.len() > 1 {
            words.retain(|word| !TITLES.contains(word));
        }
        let text = words.concat();
        if is_nothing(&text) {
            return None;
        }
        let first = words[0];
        Some(Self {
            key: words.join(" ").into(),
            word: Word::new(&text),
            first: hash::text(first),
            forms: nickname::forms(first),
            sound: sound(&text),
        })
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn alike(&self) -> &str {
        self.word.text()
    }
}

impl Value for FamilyName {
    fn read(raw: &str) -> Option<Self> {
        let folded = fold_name(raw);
        let words: Vec<&str> = folded.split(' ').collect();
        let is_core = |word: &&str| !PARTICLES.contains(word) && !SUFFIXES.contains(word);
        let mut core: Vec<&str> = words.iter().copied().filter(is_core).collect();
        if core.is_empty() {
            core = words;
        }
        let text = core.concat();
        if is_nothing(&text) {
            return None;
        }
        let key = core.join(" ").into();
        let parts = if core.len() > 1 { core.into_iter().map(Into::into).collect() } else { Box::default() };
        Some(Self { key, word: Word::new(&text), parts, sound: sound(&text) })
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn alike(&self) -> &str {
        self.word.text()
    }
}

impl FamilyName {
    /// The name that a family shares: of a double name with a hyphen the first half that is more than a particle or an
    /// initial, `jansen` of `Jansen-Smit` and `hassan` of `Al-Hassan`.
    pub(in crate::linkage) fn shared(raw: &str) -> Option<Self> {
        let is_core = |word: &str| word.chars().nth(1).is_some() && !PARTICLES.contains(&word);
        let half = raw.split(HYPHENS).find(|half| fold_name(half).split(' ').any(is_core));
        Self::read(half.unwrap_or(raw))
    }
}

/// Given and family name of a full name: `Jan van der Berg` and `Berg, Jan`.
pub(in crate::linkage) fn split(full: &str) -> (&str, &str) {
    if let Some((family, given)) = full.split_once(',') {
        return (given.trim(), family.trim());
    }
    let full = full.trim();
    let mut starts = full.char_indices().filter(|(_, char)| char.is_whitespace()).map(|(place, _)| place);
    let particle = starts.clone().find(|&at| {
        let next = full[at..].split_whitespace().next().unwrap_or_default().to_lowercase();
        PARTICLES.contains(&next.trim_matches(['\'', '’', '.']))
    });
    match particle.or_else(|| starts.next_back()) {
        Some(at) => (full[..at].trim(), full[at..].trim()),
        None => ("", full),
    }
}

/// How far one half of two names agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Missing,
    Exact,
    /// One slip of the pen apart, a form of the same name, or one part of several.
    Near,
    /// Similar in writing or in sound.
    Like,
    /// One of them is an initial, and it fits.
    Initial,
    Other,
}

const HALVES: usize = 6;
const HALF: [&str; HALVES] = ["missing", "exact", "nearly the same", "similar", "initial", "different"];

/// How names agree that have given and family name the wrong way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Swap {
    No,
    /// Both halves agree crosswise.
    Full,
    /// One half agrees crosswise, the other is missing or an initial that fits.
    Half,
}

/// How a name sounds (Double Metaphone), as a number; names of which that says little sound like themselves
/// alone.
fn sound(name: &str) -> u64 {
    let code = if name.is_ascii() { DoubleMetaphone::default().encode(name) } else { String::new() };
    if code.len() < 2 { hash::text(name) } else { hash::text(&code) }
}

/// The Jaro–Winkler similarity from which on names are alike.
const LIKE: f64 = 0.88;

/// One edit, or two in a long name.
fn near(a: &Word, b: &Word) -> bool {
    match a.text().len().min(b.text().len()) {
        ..4 => false,
        4..8 => a.is_within(b, 1),
        8.. => a.is_within(b, 2),
    }
}

fn initials(a: &Word, b: &Word) -> Half {
    if a.initial() == b.initial() { Half::Initial } else { Half::Other }
}

impl GivenName {
    /// A number that all forms of a name share, as far as a name has one full form.
    pub(in crate::linkage) fn canonical(&self) -> u64 {
        self.forms.first().map_or(self.first, |form| u64::from(*form))
    }

    fn half(&self, other: &Self) -> Half {
        if self.word.is_initial() || other.word.is_initial() {
            initials(&self.word, &other.word)
        } else if self.first == other.first
            || nickname::related(self.forms, other.forms)
            || near(&self.word, &other.word)
        {
            Half::Near
        } else if self.word.is_like(&other.word, LIKE) || self.sound == other.sound {
            Half::Like
        } else {
            Half::Other
        }
    }
}

impl FamilyName {
    fn half(&self, other: &Self) -> Half {
        if self.word.is_initial() || other.word.is_initial() {
            initials(&self.word, &other.word)
        } else if near(&self.word, &other.word) || self.shares_part(other) {
            Half::Near
        } else if self.word.is_like(&other.word, LIKE) || self.sound == other.sound {
            Half::Like
        } else {
            Half::Other
        }
    }

    /// `Jansen-Smit` and `Smit`, or two double names with a part in common.
    fn shares_part(&self, other: &Self) -> bool {
        let has = |one: &Self, text: &str| text.len() > 2 && one.parts.iter().any(|part| **part == *text);
        has(self, other.word.text())
            || has(other, self.word.text())
            || other.parts.iter().any(|part| has(self, part))
    }
}

fn given(table: &Table, a: u32, b: u32) -> Half {
    if a == MISSING || b == MISSING {
        return Half::Missing;
    }
    let (one, other) = (table.given.get(a), table.given.get(b));
    if a != b && one.word.text() != other.word.text() {
        return one.half(other);
    }
    if one.word.is_initial() { Half::Initial } else { Half::Exact }
}

fn family(table: &Table, a: u32, b: u32) -> Half {
    if a == MISSING || b == MISSING {
        return Half::Missing;
    }
    let (one, other) = (table.family.get(a), table.family.get(b));
    if a != b && one.word.text() != other.word.text() {
        return one.half(other);
    }
    if one.word.is_initial() { Half::Initial } else { Half::Exact }
}

/// How far the given name of one is the family name of the other.
fn crosswise(table: &Table, given: u32, family: u32) -> Half {
    if given == MISSING || family == MISSING {
        return Half::Missing;
    }
    let (given, family) = (&table.given.get(given).word, &table.family.get(family).word);
    if given.is_initial() || family.is_initial() {
        initials(given, family)
    } else if given.text() == family.text() || given.is_like(family, 0.9) {
        Half::Exact
    } else {
        Half::Other
    }
}

fn swap(table: &Table, a: &Row, b: &Row) -> Swap {
    match (crosswise(table, a.given, b.family), crosswise(table, b.given, a.family)) {
        (Half::Exact, Half::Exact) => Swap::Full,
        (Half::Exact, Half::Initial | Half::Missing) | (Half::Initial | Half::Missing, Half::Exact) => {
            Swap::Half
        }
        _ => Swap::No,
    }
}

/// Given and family names, compared together: a swapped name, a nickname or an initial says something only beside the
/// other half, and how much an agreement says depends on how rare what agrees is.
pub(super) struct Names;

/// How rare an agreement is, in steps: see [`step`].
const STEPS: usize = 12;
const FULL_SWAP: usize = HALVES * HALVES;
const HALF_SWAP: usize = FULL_SWAP + 1;

/// The step of a rarity in thousandths of −log10: step 0 is any share above 1/100, each further one half a power of
/// ten, the last one everything beyond 10^-7.
fn step(rarity: usize) -> usize {
    if rarity < 2000 { 0 } else { ((rarity - 2000) / 500 + 1).min(STEPS - 1) }
}

/// The share of a step, about: 10 to the minus of its middle.
fn share(step: usize) -> f64 {
    let middle = if step == 0 { 1.5 } else { 1.75 + 0.5 * real::of_len(step) };
    libm::exp10(-middle)
}

fn of(given: Half, family: Half) -> usize {
    given as usize * HALVES + family as usize
}

/// The rarer of two agreeing values says how much it is worth; of alike ones the commoner may be the right one.
fn rarity(half: Half, a: u32, b: u32) -> u32 {
    if matches!(half, Half::Exact | Half::Near | Half::Like) { a.min(b) } else { 0 }
}

impl Comparison for Names {
    fn name(&self) -> &'static str {
        "name"
    }

    fn levels(&self) -> usize {
        (HALF_SWAP + 1) * STEPS
    }

    fn describe(&self, level: usize) -> String {
        let (form, step) = (level / STEPS, level % STEPS);
        let what = match form {
            FULL_SWAP => "given and family name swapped".to_owned(),
            HALF_SWAP => "given and family name swapped, one of them missing or an initial".to_owned(),
            _ => format!("given name {}, family name {}", HALF[form / HALVES], HALF[form % HALVES]),
        };
        if step == 0 { what } else { format!("{what}; about one in {:.0} has this", 1. / share(step)) }
    }

    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize {
        let table = reading.table;
        let (given, family) = (given(table, a.given, b.given), family(table, a.family, b.family));
        let open = |half: Half| matches!(half, Half::Missing | Half::Other);
        let swap = if open(given) && open(family) { swap(table, a, b) } else { Swap::No };
        match swap {
            Swap::Full => {
                // Which of the two is the right way round is unknown: the commoner reading counts.
                let one = reading.given_rarity(a.given) + reading.family_rarity(a.family);
                let other = reading.given_rarity(b.given) + reading.family_rarity(b.family);
                FULL_SWAP * STEPS + step(one.min(other) as usize)
            }
            Swap::Half => HALF_SWAP * STEPS,
            Swap::No => {
                let rare = rarity(given, reading.given_rarity(a.given), reading.given_rarity(b.given))
                    + rarity(family, reading.family_rarity(a.family), reading.family_rarity(b.family));
                of(given, family) * STEPS + step(rare as usize)
            }
        }
    }

    fn group(&self, level: usize) -> usize {
        let form = level / STEPS;
        if form >= FULL_SWAP {
            return 3;
        }
        let (given, family) = (form / HALVES, form % HALVES);
        usize::from(given > 0) + 2 * usize::from(family > 0)
    }

    /// Two halves of a name are told apart and put together as if they were independent: an agreement in both is too
    /// rare to be counted in random pairs. What occurs more often than that is found among the candidates.
    fn chance(&self, reading: &Reading<'_>, pairs: &[(u32, u32)]) -> Vec<f64> {
        /// Rarities in tenths of a power of ten.
        const BINS: usize = 80;
        let bin = |rarity: u32| (rarity as usize / 100).min(BINS - 1);
        let mut givens = vec![[0.; BINS]; HALVES];
        let mut families = vec![[0.; BINS]; HALVES];
        let (mut full, mut half) = (0., 0.);
        for (a, b) in pairs {
            let (a, b) = (reading.row(*a), reading.row(*b));
            let (given, family) =
                (given(reading.table, a.given, b.given), family(reading.table, a.family, b.family));
            givens[given as usize]
                [bin(rarity(given, reading.given_rarity(a.given), reading.given_rarity(b.given)))] += 1.;
            families[family as usize]
                [bin(rarity(family, reading.family_rarity(a.family), reading.family_rarity(b.family)))] += 1.;
            match crosswise(reading.table, a.given, b.family) {
                Half::Exact => full += 1.,
                Half::Initial | Half::Missing => half += 1.,
                _ => {}
            }
        }
        let total = real::of_len(pairs.len().max(1));
        let mut chance = vec![0.; self.levels()];
        for (given, rare) in givens.iter().enumerate() {
            for (one, count) in rare.iter().enumerate().filter(|(_, count)| **count > 0.) {
                for (family, rare) in families.iter().enumerate() {
                    for (other, other_count) in rare.iter().enumerate().filter(|(_, count)| **count > 0.) {
                        let step = step((one + other) * 100);
                        chance[(given * HALVES + family) * STEPS + step] +=
                            count / total * (other_count / total);
                    }
                }
            }
        }
        let swapped = full / total;
        chance[FULL_SWAP * STEPS + STEPS / 2] = swapped * swapped;
        chance[HALF_SWAP * STEPS] = 2. * swapped * half / total;
        chance
    }

    fn start(&self, class: Class, chance: &[f64]) -> Vec<f64> {
        //           missing exact near like initial other
        let (given, family, swapped) = match class {
            Class::Match => ([1., 0.74, 0.10, 0.02, 0.06, 0.08], [1., 0.80, 0.08, 0.02, 0.01, 0.09], 0.02),
            Class::Family => ([1., 0.01, 0.02, 0.02, 0.03, 0.92], [1., 0.80, 0.08, 0.02, 0.01, 0.09], 0.0002),
            Class::Housemates => {
                ([1., 0.01, 0.02, 0.02, 0.03, 0.92], [1., 0.01, 0.01, 0.02, 0.01, 0.95], 0.0002)
            }
            Class::Namesakes => {
                ([1., 0.70, 0.07, 0.03, 0.10, 0.10], [1., 0.80, 0.04, 0.02, 0.01, 0.13], 0.01)
            }
            Class::Unrelated => return chance.iter().map(|share| share.max(1e-12)).collect(),
        };
        let mut levels = vec![0.; self.levels()];
        for form in 0..=HALF_SWAP {
            let part = match form {
                FULL_SWAP => swapped,
                HALF_SWAP => swapped / 2.,
                _ => given[form / HALVES] * family[form % HALVES],
            };
            // Among unrelated people a name meets itself in proportion to the square of its share; one person has it
            // in proportion to its share.
            let spread: Vec<f64> = (0..STEPS)
                .map(|step| {
                    let chance = chance[form * STEPS + step].max(1e-15);
                    if class == Class::Namesakes { chance } else { chance / share(step) }
                })
                .collect();
            let sum: f64 = spread.iter().sum();
            for (step, spread) in spread.iter().enumerate() {
                levels[form * STEPS + step] = part * (spread / sum).max(1e-4);
            }
        }
        levels
    }

    /// Two people of a household agree in their given names no more often than chance wants it.
    fn constrain(&self, class: Class, chance: &[f64], levels: &mut [f64]) {
        if !matches!(class, Class::Family | Class::Housemates) {
            return;
        }
        let mut wanted = [0.; HALVES];
        for (given, wanted) in wanted.iter_mut().enumerate().skip(1) {
            *wanted =
                chance[given * HALVES * STEPS..(given + 1) * HALVES * STEPS].iter().sum::<f64>().max(1e-6);
        }
        let known: f64 = wanted.iter().sum();
        for family in 0..HALVES {
            let range = |given: usize| {
                let start = (given * HALVES + family) * STEPS;
                start..start + STEPS
            };
            let sums: [f64; HALVES] = std::array::from_fn(|given| levels[range(given)].iter().sum());
            let all: f64 = sums[1..].iter().sum();
            for given in 1..HALVES {
                let factor = all * wanted[given] / known / sums[given].max(1e-200);
                levels[range(given)].iter_mut().for_each(|level| *level *= factor);
            }
        }
    }
}
