//! What must hold for any records. The people here are made up by a small generator with families, namesakes and slips
//! of the pen.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Class, Field, Label, Mapping, Model, Quality, Sheet, Table, clusters};
use crate::Error;

/// Whole numbers that look like chance and are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = super::hash::mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const GIVEN: [&str; 24] = [
    "Anna",
    "Bram",
    "Cornelis",
    "Dorte",
    "Emma",
    "Frederik",
    "Greetje",
    "Hendrik",
    "Ingrid",
    "Johannes",
    "Karen",
    "Lars",
    "Maria",
    "Niels",
    "Olivia",
    "Pieter",
    "Rasmus",
    "Sofie",
    "Thomas",
    "Ursula",
    "Victor",
    "Willem",
    "Yvonne",
    "Zacharias",
];
const SOUND: [&str; 16] = [
    "ber", "dal", "fen", "gro", "hoek", "jans", "kerk", "lund", "mose", "nor", "oster", "pol", "rik", "sten",
    "tveit", "wal",
];

/// Records of people in households; each id begins with the person's number.
fn people(households: usize, seed: u64) -> Vec<(String, Vec<(Field, String)>)> {
    let mut dice = Dice(seed);
    let mut records = Vec::new();
    for household in 0..households {
        let family = format!("{}{}{}", dice.pick(&SOUND), dice.pick(&SOUND), dice.pick(&SOUND));
        let street = format!("{}{}straat", dice.pick(&SOUND), dice.pick(&SOUND));
        let (house, postcode) = (1 + dice.roll(200), 1000 + dice.roll(households));
        let phone = format!("06{:08}", 20_000_000 + dice.roll(70_000_000));
        for member in 0..=dice.roll(3) {
            let given = GIVEN[(dice.roll(8) + 8 * member) % GIVEN.len()];
            let born = format!("{}-{:02}-{:02}", 1940 + dice.roll(60), 1 + dice.roll(12), 1 + dice.roll(28));
            let mail = format!("{given}.{family}{}@mail{}.nl", dice.roll(90), dice.roll(4));
            for version in 0..=dice.roll(4) {
                let mut record = vec![
                    (Field::GivenName, given.to_owned()),
                    (Field::FamilyName, family.clone()),
                    (Field::Street, format!("{street} {house}")),
                    (Field::Postcode, postcode.to_string()),
                ];
                if dice.roll(3) > 0 {
                    record.push((Field::Email, mail.clone()));
                }
                if dice.roll(2) > 0 {
                    record.push((Field::Phone, phone.clone()));
                }
                if dice.roll(2) > 0 {
                    record.push((Field::BirthDate, born.clone()));
                }
                if dice.roll(5) == 0 {
                    let name = &mut record[dice.roll(2)].1;
                    let at = 1 + dice.roll(name.len() - 2);
                    name.remove(at);
                }
                records.push((format!("{household}-{member}/{version}"), record));
            }
        }
    }
    records
}

fn sheet(records: &[(String, Vec<(Field, String)>)]) -> Sheet {
    let mut sheet = Sheet::default();
    for (id, values) in records {
        sheet.push(id, values.iter().map(|(field, value)| (*field, value.as_str())));
    }
    sheet
}

/// The clusters as sets of ids.
fn found(sheet: &Sheet, model: &Model, table: &Table) -> BTreeSet<BTreeSet<String>> {
    let clusters = clusters(sheet, &model.scorer(table), &model.scorer(table).pairs(), 0, 200);
    let mut sets = std::collections::BTreeMap::<u32, BTreeSet<String>>::new();
    for (record, cluster) in clusters.into_iter().enumerate() {
        sets.entry(cluster).or_default().insert(sheet.id(record).to_owned());
    }
    sets.into_values().collect()
}

fn quality(sheet: &Sheet) -> (Quality, Model) {
    let table = Table::read(sheet);
    let (model, pairs) = Model::train(&table, &[]);
    let clusters = clusters(sheet, &model.scorer(&table), &pairs, 0, 200);
    let mut people = std::collections::BTreeMap::new();
    let truth = (0..sheet.len()).map(|record| {
        let person = sheet.id(record).split('/').next().unwrap();
        let number = u32::try_from(people.len()).unwrap();
        *people.entry(person).or_insert(number)
    });
    (Quality::of(clusters.iter().copied().zip(truth.collect::<Vec<_>>())), model)
}

