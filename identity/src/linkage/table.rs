//! Records as numbers: every distinct value is read once, and equal values have equal numbers.

use rayon::prelude::*;

use super::compare::{
    ALL, COUNT, Company, Comparison, Email, FamilyName, GivenName, Number, Phone, Plain, Street,
    read_birth_date, split,
};
use super::field::Field;
use super::frequency::Frequencies;
use super::hash;
use super::sheet::Sheet;
use super::text::Texts;
use super::values::{MISSING, Value, Values};
use crate::IdentifierRule;

/// One record: the numbers of its values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    /// Its place in the table.
    pub(super) place: u32,
    pub(super) given: u32,
    pub(super) family: u32,
    pub(super) email: u32,
    pub(super) phone: u32,
    /// As [`read_birth_date`] writes it.
    pub(super) birth: u32,
    pub(super) house: u32,
    pub(super) street: u32,
    pub(super) city: u32,
    pub(super) postcode: u32,
    pub(super) number: u32,
    pub(super) company: u32,
}

/// Records that can be compared.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) rows: Vec<Row>,
    /// A hash of each record's id.
    pub(super) ids: Vec<u64>,
    pub(super) given: Values<GivenName>,
    pub(super) family: Values<FamilyName>,
    pub(super) email: Values<Email>,
    pub(super) phone: Values<Phone>,
    pub(super) house: Values<Plain>,
    pub(super) street: Values<Street>,
    pub(super) city: Values<Plain>,
    pub(super) postcode: Values<Plain>,
    pub(super) number: Values<Number>,
    pub(super) company: Values<Company>,
    /// Further addresses and numbers of the records, a column each; most tables have none.
    pub(super) more_emails: Vec<Vec<u32>>,
    pub(super) more_phones: Vec<Vec<u32>>,
}

/// The numbers of one field's cells, a column each.
type Columns = Vec<Vec<u32>>;

/// One of many things to do.
type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

/// So much work is worth handing over to other threads; waking them takes longer than a little of it.
pub(super) const MUCH: usize = 2000;

fn read<V: Value>(columns: &[&Texts]) -> (Values<V>, Columns) {
    Values::read(columns)
}

impl Table {
    /// Reads the records of a sheet.
    ///
    /// An e-mail address or phone number that more of these records carry than an identifier may by default
    /// ([`IdentifierRule::cap`]) is nobody's own and counts as missing: the one thing about a record that depends on
    /// others.
    pub fn read(sheet: &Sheet) -> Self {
        Self::capped(sheet, IdentifierRule::default().cap)
    }

    /// Reads records of which is known what they share with others: no value is left out.
    pub fn plain(sheet: &Sheet) -> Self {
        Self::capped(sheet, usize::MAX)
    }

