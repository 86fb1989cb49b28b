//! The traits that Rondom knows by name: the group that marketers look for them in.

use connectors::canonical::traits as t;
use serde::{Deserialize, Serialize};

use crate::behaviour::is_of_touch;

/// The groups of traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Name, address, contact points, account numbers.
    Identity,
    /// Job, income band, household, interests.
    Descriptive,
    /// Orders, spend, visits, e-mail engagement.
    Quantitative,
    /// Reasons, opinions, survey answers, sentiment.
    Qualitative,
    /// Handles, language, public metadata.
    Social,
    /// Devices, app use.
    Mobile,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 6] = [
        Self::Identity,
        Self::Descriptive,
        Self::Quantitative,
        Self::Qualitative,
        Self::Social,
        Self::Mobile,
    ];
}

/// The group of a trait; a trait that nobody knows is descriptive.
pub fn group(key: &str) -> Group {
    match key {
        t::FIRST_NAME
        | t::LAST_NAME
        | t::FULL_NAME
        | t::EMAIL
        | t::PHONE
        | t::BIRTH_DATE
        | t::GENDER
        | t::ADDRESS => Group::Identity,
        t::EMAIL_RATING | t::EMAIL_OPEN_RATE | t::EMAIL_CLICK_RATE | t::OPEN_TICKETS => Group::Quantitative,
        t::NPS_SCORE | t::CSAT_SCORE | t::SURVEY_COMMENT | t::REASON | t::TICKET_SENTIMENT => {
            Group::Qualitative
        }
        t::USERNAME
        | t::AVATAR_URL
        | t::WEBSITE
        | t::LANGUAGE
        | t::LINKEDIN
        | t::TWITTER
        | t::INSTAGRAM
        | t::FACEBOOK
        | t::TIKTOK
        | t::YOUTUBE
        | t::GITHUB => Group::Social,
        // How campaigns brought somebody.
        key if is_of_touch(key) => Group::Quantitative,
        _ => Group::Descriptive,
    }
}
