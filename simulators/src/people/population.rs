//! Makes the people: households first, since they share a family name, a home and a landline.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};

use super::{
    Company, Country, Home, Person, Phone, ascii,
    words::{FIRMS, JOBS, TRADES, words},
};
use crate::chance::Chance;

/// People and their employers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Population {
    /// Everybody, by [`Person::index`].
    pub people: Vec<Person>,
    /// Employers.
    pub companies: Vec<Company>,
}

impl Population {
    /// Makes so many people, as they are on that day.
    pub(crate) fn generate(seed: u64, count: usize, today: NaiveDate) -> Self {
        let mut maker = Maker {
            chance: Chance::new(seed, "population"),
            today,
            taken: HashSet::new(),
            made: Self::default(),
        };
        maker.companies(count / 20 + 1);
        while maker.made.people.len() < count {
            maker.household(count);
        }
        maker.made
    }
}

struct Maker {
    chance: Chance,
    today: NaiveDate,
    /// E-mail addresses, phones, domains and homes already given out: nobody gets another's by accident.
    taken: HashSet<String>,
    made: Population,
}

impl Maker {
    fn companies(&mut self, count: usize) {
        for _ in 0..count {
            let home = self.home();
            let (trade, industry) = *self.chance.pick(TRADES);
            let mut name = format!("{} {trade}", self.chance.pick(FIRMS));
            if !self.taken.insert(name.clone()) {
                name = format!("{} {name}", home.city);
            }
            let domain = self.unique(|_, attempt| match attempt {
                0 => format!("{}.example", ascii(&name)),
                _ => format!("{}{attempt}.example", ascii(&name)),
            });
            let phone = self.landline(home.country);
            let employees = self.chance.between(3, 400);
            self.made.companies.push(Company { name, domain, industry, home, phone, employees });
        }
    }

    fn household(&mut self, limit: usize) {
        let household = self.made.people.len();
        let size = match self.chance.below(100) {
            0..55 => 1,
            55..85 => 2,
            85..95 => 3,
            _ => 4,
        };
        let home = self.home();
        let family = self.family(home.country);
        let landline = self.chance.hit(0.3).then(|| self.landline(home.country));
        for member in 0..size.min(limit - household) {
            // Some couples keep their names; grown-up children have the first name of the household.
            let family =
                if member == 1 && self.chance.hit(0.4) { self.family(home.country) } else { family.clone() };
            let age = if member < 2 { self.chance.between(22, 82) } else { self.chance.between(16, 24) };
            let born = u64::try_from(age * 365 + self.chance.between(0, 364)).expect("an age is positive");
            let birth = self.today.checked_sub_days(Days::new(born)).unwrap_or(self.today);
            let person = self.person(household, home.clone(), family, birth, landline.clone());
            self.made.people.push(person);
        }
    }

    fn person(
        &mut self,
        household: usize,
        home: Home,
        family: String,
        birth: NaiveDate,
        landline: Option<Phone>,
    ) -> Person {
        let given = (*self.chance.pick(words(home.country).given)).to_owned();
        let email = self.email(home.country, &given, &family, birth);
        let former_email = self.chance.hit(0.15).then(|| self.email(home.country, &given, &family, birth));
        let employer = self.chance.hit(0.35).then(|| self.chance.below(self.made.companies.len()));
        let work_email = employer.map(|company| {
            let domain = self.made.companies[company].domain.clone();
            self.unique(|_, attempt| match attempt {
                0 => format!("{}.{}@{domain}", ascii(&given), ascii(&family)),
                _ => format!("{}.{}{attempt}@{domain}", ascii(&given), ascii(&family)),
            })
        });
        let mobile = self.mobile(home.country);
        let job = if employer.is_some() { *self.chance.pick(JOBS) } else { "" };
        let interest = self.chance.unit();
        let index = self.made.people.len();
        Person {
            index,
            given,
            family,
            birth,
            household,
            home,
            email,
            former_email,
            work_email,
            mobile,
            landline,
            employer,
            job,
            interest,
        }
    }

    fn family(&mut self, country: Country) -> String {
        let words = words(country);
        let family = self.chance.pick(words.family);
        let prefix = self.chance.pick(words.prefixes);
        if prefix.is_empty() { (*family).to_owned() } else { format!("{prefix} {family}") }
    }

