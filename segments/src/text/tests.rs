use serde_json::json;

use crate::Rule;

fn refused(text: &str) -> String {
    match Rule::parse(text) {
        Ok(rule) => panic!("{text} was taken: {rule:?}"),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn rules_are_written_as_they_are_said() {
    for text in [
        r#"country is "DE" and did "Order Completed" at least 2 times within the last 90 days where "revenue" >= 50 and not in segment "staff""#,
        r#"did "Product Added" then not "Order Completed" within 2 hours within the last 7 days"#,
        "last order more than 30 days ago and total of orders in EUR >= 500 and email_marketing is allowed",
        r#"prediction churn_risk > 0.7 or in sample 10% of "spring-test""#,
        r"(a is 1 or b is true) and not (c exists and d is missing)",
        r#"address.city is one of ("Berlin", "Köln") ignoring case"#,
        r#"tags contains all of ("a", 2, 5 EUR) and tags size >= 3 and tags is none of ("x")"#,
        r#"name contains "\"quoted\" \\ \n" or name starts with "A" or name ends with "\u{0}""#,
        "spent between 1.5 EUR and 20 EUR and age between 18 and 65",
        "born anniversary within the next 7 days and since between 2026-01-01 and 2026-01-31",
        "ends is on 2026-01-31 or ends before 2026-01-31T12:00:00Z or ends after 2026-01-31",
        "ends within the next 1 day or ends within the last 90 seconds",
        r"did any event exactly 0 times since 2026-01-01",
        r#"did "A" where "x" is 1, "y.z" is not "b" ignoring case then any event where "x" exists then not "C" within 1 hour before 2026-01-01"#,
        r#"first "A" where "x" between 1 and 2 between 2026-01-01 and 2026-02-01"#,
        r"last any event more than 30 days ago and first order before 2026-01-01",
        r#"sum of "revenue" in "Order Completed" >= 500 EUR within the last 30 days where "coupon" exists"#,
        r#"distinct "product_id" in "Product Viewed" >= 3 and average of "x" in any event < -0.5"#,
        "count of orders >= 2 since 2026-01-01 and average of orders in EUR > 50",
        r#"bought product "MUG-1" and bought category "Mugs" at most 1 time within the last 14 days"#,
        r#"home within 10 km of (52.37, -4.9) and in list "vip""#,
        r#"trait "first" is "Ann" and consent "e-mail: news" is allowed and prediction "not this" exists"#,
        "everyone",
        "nobody or all (everyone) or any (not not a exists)",
    ] {
        let rule = Rule::parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
        assert_eq!(rule.to_string(), text);
    }
}

#[test]
fn what_may_be_said_in_other_words_is_the_same() {
    for (text, same) in [
        ("((a exists))", "a exists"),
        ("a = 1 and b != 2", "a is 1 and b is not 2"),
        ("a exists and b exists or c exists", "(a exists and b exists) or c exists"),
        ("a exists\n  and\tb exists", "a exists and b exists"),
        (r#"did "A" within the last 2 weeks at least 1 time"#, r#"did "A" within the last 14 days"#),
        (r#"did "A" where "x" is 1 at least 2 times"#, r#"did "A" at least 2 times where "x" is 1"#),
        (r#"did "A" where x is 1"#, r#"did "A" where "x" is 1"#),
        (
            r#"sum of revenue in "A" > 3 where x is 1 since 2026-01-01"#,
            r#"sum of "revenue" in "A" > 3 since 2026-01-01 where "x" is 1"#,
        ),
        ("trait a is 1", "a is 1"),
        (r#"in sample 12.50% of "x""#, r#"in sample 12.5% of "x""#),
        (
            "a between 2026-01-31T13:00:00+01:00 and 2026-02-01",
            "a between 2026-01-31T12:00:00Z and 2026-02-01",
        ),
    ] {
        let read = |text: &str| Rule::parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
        assert_eq!(read(text), read(same), "{text}");
        assert_eq!(read(text).to_string(), same);
    }
}

#[test]
fn and_binds_before_or() {
    let a = |key: &str| json!({"trait": {"key": key, "is": {"exists": true}}});
    for (text, expected) in [
        ("a exists or b exists and c exists", json!({"any": [a("a"), {"all": [a("b"), a("c")]}]})),
        ("not a exists and b exists", json!({"all": [{"not": a("a")}, a("b")]})),
        ("(a exists and b exists) and c exists", json!({"all": [{"all": [a("a"), a("b")]}, a("c")]})),
    ] {
        assert_eq!(Rule::parse(text).map(|rule| rule.to_value()), Ok(expected), "{text}");
    }
}

#[test]
fn errors_point_at_the_place_and_say_what_was_expected() {
    for (text, says) in [
        ("", "line 1, column 1: expected a condition, found the end"),
        ("a", "line 1, column 2: expected a test of `a`, such as is, >"),
        (
            "a iss 3",
            "line 1, column 3: expected a test of `a`, such as is, >, contains, within the last, exists, found `iss`; did you mean `is`?",
        ),
        (
            "didd \"A\"",
            "line 1, column 6: expected a test of `didd`, such as is, >, contains, within the last, exists, found the text \"A\"; or did you mean `did` before it?",
        ),
        ("a is 3 and", "line 1, column 11: expected a condition, found the end"),
        ("a is 3 b is 4", "line 1, column 8: expected `and`, `or` or the end, found `b`"),
        ("(a is 3", "line 1, column 8: expected `and`, `or` or `)`, found the end"),
        ("a is 3)", "line 1, column 7: expected `and`, `or` or the end, found `)`"),
        (
            "a is 3\n  and did 5",
            "line 2, column 11: expected the name of an event in \"…\", or `any event`, found the number 5",
        ),
        (
            "a is 2026-01-31",
            "line 1, column 6: expected a value; of dates write `is on`, found the date 2026-01-31",
        ),
        (
            "a is maybe",
            "line 1, column 6: expected a value: text in \"…\", a number, money, true or false, found `maybe`",
        ),
        ("a after 2026-13-31", "line 1, column 9: expected a date such as 2026-01-31"),
        ("a within the last month", "line 1, column 19: expected a number, found `month`"),
        ("a within the last 1 month", "line 1, column 21: months and years have no fixed length"),
        ("a within the last 1.5 days", "line 1, column 19: expected a whole number, found 1.5"),
        (
            "a within the last 3 fortnights",
            "line 1, column 21: expected seconds, minutes, hours, days or weeks after 3, found `fortnights`",
        ),
        ("a is \"x", "line 1, column 6: expected the text that begins here to end with \""),
        ("a is \"\\x\"", "line 1, column 6: expected one of \" \\ n r t u after \\"),
        ("a is \"\\u{d800}\"", "expected a character after \\u"),
        ("a is ;", "line 1, column 6: expected a word, text in \"…\", a number or a sign, found `;`"),
        ("in group \"x\"", "line 1, column 4: expected `segment`, `list` or `sample`, found `group`"),
        ("did \"A\" at least 2 times then \"B\"", "expected no `at least … times` in a sequence"),
        ("did \"A\" at least 2 times at most 3 times", "expected how often only once"),
        ("did \"A\" since 2026-01-01 before 2026-01-02", "expected a window of time only once"),
        ("did \"A\" at least 1.5 times", "line 1, column 18: expected a whole number, found 1.5"),
        ("sum of \"x\" in \"A\"", "expected a test of what it comes to"),
        ("total of orders in euro > 3", "line 1, column 20: expected a currency such as EUR, found `euro`"),
        ("and exists", "line 1, column 1: expected a condition, found `and`"),
        ("a size size > 3", "expected a test of numbers"),
        ("a is 12345678901234567890123456789012345", "expected a number of at most 15 digits"),
        // What can be read and makes no sense.
        ("total of orders > 3", "line 1, column 1: orders: `currency` is missing"),
        (
            "a exists and\n(b exists or not last \"A\" > 3)",
            "line 2, column 18: all[1].any[1].not.last.is.above: expected a test of dates",
        ),
        (
            "a is 1234567890123456",
            "line 1, column 1: trait.is.equals: expected a number of at most 15 digits",
        ),
    ] {
        let said = refused(text);
        assert!(said.contains(says), "{text}\n{said}");
    }
}

#[test]
fn depth_and_length_are_refused_and_never_felt() {
    for text in [
        format!("{}a exists{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}a exists", "not ".repeat(50_000)),
        format!("{}a exists{}", "all (".repeat(30_000), ")".repeat(30_000)),
        format!("{}a exists", "not ".repeat(20)),
    ] {
        assert!(refused(&text).contains("nested too deep: at most 20 levels"), "{}", refused(&text));
    }
    assert!(refused(&"x".repeat(4_000_000)).contains("at most 3000000 bytes"));
    let many = |count: usize| format!("a is one of ({})", vec!["1"; count].join(", "));
    assert!(refused(&vec![many(1_000); 6].join(" or ")).contains("at most 100000 characters together"));
    let text = "\u{1}".repeat(1_000);
    let long =
        Rule::from_value(&json!({"any": vec![json!({"trait": {"key": "a", "is": {"equals": text}}}); 90]}))
            .unwrap();
    assert_eq!(Rule::parse(&long.to_string()), Ok(long));
    assert!(refused(&vec!["a exists"; 501].join(" or ")).contains("at most 500 conditions"));
    // Parentheses that mean nothing are no level.
    assert!(Rule::parse(&format!("{}a exists{}", "(".repeat(60), ")".repeat(60))).is_ok());
}