#[test]
fn people_are_found_and_families_stay_apart() {
    let (quality, model) = quality(&sheet(&people(2000, 7)));
    assert!(quality.pair_f1 > 0.98, "{quality:?}");
    assert!(quality.largest <= 8, "{quality:?}");
    let report = model.report();
    assert!(report.reduction_ratio > 0.99 && report.pair_recall_estimate > Some(0.95), "{report:?}");
    let family = report.expected_pairs.iter().find(|count| count.class == Class::Family).unwrap().pairs;
    assert!(family > 1000., "{report:?}");
}

#[test]
fn the_order_of_records_changes_nothing() {
    let mut records = people(300, 11);
    let one = sheet(&records);
    let table = Table::read(&one);
    let (model, pairs) = Model::train(&table, &[]);
    let answer = found(&one, &model, &table);
    assert_eq!(pairs.len(), model.scorer(&table).pairs().len());
    let mut dice = Dice(3);
    for _ in 0..4 {
        for at in (1..records.len()).rev() {
            records.swap(at, dice.roll(at + 1));
        }
        let other = sheet(&records);
        let table = Table::read(&other);
        let again = Model::train(&table, &[]).0;
        assert!(model == again);
        assert_eq!(answer, found(&other, &again, &table));
    }
}

#[test]
fn candidates_share_a_key_and_only_they() {
    let sheet = sheet(&people(60, 5));
    let table = Table::read(&sheet);
    let model = Model::train(&table, &[]).0;
    let scorer = model.scorer(&table);
    let pairs: BTreeSet<(u32, u32)> = scorer.pairs().iter().map(|pair| (pair.a, pair.b)).collect();
    let keys: Vec<BTreeSet<u64>> =
        (0..).take(table.len()).map(|record| scorer.keys(record).into_iter().collect()).collect();
    for (a, one) in (0..).zip(&keys) {
        for (b, other) in (0..).zip(&keys).skip(a as usize + 1) {
            assert_eq!(
                pairs.contains(&(a, b)),
                !one.is_disjoint(other),
                "{} {}",
                sheet.id(a as usize),
                sheet.id(b as usize)
            );
        }
    }
}

#[test]
fn what_a_model_says_of_two_records_depends_on_them_alone() {
    let records = people(80, 5);
    let all = sheet(&records);
    let table = Table::read(&all);
    let model = Model::train(&table, &[]).0;
    for pair in model.scorer(&table).pairs().iter().take(200) {
        let two = sheet(&[records[pair.a as usize].clone(), records[pair.b as usize].clone()]);
        let small = Table::read(&two);
        let scorer = model.scorer(&small);
        assert_eq!(scorer.weight(0, 1), pair.weight);
        assert_eq!(scorer.weight(1, 0), pair.weight);
        assert_eq!(scorer.pairs().len(), 1);
        assert_eq!(scorer.keys(0), model.scorer(&table).keys(pair.a));
        let steps = scorer.explain(0, 1);
        assert_eq!(steps.iter().map(|step| step.weight).sum::<i64>(), pair.weight);
        assert_eq!(steps[0].comparison, "prior");
    }
}