    fn home(&mut self) -> Home {
        let country = match self.chance.below(100) {
            0..40 => Country::Netherlands,
            40..65 => Country::Britain,
            65..82 => Country::Denmark,
            _ => Country::Germany,
        };
        let words = words(country);
        let city = *self.chance.pick(words.cities);
        let postcode = self.postcode(country);
        let street = self.unique(|chance, attempt| {
            // A large population grows its streets, so that a free house is always found.
            let longest = 240 * i64::try_from(attempt + 1).unwrap_or(1);
            let (street, number) = (chance.pick(words.streets), chance.between(1, longest));
            match country {
                Country::Britain => format!("{number} {street}, {city}"),
                _ => format!("{street} {number}, {city}"),
            }
        });
        let street = street.split(", ").next().unwrap_or_default().to_owned();
        Home { country, street, postcode, city }
    }

    fn postcode(&mut self, country: Country) -> String {
        let letter =
            |chance: &mut Chance| *chance.pick(&['A', 'B', 'D', 'E', 'G', 'H', 'J', 'L', 'N', 'P', 'S', 'W']);
        let chance = &mut self.chance;
        match country {
            Country::Netherlands => {
                format!("{} {}{}", chance.between(1_011, 9_999), letter(chance), letter(chance))
            }
            Country::Denmark => chance.between(1_050, 9_990).to_string(),
            Country::Germany => format!("{:05}", chance.between(1_067, 99_998)),
            Country::Britain => format!(
                "{}{}{} {}{}{}",
                letter(chance),
                letter(chance),
                chance.between(1, 29),
                chance.between(1, 9),
                letter(chance),
                letter(chance)
            ),
        }
    }

    /// A private address: most people put their name in it, some a number behind it.
    fn email(&mut self, country: Country, given: &str, family: &str, birth: NaiveDate) -> String {
        let (given, family) = (ascii(given), ascii(family));
        let year = birth.format("%y").to_string();
        self.unique(|chance, attempt| {
            let provider = *chance.pick(words(country).providers);
            let initial = &given[..1];
            match (attempt, chance.below(5)) {
                (0, 0) => format!("{given}.{family}@{provider}"),
                (0, 1) => format!("{initial}.{family}@{provider}"),
                (0, 2) => format!("{given}{family}@{provider}"),
                (0 | 1, 3) => format!("{given}{year}@{provider}"),
                (0 | 1, _) => format!("{given}.{family}{year}@{provider}"),
                _ => format!("{given}.{family}{}@{provider}", chance.between(1, 9_999)),
            }
        })
    }

    fn mobile(&mut self, country: Country) -> Phone {
        let national = self.unique(|chance, _| match country {
            Country::Britain => format!("77{}{}", chance.between(1, 7), chance.digits(7)),
            Country::Netherlands => format!("6{}{}", chance.between(1, 5), chance.digits(7)),
            Country::Denmark => format!("2{}{}", chance.between(0, 9), chance.digits(6)),
            Country::Germany => format!("151{}{}", chance.between(1, 7), chance.digits(7)),
        });
        Phone { country, national }
    }

    fn landline(&mut self, country: Country) -> Phone {
        let national = self.unique(|chance, _| match country {
            Country::Britain => format!("207{}", chance.digits(7)),
            Country::Netherlands => format!("20{}{}", chance.between(2, 7), chance.digits(6)),
            Country::Denmark => format!("33{}", chance.digits(6)),
            Country::Germany => format!("30{}{}", chance.between(2, 9), chance.digits(7)),
        });
        Phone { country, national }
    }

    /// Draws until the value is nobody's yet; the attempt counts from 0.
    fn unique(&mut self, mut draw: impl FnMut(&mut Chance, usize) -> String) -> String {
        let mut attempt = 0;
        loop {
            let value = draw(&mut self.chance, attempt);
            if self.taken.insert(value.clone()) {
                return value;
            }
            attempt += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn population() -> Population {
        Population::generate(11, 1_500, NaiveDate::from_ymd_opt(2026, 1, 1).unwrap())
    }

    #[test]
    fn nobody_shares_an_address_or_mobile_by_accident() {
        let people = population().people;
        assert_eq!(people.len(), 1_500);
        let addresses: Vec<&String> = people
            .iter()
            .flat_map(|p| {
                [Some(&p.email), p.former_email.as_ref(), p.work_email.as_ref()].into_iter().flatten()
            })
            .collect();
        assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len());
        let mobiles: BTreeSet<String> = people.iter().map(|p| p.mobile.e164()).collect();
        assert_eq!(mobiles.len(), people.len());
    }

    #[test]
    fn a_household_shares_its_home_and_landline() {
        let people = population().people;
        for person in &people {
            let head = &people[person.household];
            assert_eq!((&person.home, &person.landline), (&head.home, &head.landline));
        }
    }

    #[test]
    fn addresses_are_ascii_and_reserved() {
        for person in population().people {
            assert!(person.email.is_ascii() && person.email.ends_with(".example"), "{}", person.email);
        }
    }
}
