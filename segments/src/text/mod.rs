//! The text form of a rule, which people write and read. What is written is read back as the same rule.
//!
//! ```text
//! country is "DE" and did "Order Completed" at least 2 times within the last 90 days where "revenue" >= 50
//! did "Product Added" then not "Order Completed" within 2 hours within the last 7 days
//! last order more than 30 days ago and total of orders in EUR >= 500 and email_marketing is allowed
//! prediction churn_risk > 0.7 or in sample 10% of "spring-test"
//! ```
//!
//! The grammar; `[ ]` may be left out, `{ }` may come any number of times, clauses of an event come in any order:
//!
//! ```text
//! rule      = and { "or" and }                       `and` binds before `or`
//! and       = not { "and" not }
//! not       = "not" not | "(" rule ")" | "all" "(" rule ")" | "any" "(" rule ")" | "everyone" | "nobody" | condition
//! condition = key test | key "is" "allowed"          a trait; a purpose of consent
//!           | key "within" number "km" "of" "(" latitude "," longitude ")"
//!           | "did" events { times | window | where } { "then" [ "not" ] events { "within" length | window | where } }
//!           | ( "first" | "last" ) ( events [ where ] | "order" ) test
//!           | ( "sum" | "average" | "minimum" | "maximum" ) "of" name "in" events test { window | where }
//!           | "distinct" name "in" events test { window | where }
//!           | ( "count" | "total" | "average" ) "of" "orders" [ "in" currency ] test [ window ]
//!           | "bought" ( "product" | "category" ) text { times | window }
//!           | "prediction" name test
//!           | "in" ( "segment" | "list" ) text | "in" "sample" number "%" "of" text
//! events    = text | "any" "event"
//! times     = ( "at" "least" | "at" "most" | "exactly" ) number "times"
//! window    = "within" "the" "last" length | "between" date "and" date | "since" date | "before" date
//! where     = "where" name test { "," name test }
//! test      = ( "is" | "=" ) value | ( "is" "not" | "!=" ) value | "is" ( "one" | "none" ) "of" values
//!           | ( "contains" | "starts" "with" | "ends" "with" ) text | "contains" "all" "of" values
//!           | ( ">" | ">=" | "<" | "<=" ) amount | "between" amount "and" amount | "size" test
//!           | "is" "on" date | "before" date | "after" date | "between" date "and" date
//!           | "within" "the" ( "last" | "next" ) length | "more" "than" length "ago"
//!           | "anniversary" "within" "the" "next" length | "exists" | "is" "missing"
//!           followed by [ "ignoring" "case" ]
//! value     = text | amount | "true" | "false"            values = "(" value { "," value } ")"
//! amount    = number [ currency ]                         currency = three capital letters
//! date      = 2026-01-31 | 2026-01-31T12:00:00Z           length = number ( "minutes" | "hours" | "days" | … )
//! key       = word | ( "trait" | "consent" ) name         name = word | text
//! word      = a letter or _, then letters, digits, _ and -, with dots between such
//! text      = "…", in which \" \\ \n \r \t and \u{…} stand for characters
//! ```
//!
//! A word that begins another condition (`did`, `first`, `in`, …) is no key by itself: write `trait "first"`. `all (…)`
//! and `any (…)` are how a group of one is kept.
//!
//! `lexer.rs` cuts the text into words, `cursor.rs` walks over them, `parser.rs` reads conditions, `clauses.rs` what they
//! are made of, `print.rs` and `words.rs` write, `mark.rs` remembers where each condition stands.

mod clauses;
mod cursor;
mod lexer;
mod mark;
mod parser;
mod print;
mod words;

pub(crate) use parser::parse;
pub(crate) use words::Quoted;

#[cfg(test)]
mod tests;
