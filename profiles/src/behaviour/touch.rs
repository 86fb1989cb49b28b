//! Which campaign brought somebody: what the context of an event says of it. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest value in bytes; the rest is cut off. All of them together fit a row of an index.
pub(super) const LONGEST: usize = 160;

/// The parameters of links by which advertising networks know a click.
const CLICK_IDS: [&str; 14] = [
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "fbclid",
    "msclkid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "sccid",
    "irclickid",
    "yclid",
];

/// How a campaign brought somebody: the UTM parameters of the link. The id of a click is not kept, only of which kind it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Touch {
    /// `utm_source`: where the link stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `utm_medium`: how it reached people, `email` or `cpc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// `utm_campaign`: the name of the campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// `utm_term`: the words that were searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// `utm_content`: which of several links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The kind of click id that came along: `gclid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click: Option<String>,
}

impl Touch {
    /// What the context of an event says: `campaign` as the Segment protocol has it, `clickIds` as the script of a page sends
    /// them, and click ids in `page.search`. `None` where it says nothing.
    pub fn of(context: &BTreeMap<String, Value>) -> Option<Self> {
        let campaign = context.get("campaign");
        let clicks = context.get("clickIds");
        let search = context.get("page").and_then(|page| page.get("search")).and_then(Value::as_str);
        if campaign.is_none() && clicks.is_none() && search.is_none_or(str::is_empty) {
            return None;
        }
        let stated = |name: &str| campaign.and_then(|campaign| text(campaign.get(name)?));
        let touch = Self {
            source: stated("source"),
            medium: stated("medium"),
            campaign: stated("name"),
            term: stated("term"),
            content: stated("content"),
            click: click(clicks, search.unwrap_or_default()).map(str::to_owned),
        };
        (touch != Self::default()).then_some(touch)
    }

    /// As it is stored.
    pub(crate) fn stored(&self) -> String {
        serde_json::to_value(self).unwrap_or_default().to_string()
    }
}

/// A text, or a number as one; without control characters, and cut where it is too long.
fn text(value: &Value) -> Option<String> {
    let whole = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let mut text: String = whole.trim().chars().filter(|letter| !letter.is_control()).collect();
    text.truncate(text.floor_char_boundary(LONGEST));
    (!text.is_empty()).then_some(text)
}

/// The kind of the first click id, in the order of the list.
fn click(stated: Option<&Value>, search: &str) -> Option<&'static str> {
    let stated = stated.and_then(Value::as_object).into_iter().flatten();
    let stated = stated.filter(|(_, id)| text(id).is_some()).map(|(name, _)| name.as_str());
    let searched = search.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    let searched = searched.filter(|(_, id)| !id.is_empty()).map(|(name, _)| name);
    let names: Vec<&str> = stated.chain(searched).collect();
    let is_there = |kind: &&str| names.iter().any(|name| name.eq_ignore_ascii_case(kind));
    CLICK_IDS.into_iter().find(is_there)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(context: Value) -> Option<String> {
        Touch::of(&serde_json::from_value(context).unwrap()).map(|touch| touch.stored())
    }

    #[test]
    fn the_campaign_and_the_kind_of_a_click_are_all_that_counts() {
        for (context, expected) in [
            (json!({}), None),
            (json!({"campaign": {}}), None),
            (json!({"campaign": "spring"}), None),
            (json!({"campaign": {"name": "  "}, "page": {"search": "?q=gclid"}}), None),
            (json!({"campaign": {"name": " spring ", "id": "7"}}), Some(r#"{"campaign":"spring"}"#)),
            (
                json!({"campaign": {"source": "news", "medium": "email", "name": 2026, "term": "a", "content": "b\u{0}c"}}),
                Some(r#"{"campaign":"2026","content":"bc","medium":"email","source":"news","term":"a"}"#),
            ),
            (json!({"clickIds": {"fbclid": "x", "gclid": "y"}}), Some(r#"{"click":"gclid"}"#)),
            (json!({"clickIds": {"gclid": ""}}), None),
            (json!({"page": {"search": "?a=b&GCLID=x"}}), Some(r#"{"click":"gclid"}"#)),
            (json!({"page": {"search": "?gclid="}}), None),
        ] {
            assert_eq!(of(context.clone()).as_deref(), expected, "{context}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_between_letters_and_fits_an_index() {
        // PostgreSQL refuses entries of more than 2,704 bytes.
        let long = |letter: &str| letter.repeat(1_000);
        for letter in ["a", "é", "🦀", "\"", "\\"] {
            let all = json!({"campaign": {"source": long(letter), "medium": long(letter), "name": long(letter),
                "term": long(letter), "content": long(letter)}});
            let stored = of(all).unwrap();
            assert!(stored.len() < 2_000, "{letter}: {}", stored.len());
        }
        let cut = of(json!({"campaign": {"source": long("🦀")}})).unwrap();
        assert_eq!(cut, json!({"source": "🦀".repeat(40)}).to_string());
    }
}
