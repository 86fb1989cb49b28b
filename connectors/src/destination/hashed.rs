//! People as the large advertising platforms want to be given them: normalised as each platform says, then SHA-256 in lower-case
//! hexadecimal digits. Pure.
//!
//! * Google, Customer Match ("Format your customer data file"): addresses without white space, in lower case, without dots before
//!   `gmail.com` and `googlemail.com`; telephone numbers in E.164 with their plus; names in lower case, without white space at
//!   either end; country and postal code in the clear.
//! * Meta, Custom Audiences ("Customer file custom audiences: hashing and normalization"): addresses in lower case; telephone
//!   numbers digits alone, with the country and without leading zeros; names in lower case without punctuation; date of birth
//!   `YYYYMMDD`; gender `f` or `m`; city in lower case without white space, digits and punctuation; postal code in lower case
//!   without white space and dashes, of the United States the first five digits; country in two lower-case letters. All of it is hashed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::contract::Person;

/// Whose rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Platform {
    /// Google Ads Customer Match.
    Google,
    /// Meta (Facebook, Instagram) custom audiences.
    Meta,
}

impl Platform {
    /// The columns of a file, as the platform calls them.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Google => &["Email", "Phone", "First Name", "Last Name", "Country", "Zip"],
            Self::Meta => &["email", "phone", "fn", "ln", "dob", "gen", "ct", "zip", "country"],
        }
    }

    /// The columns by which the platform recognises people.
    pub(super) fn known_by(self) -> [&'static str; 2] {
        match self {
            Self::Google => ["Email", "Phone"],
            Self::Meta => ["email", "phone"],
        }
    }

    /// A person's row; none where there is neither an address nor a number, by which platforms recognise people.
    pub(super) fn row(self, person: &Person) -> Option<Map<String, Value>> {
        let field = |name: &str| person.fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let email = person.first("email").unwrap_or_default();
        let phone = person.first("phone").unwrap_or_default();
        if email.is_empty() && phone.is_empty() {
            return None;
        }
        let country = country(field("country"));
        let values = match self {
            Self::Google => vec![
                hash(&without_dots(&email.trim().to_lowercase())),
                hash(phone),
                hash(&field("first_name").trim().to_lowercase()),
                hash(&field("last_name").trim().to_lowercase()),
                country.to_uppercase(),
                field("postal_code").trim().to_owned(),
            ],
            Self::Meta => vec![
                hash(&email.trim().to_lowercase()),
                hash(digits(phone).trim_start_matches('0')),
                hash(&name(field("first_name"))),
                hash(&name(field("last_name"))),
                hash(&date(field("birth_date"))),
                hash(gender(field("gender"))),
                hash(&letters(field("city"))),
                hash(&postal_code(field("postal_code"), &country)),
                hash(&country),
            ],
        };
        let columns = self.columns().iter().map(|column| (*column).to_owned());
        Some(columns.zip(values.into_iter().map(Value::String)).collect())
    }
}

/// The hash of a value; of nothing, nothing.
pub(super) fn hash(value: &str) -> String {
    if value.is_empty() { String::new() } else { hex::encode(Sha256::digest(value.as_bytes())) }
}

fn without_dots(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((local, domain @ ("gmail.com" | "googlemail.com"))) => {
            format!("{}@{domain}", local.replace('.', ""))
        }
        _ => email.to_owned(),
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn name(text: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || c.is_whitespace();
    let kept: String = text.to_lowercase().chars().filter(kept).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn letters(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect()
}

fn date(text: &str) -> String {
    let digits = digits(text);
    if digits.len() == 8 { digits } else { String::new() }
}

fn gender(text: &str) -> &'static str {
    match text.trim().to_lowercase().as_str() {
        "f" | "female" => "f",
        "m" | "male" => "m",
        _ => "",
    }
}

/// A code of two letters, in lower case; anything else is no country that a platform knows.
fn country(text: &str) -> String {
    let text = text.trim().to_lowercase();
    if text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_lowercase()) {
        text
    } else {
        String::new()
    }
}

fn postal_code(text: &str, country: &str) -> String {
    let code: String = text.to_lowercase().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if country == "us" { code.chars().take_while(char::is_ascii_digit).take(5).collect() } else { code }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(email: &str, phone: &str, fields: Value) -> Person {
        let identifiers = [("email", email), ("phone", phone)];
        let Value::Object(fields) = fields else { unreachable!() };
        Person {
            identifiers: identifiers.map(|(kind, value)| (kind.to_owned(), vec![value.to_owned()])).into(),
            fields,
        }
    }

    #[test]
    fn known_vectors_come_out() {
        // As the platforms' own documentation and FIPS 180-4 print them.
        assert_eq!(
            hash("test@example.com"),
            "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
        );
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash(""), "");
    }

    #[test]
    fn each_platform_hashes_what_it_asks_for() {
        let fields = json!({
            "first_name": " Mary-Ann ", "last_name": "O'Neil", "birth_date": "1980-02-01", "gender": "Female",
            "city": "St. Paul 2", "postal_code": "55101-1234", "country": "US",
        });
        let person = person("Mary.Ann@Gmail.com", "+16505551212", fields);
        let told = |platform: Platform, values: &[&str]| {
            let row = platform.row(&person).unwrap();
            let found: Vec<&str> =
                platform.columns().iter().map(|name| row[*name].as_str().unwrap()).collect();
            assert_eq!(found, values);
        };
        let google = ["maryann@gmail.com", "+16505551212", "mary-ann", "o'neil"].map(hash);
        told(Platform::Google, &[&google[0], &google[1], &google[2], &google[3], "US", "55101-1234"]);
        let plain = [
            "mary.ann@gmail.com",
            "16505551212",
            "maryann",
            "oneil",
            "19800201",
            "f",
            "stpaul",
            "55101",
            "us",
        ];
        let meta = plain.map(hash);
        told(Platform::Meta, &meta.each_ref().map(String::as_str));
    }

    #[test]
    fn postal_codes_have_neither_spaces_nor_dashes() {
        for (code, country, expected) in
            [("1234-567", "pt", "1234567"), ("SW1A 1AA", "gb", "sw1a1aa"), ("55101-1234", "us", "55101")]
        {
            assert_eq!(postal_code(code, country), expected);
        }
    }

    #[test]
    fn who_has_neither_address_nor_number_is_nobody_to_a_platform() {
        let nobody = Person { identifiers: [].into(), fields: Map::new() };
        assert_eq!(Platform::Meta.row(&nobody), None);
        let row =
            Platform::Meta.row(&person("a@b.example", "", json!({ "country": "Deutschland" }))).unwrap();
        assert_eq!((&row["country"], &row["phone"]), (&json!(""), &json!("")));
    }
}
