//! Which pairs are compared: those that share a key.
//!
//! Every record has a chain of keys by each rule, from coarse to fine, made of its own values alone. The model lists
//! keys that too many records share; the first key of a chain that it does not list holds. So whether two records are
//! candidates depends on the two and on the model, as long as no key is shared by so many that it would make too many
//! pairs in any case. Records that are the same in everything are found without keys: see [`twins`].

use rayon::prelude::*;

use super::hash::{self, both};
use super::table::{Row, Table};
use super::values::MISSING;

/// A key that more records share than this is listed in a model as heavy.
const HEAVY: usize = 40;
/// A key that more records share than this makes no candidates, whether the model lists it or not: a model does not
/// know what other records will share.
pub const CAP: usize = 100;

/// The rules, as reports name them.
pub(super) const RULES: [&str; 14] = [
    "same e-mail address",
    "same end of the phone number",
    "same names in any order",
    "same date of birth",
    "same house and postcode",
    "same house and street",
    "same letters before the @",
    "similar names",
    "same house, similar street and family name",
    "same family name and postcode",
    "same given name and postcode",
    "same personal number",
    "same start of the personal number",
    "same end of the personal number",
];

const DEPTH: usize = 3;
/// The keys of a record by one rule, the coarsest first; 0 stands for none.
type Chain = [u64; DEPTH];
const NO_KEYS: Chain = [0; DEPTH];

const EMAIL: usize = 0;
const PHONE: usize = 1;
const LETTERS: usize = 6;

fn key(rule: usize, hash: u64) -> u64 {
    both(rule as u64 + 1, hash) | 1
}

/// A key, unless one of the values is missing.
fn of<const N: usize>(rule: usize, values: [u64; N]) -> u64 {
    if values.contains(&0) { 0 } else { key(rule, values.into_iter().fold(0, both)) }
}

fn chain(table: &Table, row: &Row, rule: usize) -> Chain {
    let given = || table.given.hash(row.given);
    let family = || table.family.hash(row.family);
    let postcode = || table.postcode.hash(row.postcode);
    let house = || table.house.hash(row.house);
    let street = || table.street.hash(row.street);
    let letter = || {
        let initial = (row.given != MISSING).then(|| table.given.get(row.given).word.initial());
        initial.flatten().map_or(0, u64::from)
    };
    let birth = u64::from(row.birth);
    match rule {
        EMAIL => [of(EMAIL, [table.email.hash(row.email)]), 0, 0],
        PHONE if row.phone != MISSING => [of(PHONE, [hash::text(table.phone.get(row.phone).tail())]), 0, 0],
        2 => {
            let (given, family) = (given(), family());
            let (less, more) = (given.min(family), given.max(family));
            if less == 0 { NO_KEYS } else { [of(2, [less, more]), of(2, [less, more, postcode()]), 0] }
        }
        3 if birth != 0 => [of(3, [birth]), of(3, [birth, letter()]), of(3, [birth, given()])],
        4 => [of(4, [house(), postcode()]), of(4, [house(), postcode(), street()]), 0],
        5 => [of(5, [house(), street()]), of(5, [house(), street(), letter()]), 0],
        LETTERS if row.email != MISSING => [of(LETTERS, [table.email.get(row.email).letters()]), 0, 0],
        7 if row.given != MISSING && row.family != MISSING => {
            // Swapped, doubled and dropped doubled letters leave the set of letters as it is.
            let letters = u64::from(table.family.get(row.family).word.letters()) + 1;
            let canonical = table.given.get(row.given).canonical().max(1);
            [of(7, [canonical, letters]), of(7, [canonical, letters, postcode()]), 0]
        }
        8 if row.street != MISSING && row.family != MISSING => {
            let start = |text: &str, len: usize| {
                text.chars().take(len).fold(0, |hash, char| both(hash, u64::from(char)))
            };
            let street = start(table.street.get(row.street).stem.text(), 4);
            let family = start(table.family.get(row.family).word.text(), 1);
            [of(8, [house(), street, family]), of(8, [house(), street, family, letter()]), 0]
        }
        9 => [of(9, [family(), postcode()]), of(9, [family(), postcode(), letter()]), 0],
        10 => [of(10, [given(), postcode()]), of(10, [given(), postcode(), birth]), 0],
        11 => [of(11, [table.number.hash(row.number)]), 0, 0],
        12 | 13 if row.number != MISSING => {
            // A slip in one half leaves the other half.
            let half = hash::text(table.number.get(row.number).half(rule == 12));
            [of(rule, [half]), of(rule, [half, postcode()]), of(rule, [half, birth])]
        }
        _ => NO_KEYS,
    }
}

