//! One person and what leads to them.

use chrono::NaiveDate;

use super::country::Country;
use crate::chance::Chance;

/// An invented human being.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Number in the population, from 0.
    pub index: usize,
    /// First name.
    pub given: String,
    /// Family name, with its prefix ("van der Meer").
    pub family: String,
    /// Date of birth.
    pub birth: NaiveDate,
    /// The household lives at one home and shares its landline; its number is that of its first member.
    pub household: usize,
    /// Where the person lives.
    pub home: Home,
    /// Private e-mail address.
    pub email: String,
    /// Earlier private address that some sources still have.
    pub former_email: Option<String>,
    /// Address at work, if the person has an employer.
    pub work_email: Option<String>,
    /// Private mobile phone.
    pub mobile: Phone,
    /// The household's landline.
    pub landline: Option<Phone>,
    /// Position of the employer in [`super::Population::companies`].
    pub employer: Option<usize>,
    /// Job title; empty without an employer.
    pub job: &'static str,
    /// How much the person cares for the shop and its mail, `0..1`.
    pub interest: f64,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The country.
    pub country: Country,
    /// Street and house number, in the country's order.
    pub street: String,
    /// Postcode in the country's usual spelling.
    pub postcode: String,
    /// Town.
    pub city: &'static str,
}

/// An employer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// Trading name.
    pub name: String,
    /// Mail and web domain.
    pub domain: String,
    /// Branch, in the CRM's spelling.
    pub industry: &'static str,
    /// Where it sits.
    pub home: Home,
    /// Its switchboard.
    pub phone: Phone,
    /// Number of employees.
    pub employees: i64,
}

/// A phone number that keeps its country apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone {
    /// The country whose numbering plan it follows.
    pub country: Country,
    /// The national significant number: no zero before it.
    pub national: String,
}

impl Phone {
    /// E.164: `+31612345678`.
    pub fn e164(&self) -> String {
        format!("+{}{}", self.country.calling_code(), self.national)
    }

    /// The number as somebody typed it: with or without country, with `+` or `00`, with or without spaces.
    pub(crate) fn typed(&self, chance: &mut Chance) -> String {
        let (code, trunk, national) = (self.country.calling_code(), self.country.trunk(), &self.national);
        let (head, tail) = national.split_at(national.len().min(2));
        match chance.below(6) {
            0 => format!("+{code}{national}"),
            1 => format!("+{code} {head} {}", in_groups(tail)),
            2 => format!("00{code}{national}"),
            3 => format!("{trunk}{national}"),
            4 => format!("{trunk}{head}-{tail}"),
            _ => format!("{trunk}{head} {}", in_groups(tail)),
        }
    }
}

fn in_groups(digits: &str) -> String {
    let mut spaced = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && position % 3 == 0 {
            spaced.push(' ');
        }
        spaced.push(digit);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_phone_is_the_same_number() {
        let phone = Phone { country: Country::Netherlands, national: "612345678".to_owned() };
        let mut chance = Chance::new(1, "phone");
        for _ in 0..50 {
            let typed = phone.typed(&mut chance);
            let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
            assert!(["31612345678", "0031612345678", "0612345678"].contains(&digits.as_str()), "{typed}");
        }
    }
}