    fn capped(sheet: &Sheet, cap: usize) -> Self {
        let mut this =
            Self { ids: sheet.ids().iter().map(|id| hash::mix(hash::text(id))).collect(), ..Self::default() };
        let (full_given, full_family) = full_names(&sheet.columns(Field::FullName));
        let mut given_columns = sheet.columns(Field::GivenName);
        given_columns.extend(&full_given);
        let mut family_columns = sheet.columns(Field::FamilyName);
        family_columns.extend(&full_family);
        let mut street_columns = sheet.columns(Field::Street);
        let mut house_columns = sheet.columns(Field::HouseNumber);
        let parted = houses(&street_columns, &house_columns);
        if let Some((streets, houses)) = &parted {
            (street_columns, house_columns) = (vec![streets], vec![houses]);
        }

        let (mut given, mut family, mut email, mut phone) = <(Columns, Columns, Columns, Columns)>::default();
        let (mut house, mut street, mut city, mut postcode) =
            <(Columns, Columns, Columns, Columns)>::default();
        let (mut number, mut company, mut birth) = <(Columns, Columns, Columns)>::default();
        let much = sheet.len() >= MUCH;
        // The largest first: whoever is done takes the next.
        let jobs: [Job<'_>; 11] = [
            Box::new(|| (this.email, email) = read(&sheet.columns(Field::Email))),
            Box::new(|| (this.phone, phone) = read(&sheet.columns(Field::Phone))),
            Box::new(|| (this.street, street) = read(&street_columns)),
            Box::new(|| (this.family, family) = read(&family_columns)),
            Box::new(|| (this.given, given) = read(&given_columns)),
            Box::new(|| (this.city, city) = read(&sheet.columns(Field::City))),
            Box::new(|| (this.postcode, postcode) = read(&sheet.columns(Field::Postcode))),
            Box::new(|| (this.house, house) = read(&house_columns)),
            Box::new(|| birth = births(&sheet.columns(Field::BirthDate))),
            Box::new(|| (this.number, number) = read(&sheet.columns(Field::PersonalNumber))),
            Box::new(|| (this.company, company) = read(&sheet.columns(Field::Company))),
        ];
        if much {
            rayon::scope(|scope| {
                for job in jobs {
                    scope.spawn(|_| job());
                }
            });
        } else {
            for job in jobs {
                job();
            }
        }

        blank_shared(&mut email, cap);
        blank_shared(&mut phone, cap);
        let first = |columns: &Columns, place: usize| {
            columns.iter().map(|column| column[place]).find(|&number| number != MISSING).unwrap_or(MISSING)
        };
        let leading =
            |columns: &Columns, place: usize| columns.first().map_or(MISSING, |column| column[place]);
        let row = |place| Row {
            place: u32::try_from(place).unwrap_or(u32::MAX),
            given: first(&given, place),
            family: first(&family, place),
            email: leading(&email, place),
            phone: leading(&phone, place),
            birth: first(&birth, place),
            house: first(&house, place),
            street: first(&street, place),
            city: first(&city, place),
            postcode: first(&postcode, place),
            number: first(&number, place),
            company: first(&company, place),
        };
        let places = 0..sheet.len();
        this.rows = if much { places.into_par_iter().map(row).collect() } else { places.map(row).collect() };
        this.more_emails = email.into_iter().skip(1).collect();
        this.more_phones = phone.into_iter().skip(1).collect();
        this
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The best (lowest) level between any value of one record and any of another; 0 if one of them has none. Each record
/// is given by its value in the first column and its place in the further ones.
pub(super) fn best(
    more: &[Vec<u32>],
    a: (u32, u32),
    b: (u32, u32),
    level: impl Fn(u32, u32) -> usize,
) -> usize {
    if more.is_empty() {
        return if a.0 == MISSING || b.0 == MISSING { 0 } else { level(a.0, b.0) };
    }
    all(more, a).flat_map(|a| all(more, b).map(move |b| (a, b))).map(|(a, b)| level(a, b)).min().unwrap_or(0)
}

/// Every value of a record in a field of which it may have several.
fn all(more: &[Vec<u32>], (first, place): (u32, u32)) -> impl Iterator<Item = u32> {
    let further = more.iter().map(move |column| column[place as usize]);
    std::iter::once(first).chain(further).filter(|&number| number != MISSING)
}

fn full_names(columns: &[&Texts]) -> (Option<Texts>, Option<Texts>) {
    let Some(column) = columns.first() else { return (None, None) };
    let (mut given, mut family) = (Texts::default(), Texts::default());
    for cell in column.iter() {
        let (one, other) = split(cell);
        given.push(one);
        family.push(other);
    }
    (Some(given), Some(family))
}

/// Streets and house numbers, where the number may stand in the street: `Kerkstraat 12a`, `12 Main Street`. It is taken
/// from there for records that do not have it elsewhere.
fn houses(streets: &[&Texts], numbers: &[&Texts]) -> Option<(Texts, Texts)> {
    let (column, known) = (streets.first()?, numbers.first());
    let (mut streets, mut houses) = (Texts::default(), Texts::default());
    let is_number = |word: &str| word.starts_with(|char: char| char.is_ascii_digit());
    for (place, cell) in column.iter().enumerate() {
        let known = known.map_or("", |column| column.get(place));
        let (street, house) = match (cell.split_once(' '), cell.rsplit_once(' ')) {
            _ if !known.is_empty() => (cell, known),
            (_, Some((street, house))) if is_number(house) => (street, house),
            (Some((house, street)), _) if is_number(house) => (street, house),
            _ => (cell, ""),
        };
        streets.push(street);
        houses.push(house);
    }
    Some((streets, houses))
}

fn births(columns: &[&Texts]) -> Columns {
    // What could be read in two ways was settled when the file was read; a record by itself has the day first.
    columns.iter().map(|column| column.iter().map(|cell| read_birth_date(cell, true)).collect()).collect()
}

/// Blanks what more records carry than `cap`, and what a record says again in a further column.
fn blank_shared(columns: &mut Columns, cap: usize) {
    for at in 1..columns.len() {
        let (before, column) = columns.split_at_mut(at);
        for (place, number) in column[0].iter_mut().enumerate() {
            if before.iter().any(|column| column[place] == *number) {
                *number = MISSING;
            }
        }
    }
    let mut carriers: Vec<usize> = Vec::new();
    for &number in columns.iter().flatten().filter(|&&number| number != MISSING) {
        let number = number as usize;
        if number >= carriers.len() {
            carriers.resize(number + 1, 0);
        }
        carriers[number] += 1;
    }
    for number in columns.iter_mut().flatten().filter(|number| **number != MISSING) {
        if carriers[*number as usize] > cap {
            *number = MISSING;
        }
    }
}

/// A table as a model reads it: with how rare its names are.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) table: &'a Table,
    given: Vec<u32>,
    family: Vec<u32>,
    /// How many levels each comparison has.
    pub(super) levels: [usize; COUNT],
}

impl<'a> Reading<'a> {
    pub(super) fn new(table: &'a Table, frequencies: &Frequencies) -> Self {
        Self {
            table,
            given: frequencies.given.rarities(&table.given),
            family: frequencies.family.rarities(&table.family),
            levels: ALL.map(Comparison::levels),
        }
    }

    pub(super) fn row(&self, place: u32) -> &Row {
        &self.table.rows[place as usize]
    }

    /// −log10 of the share of people with this given name, in thousandths; 0 for a missing one.
    pub(super) fn given_rarity(&self, number: u32) -> u32 {
        self.given[number as usize]
    }

    /// The same of a family name.
    pub(super) fn family_rarity(&self, number: u32) -> u32 {
        self.family[number as usize]
    }
}