/// The further chains of a record by a rule: one for each of its further addresses or numbers, if the rule is about
/// those.
fn further<'a>(table: &'a Table, row: &'a Row, rule: usize) -> impl Iterator<Item = Chain> + 'a {
    let (more, is_email) = match rule {
        EMAIL | LETTERS => (table.more_emails.as_slice(), true),
        PHONE => (table.more_phones.as_slice(), false),
        _ => (&[][..], false),
    };
    let numbers = more.iter().map(|column| column[row.place as usize]).filter(|&number| number != MISSING);
    numbers.map(move |number| {
        let row = if is_email { Row { email: number, ..*row } } else { Row { phone: number, ..*row } };
        chain(table, &row, rule)
    })
}

/// All chains of a record by a rule.
fn chains<'a>(table: &'a Table, row: &'a Row, rule: usize) -> impl Iterator<Item = Chain> + 'a {
    std::iter::once(chain(table, row, rule)).chain(further(table, row, rule))
}

/// Every key under which a record is found, each once and in order.
pub(super) fn keys(table: &Table, place: u32, heavy: &[u64]) -> Vec<u64> {
    let row = &table.rows[place as usize];
    let holds = |key: &u64| *key != 0 && heavy.binary_search(key).is_err();
    let all = (0..RULES.len()).flat_map(|rule| chains(table, row, rule));
    let mut keys: Vec<u64> = all.filter_map(|chain| chain.into_iter().find(holds)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Two records that share a key, and what was found when they were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate<T> {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) found: T,
}

/// All candidates of a table.
pub(super) struct Candidates<T> {
    /// Every pair once, the lesser record first; in no particular order, and in parts.
    pub(super) pairs: Vec<Vec<Candidate<T>>>,
    /// How many pairs each rule found that no earlier rule had.
    pub(super) by_rule: [usize; RULES.len()],
    /// The keys that are too common, in order.
    pub(super) heavy: Vec<u64>,
    pub(super) blocks: Blocks,
}

/// The keys by which records were found to be candidates, by record and rule; 0 where there was nobody else. Of
/// several keys by one rule one.
pub(super) struct Blocks(Vec<[u64; RULES.len()]>);

impl Blocks {
    /// The first of the first `end` rules by which two records share a key.
    fn rule(&self, a: u32, b: u32, end: usize) -> Option<usize> {
        let (a, b) = (&self.0[a as usize][..end], &self.0[b as usize][..end]);
        a.iter().zip(b).position(|(a, b)| a == b && *a != 0)
    }

    pub(super) fn are_candidates(&self, a: u32, b: u32) -> bool {
        self.rule(a, b, RULES.len()).is_some()
    }

    /// How many of the rules find a pair.
    pub(super) fn rules(&self, a: u32, b: u32) -> usize {
        self.0[a as usize].iter().zip(&self.0[b as usize]).filter(|(a, b)| a == b && **a != 0).count()
    }
}

/// Finds all candidates, and compares them. The heavy keys are those of a model or, without one, those that too many of
/// these records share.
pub(super) fn candidates<T: Send + Ord>(
    table: &Table,
    heavy: Option<&[u64]>,
    compare: impl Fn(u32, u32) -> T + Sync,
) -> Candidates<T> {
    let mut blocks = Blocks(vec![[0; RULES.len()]; table.len()]);
    let (mut pairs, mut by_rule, mut found_heavy) = (Vec::new(), [0; RULES.len()], Vec::new());
    let mut entries = Vec::with_capacity(table.len());
    for (rule, count) in by_rule.iter_mut().enumerate() {
        let settled = settle(table, rule, &mut entries, |key, len| match heavy {
            Some(heavy) => len > CAP || heavy.binary_search(&key).is_ok(),
            None if len > HEAVY => {
                found_heavy.push(key);
                true
            }
            None => false,
        });
        for (key, place) in &settled {
            blocks.0[*place as usize][rule] = *key;
        }
        let found = pairs_of(&blocks, rule, &settled, &compare);
        *count = found.iter().map(Vec::len).sum();
        pairs.extend(found);
    }
    if !table.more_emails.is_empty() || !table.more_phones.is_empty() {
        // A pair may share several addresses, and be found by each.
        let mut all: Vec<Candidate<T>> = pairs.into_iter().flatten().collect();
        all.par_sort_unstable();
        all.dedup_by(|one, other| (one.a, one.b) == (other.a, other.b));
        pairs = vec![all];
    }
    found_heavy.sort_unstable();
    Candidates { pairs, by_rule, heavy: heavy.map_or(found_heavy, <[u64]>::to_vec), blocks }
}

/// The keys that hold by a rule, with the records that share them, key by key. `entries` is room to work in.
fn settle(
    table: &Table,
    rule: usize,
    entries: &mut Vec<(u64, u32)>,
    mut is_heavy: impl FnMut(u64, usize) -> bool,
) -> Vec<(u64, u32)> {
    let mut settled = Vec::new();
    entries.clear();
    entries.par_extend(table.rows.par_iter().filter_map(|row| {
        let chain = chain(table, row, rule);
        (chain != NO_KEYS).then_some((chain[0], row.place))
    }));
    // Further addresses and numbers have one key each, so they are not asked again below.
    let more = table.rows.iter().flat_map(|row| further(table, row, rule).map(|chain| (chain[0], row.place)));
    entries.extend(more);
    for depth in 1..=DEPTH {
        entries.par_sort_unstable();
        let mut open = Vec::new();
        for block in entries.chunk_by(|a, b| a.0 == b.0) {
            let key = block[0].0;
            if key == 0 || is_heavy(key, block.len()) {
                open.extend(block.iter().map(|(_, place)| *place));
            } else if block.len() > 1 {
                settled.extend_from_slice(block);
            }
        }
        if depth == DEPTH {
            break;
        }
        entries.clear();
        let deeper =
            open.into_iter().map(|place| (chain(table, &table.rows[place as usize], rule)[depth], place));
        entries.extend(deeper.filter(|(key, _)| depth + 1 < DEPTH || *key != 0));
    }
    settled
}

/// Records that are the same in everything that is compared: each with the next of its kind, by the hashes of ids.
pub(super) fn twins(table: &Table) -> Vec<(u32, u32)> {
    let content = |row: &Row| {
        let place = row.place as usize;
        let more = table.more_emails.iter().chain(&table.more_phones).map(|column| column[place]);
        let values =
            [row.given, row.family, row.email, row.phone, row.birth, row.house, row.street, row.city];
        let all = values.into_iter().chain([row.postcode, row.number, row.company]).chain(more);
        // Numbers of values mean the same within a table; the hash only brings equal records together.
        all.fold(0, |hash, number| both(hash, u64::from(number) + 1))
    };
    let mut entries: Vec<(u64, u64, u32)> =
        table.rows.par_iter().map(|row| (content(row), table.ids[row.place as usize], row.place)).collect();
    entries.par_sort_unstable();
    entries
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|same| same.windows(2).map(|pair| (pair[0].2, pair[1].2)))
        .collect()
}

fn pairs_of<T: Send>(
    blocks: &Blocks,
    rule: usize,
    settled: &[(u64, u32)],
    compare: &(impl Fn(u32, u32) -> T + Sync),
) -> Vec<Vec<Candidate<T>>> {
    let groups: Vec<&[(u64, u32)]> = settled.chunk_by(|a, b| a.0 == b.0).collect();
    let search = |mut found: Vec<Candidate<T>>, group: &&[(u64, u32)]| {
        for (at, &(_, one)) in group.iter().enumerate() {
            for &(_, other) in &group[at + 1..] {
                if one != other && blocks.rule(one, other, rule).is_none() {
                    let (a, b) = (one.min(other), one.max(other));
                    found.push(Candidate { a, b, found: compare(a, b) });
                }
            }
        }
        found
    };
    groups.par_iter().with_min_len(4096).fold(Vec::new, search).collect()
}
