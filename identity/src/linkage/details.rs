//! Records one by one, for those who keep them elsewhere: what a model says of a few of them at a time.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cluster::MOST;
use super::field::Field;
use super::model::Model;
use super::scorer::Step;
use super::sheet::Sheet;
use super::table::{MUCH, Table};

/// What a record says of a person, as far as it is compared: fields and their values, in any spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(Vec<(Field, String)>);

impl Details {
    /// Adds a value, unless it is empty.
    pub fn add(&mut self, field: Field, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            self.0.push((field, value.to_owned()));
        }
    }

    /// Whether nothing is said: who says nothing is to be weighed against nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values with their fields.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// The same without some of the values, such as addresses that too many share to be anybody's own.
    #[must_use]
    pub fn without(mut self, left_out: impl Fn(Field, &str) -> bool) -> Self {
        self.0.retain(|(field, value)| !left_out(*field, value));
        self
    }
}

fn table<'a>(records: impl Iterator<Item = &'a Details>) -> Table {
    let mut sheet = Sheet::default();
    for record in records {
        sheet.push("", record.iter());
    }
    Table::plain(&sheet)
}

impl Model {
    /// The keys under which each of these records is found: two records are candidates when they share one that no more
    /// than [`CAP`](super::CAP) records share. Each key once, in order.
    pub fn keys(&self, records: &[&Details]) -> Vec<Vec<u64>> {
        let table = table(records.iter().copied());
        let scorer = self.scorer(&table);
        (0..).take(records.len()).map(|record| scorer.keys(record)).collect()
    }

    /// The weight of each of these pairs of records, given by their places: see [`Scorer::weight`](super::Scorer::weight),
    /// here at most [`MOST`] for or against.
    pub fn weigh(&self, records: &[&Details], pairs: &[(u32, u32)]) -> Vec<i64> {
        let table = table(records.iter().copied());
        let scorer = self.scorer(&table);
        let weight = |&(a, b): &(u32, u32)| scorer.weight(a, b).clamp(-MOST, MOST);
        if pairs.len() < MUCH {
            pairs.iter().map(weight).collect()
        } else {
            pairs.par_iter().map(weight).collect()
        }
    }

    /// Why two records weigh what they weigh: steps that sum up to it.
    pub fn explain(&self, a: &Details, b: &Details) -> Vec<Step> {
        let table = table([a, b].into_iter());
        let mut steps = self.scorer(&table).explain(0, 1);
        let weight: i64 = steps.iter().map(|step| step.weight).sum();
        let limited = weight.clamp(-MOST, MOST);
        if limited != weight {
            let found = "no pair says more than this by itself".to_owned();
            steps.push(Step { comparison: "limit", found, weight: limited - weight });
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(values: &[(Field, &str)]) -> Details {
        let mut details = Details::default();
        for (field, value) in values {
            details.add(*field, value);
        }
        details
    }

    fn people() -> Vec<Details> {
        let names = ["Anna Smit", "Ana Smit", "Bo Jensen", "Bo Jansen", "Cleo de Vries", "Dirk Bakker"];
        let born = |at: usize| format!("19{}-0{}-11", 60 + at / 2, 1 + at / 2);
        let mut people: Vec<Details> = names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
                details(&[(Field::FullName, name), (Field::BirthDate, &born(at)), (Field::Email, &email)])
            })
            .collect();
        people.push(details(&[
            (Field::Email, "anna.smit@example.org"),
            (Field::Email, "bo.jensen@example.org"),
        ]));
        people
    }

    fn model(people: &[Details]) -> Model {
        let mut sheet = Sheet::default();
        for (at, record) in people.iter().enumerate() {
            sheet.push(&at.to_string(), record.iter());
        }
        Model::train(&Table::read(&sheet), &[]).0
    }

    #[test]
    fn a_few_records_weigh_what_they_weigh_among_all() {
        let people = people();
        let model = model(&people);
        let mut sheet = Sheet::default();
        for record in &people {
            sheet.push("", record.iter());
        }
        let table = Table::plain(&sheet);
        let scorer = model.scorer(&table);
        let all: Vec<&Details> = people.iter().collect();
        let keys = model.keys(&all);
        for a in 0..people.len() {
            assert_eq!(keys[a], scorer.keys(u32::try_from(a).unwrap()));
            assert_eq!(keys[a], model.keys(&[&people[a]])[0]);
            for b in 0..people.len() {
                let (one, other) = (u32::try_from(a).unwrap(), u32::try_from(b).unwrap());
                let weight = model.weigh(&[&people[a], &people[b]], &[(0, 1)])[0];
                assert_eq!(weight, scorer.weight(one, other).clamp(-MOST, MOST));
                let steps = model.explain(&people[a], &people[b]);
                assert_eq!(steps.iter().map(|step| step.weight).sum::<i64>(), weight);
            }
        }
    }

    #[test]
    fn details_survive_json_and_lose_what_is_left_out() {
        let some =
            details(&[(Field::GivenName, " Ann "), (Field::City, " "), (Field::Email, "a@example.org")]);
        let json = serde_json::to_string(&some).unwrap();
        assert_eq!(json, r#"[["given_name","Ann"],["email","a@example.org"]]"#);
        assert_eq!(serde_json::from_str::<Details>(&json).unwrap(), some);
        let shared = some.without(|field, value| field == Field::Email && value == "a@example.org");
        assert_eq!(shared, details(&[(Field::GivenName, "Ann")]));
    }
}