#[test]
fn a_model_survives_being_written_down() {
    let all = sheet(&people(50, 2));
    let model = Model::train(&Table::read(&all), &[]).0;
    let text = serde_json::to_string(&model).unwrap();
    let read: Model = serde_json::from_str(&text).unwrap();
    // Whatever decides is whole numbers and comes back exactly; of the report, real numbers may lose their last digit.
    assert!(Model { report: model.report.clone(), ..read } == model);
    for (from, to, expected) in [
        ("\"format\":1", "\"format\":2", "has format 2"),
        ("\"name\":\"email\"", "\"name\":\"mail\"", "all comparisons"),
        ("[\"match\",-", "[\"match\",", "has a share that is none"),
        ("[\"family\",-", "[\"match\",-", "all classes"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = serde_json::from_str::<Model>(&text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_people_say_of_pairs_counts() {
    let records = people(100, 9);
    let all = sheet(&records);
    let table = Table::read(&all);
    let (model, pairs) = Model::train(&table, &[]);
    // People decided that all who look like one family are one person.
    let family = |id: &str| id.split('-').next().unwrap().to_owned();
    let person = |id: &str| id.split('/').next().unwrap().to_owned();
    let told: Vec<_> = pairs
        .iter()
        .filter(|pair| {
            let (a, b) = (all.id(pair.a as usize), all.id(pair.b as usize));
            family(a) == family(b) && person(a) != person(b)
        })
        .collect();
    let labels: Vec<Label> = told.iter().map(|pair| Label { a: pair.a, b: pair.b, same: true }).collect();
    let taught = Model::train(&table, &labels).0;
    let sum = |model: &Model| -> i64 {
        let scorer = model.scorer(&table);
        told.iter().map(|pair| scorer.weight(pair.a, pair.b)).sum()
    };
    assert!(told.len() > 20 && sum(&taught) > sum(&model) + 1000 * i64::try_from(told.len()).unwrap());
}

#[test]
fn records_that_say_nothing_are_alone() {
    let mut records = people(50, 4);
    let known = records.len();
    for number in 0..100 {
        records.push((format!("empty{number}"), Vec::new()));
        let nothing = [Field::GivenName, Field::Email, Field::Phone].map(|field| (field, "n/a".to_owned()));
        records.push((format!("nothing{number}"), nothing.to_vec()));
    }
    let all = sheet(&records);
    let table = Table::read(&all);
    let model = Model::train(&table, &[]).0;
    let alone = found(&all, &model, &table).into_iter().filter(|set| set.len() == 1).flatten();
    assert_eq!(alone.filter(|id| id.starts_with(['e', 'n'])).count(), records.len() - known);
}

#[test]
fn no_records_one_record_and_two_are_no_trouble() {
    for count in 0..3 {
        let all = sheet(&people(5, 1)[..count]);
        let table = Table::read(&all);
        let (model, pairs) = Model::train(&table, &[]);
        assert!(pairs.len() <= 1 && clusters(&all, &model.scorer(&table), &pairs, 0, 200).len() == count);
        assert!(serde_json::to_string(&model).is_ok());
    }
}

#[test]
fn an_address_that_ten_thousand_share_is_nobodys() {
    let mut records = people(100, 6);
    for number in 0..10_000 {
        let email = (Field::Email, "jan@shop.example".to_owned());
        let name = (Field::FamilyName, format!("{}{}", SOUND[number % 16], SOUND[number / 16 % 16]));
        records.push((format!("shared{number}"), vec![email, name]));
    }
    let (quality, model) = quality(&sheet(&records));
    assert!(quality.largest <= 20, "{quality:?}");
    assert!(model.report().candidates < 100_000, "{:?}", model.report());
}

#[test]
fn the_same_record_a_hundred_times_is_one_person() {
    let mut records = people(100, 6);
    let twin = records[0].1.clone();
    for number in 0..100 {
        records.push((format!("0-0/again{number}"), twin.clone()));
    }
    // A name alone is nobody in particular, however often it stands there.
    for number in 0..100 {
        records.push((format!("name{number}/0"), vec![(Field::FamilyName, "Berghoek".to_owned())]));
    }
    let (quality, _) = quality(&sheet(&records));
    assert!(quality.largest >= 101 && quality.pair_f1 > 0.99, "{quality:?}");
}

#[test]
fn more_twins_than_a_cluster_holds_are_divided_in_any_order_alike() {
    let mut records = people(50, 6);
    let twin = records[0].1.clone();
    records.extend((0..300).map(|number| (format!("twin{number}"), twin.clone())));
    let parts = |records: &[(String, Vec<(Field, String)>)]| {
        let all = sheet(records);
        let table = Table::read(&all);
        let model = Model::train(&table, &[]).0;
        let sets = found(&all, &model, &table);
        assert!(sets.iter().all(|set| set.len() <= 200));
        sets
    };
    let one = parts(&records);
    records.reverse();
    assert_eq!(one, parts(&records));
}

#[test]
fn names_are_the_same_however_they_are_spaced_and_in_whatever_order() {
    let mut records = people(100, 6);
    for (number, name) in ["Anne Marie", "Annemarie", "Anne", "Anne-Marie"].into_iter().enumerate() {
        for (other, family) in ["Jansen-Smit", "JansenSmit", "Smit"].into_iter().enumerate() {
            let id = format!("spaced{number}/{other}");
            let values =
                [(Field::GivenName, name), (Field::FamilyName, family), (Field::Email, "a.m@jansensmit.nl")];
            records.push((id, values.map(|(field, value)| (field, value.to_owned())).to_vec()));
        }
    }
    let one = sheet(&records);
    let table = Table::read(&one);
    let model = Model::train(&table, &[]).0;
    records.reverse();
    let other = sheet(&records);
    let reversed = Table::read(&other);
    assert!(model == Model::train(&reversed, &[]).0);
    let weight = |a: usize, b: usize| {
        let place = |at: usize| u32::try_from(at).unwrap();
        let last = records.len() - 1;
        let (one, other) = (
            model.scorer(&table).weight(place(a), place(b)),
            model.scorer(&reversed).weight(place(last - a), place(last - b)),
        );
        assert_eq!(one, other, "{a} {b}");
        one
    };
    let first = records.len() - 12;
    assert_eq!(weight(first, first + 3), weight(first, first + 9));
    for (a, b) in (first..records.len()).flat_map(|a| (a + 1..records.len()).map(move |b| (a, b))) {
        weight(a, b);
    }
}

#[test]
fn a_name_of_a_million_letters_and_a_birth_in_the_future_end_soon() {
    let mut records = people(50, 8);
    for number in 0..3 {
        records.push((
            format!("long/{number}"),
            vec![
                (Field::GivenName, "ab".repeat(500_000)),
                (Field::FamilyName, format!("{}x{number}", "cd".repeat(500_000))),
                (Field::BirthDate, "2099-12-31".to_owned()),
                (Field::Email, format!("{}@x.nl", "e".repeat(1_000_000))),
                (Field::Phone, "6".repeat(1_000_000)),
                (Field::PersonalNumber, format!("12{}", "34".repeat(500_000))),
            ],
        ));
    }
    assert!(quality(&sheet(&records)).0.largest <= 8);
}

#[test]
fn a_person_may_have_several_addresses() {
    let two = |id: &str, one: &str, other: &str| {
        let person = [
            (Field::GivenName, "Kees"),
            (Field::FamilyName, "Berghoek"),
            (Field::Email, one),
            (Field::Email, other),
        ];
        (id.to_owned(), person.map(|(field, value)| (field, value.to_owned())).to_vec())
    };
    let mut records = people(50, 8);
    let len = u32::try_from(records.len()).unwrap();
    records.push(two("kees/1", "kees@oud.nl", "k.berghoek@werk.nl"));
    records.push(two("kees/2", "k.berghoek@werk.nl", "berghoek77@nieuw.nl"));
    let all = sheet(&records);
    let table = Table::read(&all);
    let model = Model::train(&table, &[]).0;
    let scorer = model.scorer(&table);
    let steps = scorer.explain(len, len + 1);
    assert!(steps.iter().any(|step| step.found == "same e-mail address"), "{steps:?}");
    let pairs = scorer.pairs();
    assert_eq!(pairs.iter().filter(|pair| (pair.a, pair.b) == (len, len + 1)).count(), 1);
}

#[test]
fn files_are_read_as_they_come() {
    let mut sheet = Sheet::default();
    let one = "rec_id, Given Name ,surname,notes\n1, Anna ,\"de Vries\",x\n2,Bo,,\n";
    sheet.add_csv("one.csv", one.as_bytes(), "rec_id", None).unwrap();
    sheet.add_csv("two.csv", "e-mail,id\na@b.nl,3\n".as_bytes(), "id", None).unwrap();
    assert_eq!((sheet.len(), sheet.id(2)), (3, "3"));
    assert_eq!(sheet.columns(Field::GivenName)[0].iter().collect::<Vec<_>>(), ["Anna", "Bo", ""]);
    assert_eq!(sheet.columns(Field::Email)[0].iter().collect::<Vec<_>>(), ["", "", "a@b.nl"]);
    assert_eq!(sheet.recognised()[0].len(), 2);
    for sign in [";", "\t", "|"] {
        let text = "\u{feff}id,\"name, full\",e-mail\n1,Anna Smit,a@b.nl\n".replace(',', sign);
        let mut other = Sheet::default();
        other.add_csv("other.csv", text.as_bytes(), "id", None).unwrap();
        assert_eq!(other.columns(Field::Email)[0].get(0), "a@b.nl", "{sign:?}");
    }
    let mapping = Mapping {
        columns: [("notes".to_owned(), Field::Company)].into(),
        ignore: ["surname".to_owned()].into(),
    };
    let mut mapped = Sheet::default();
    mapped.add_csv("one.csv", one.as_bytes(), "rec_id", Some(&mapping)).unwrap();
    let expected = [("Given Name".to_owned(), Field::GivenName), ("notes".to_owned(), Field::Company)];
    assert_eq!(mapped.recognised(), [expected.into()]);
    let mut dated = Sheet::default();
    dated.add_csv("us.csv", "id,dob\n1,12/31/1980\n2,03/04/1980\n".as_bytes(), "id", None).unwrap();
    dated.add_csv("nl.csv", "id,dob\n3,04/03/1980\n".as_bytes(), "id", None).unwrap();
    assert_eq!(
        dated.columns(Field::BirthDate)[0].iter().collect::<Vec<_>>(),
        ["1980-12-31", "1980-03-04", "1980-03-04"]
    );
}

#[test]
fn files_that_cannot_be_used_say_why() {
    let read = |text: &str, mapping: Option<&Mapping>| {
        Sheet::default().add_csv("f.csv", text.as_bytes(), "id", mapping).unwrap_err().to_string()
    };
    let unknown =
        Mapping { columns: [("emial".to_owned(), Field::Email)].into(), ignore: ["email".to_owned()].into() };
    for (error, expected) in [
        (read("", None), "the file f.csv has no column `id`"),
        (read("key,name\n1,Anna\n", None), "has no column `id`; its columns are key, name"),
        (read("id,name\n1,Anna,more\n", None), "f.csv"),
        (read("id,name\n1,Anna\n,Bo\n", None), "has no id in line 3"),
        (read("id,notes\n1,x\n", None), "has no column that can be compared"),
        (read(&format!("id{}\n", ",email".repeat(9)), None), "has more than 8 columns with email"),
        (read("id,email\n1,x\n", Some(&unknown)), "has no column that can be compared"),
    ] {
        assert!(error.contains(expected), "{error}");
    }
    let mut twice = Sheet::default();
    twice.add_csv("f.csv", "id,name\n1,Anna\n1,Bo\n".as_bytes(), "id", None).unwrap();
    assert_eq!(twice.places().err(), Some(Error::SameId { id: "1".to_owned() }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in the cells, weights are the same both ways, steps sum up, and clusters respect the limit.
    #[test]
    fn any_cells_are_no_trouble(
        rows in prop::collection::vec(prop::collection::vec("\\PC{0,12}|[a-c]{1,3}|[0-9/-]{4,10}|[ab]@[ab]\\.nl", 6), 0..24)
    ) {
        let fields =
            [Field::GivenName, Field::FamilyName, Field::Email, Field::Phone, Field::BirthDate, Field::Street];
        let records: Vec<_> = rows
            .into_iter()
            .enumerate()
            .map(|(id, row)| (id.to_string(), fields.into_iter().zip(row).collect()))
            .collect();
        let all = sheet(&records);
        let table = Table::read(&all);
        let (model, pairs) = Model::train(&table, &[]);
        let scorer = model.scorer(&table);
        for pair in &pairs {
            prop_assert_eq!(scorer.weight(pair.b, pair.a), pair.weight);
            let steps = scorer.explain(pair.a, pair.b);
            prop_assert_eq!(steps.iter().map(|step| step.weight).sum::<i64>(), pair.weight);
        }
        let clusters = clusters(&all, &scorer, &pairs, 0, 3);
        for cluster in &clusters {
            prop_assert!(clusters.iter().filter(|other| *other == cluster).count() <= 3);
        }
    }
}
