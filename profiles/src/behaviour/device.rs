//! On what kind of device something was done. Pure.
//!
//! A handful of words of the user agent tell it, as the vendors document them. `woothee`, which knows many browsers by name, has
//! had no release since 2021 and takes tablets for telephones.

use serde_json::{Map, Value};

/// The kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    /// A computer.
    Pc,
    /// A telephone.
    Smartphone,
    /// A tablet.
    Tablet,
    /// A television, a console, a watch.
    Appliance,
    /// A program that reads pages by itself.
    Crawler,
    /// Anything else.
    Other,
}

/// Words of user agents in small letters, the first that is found decides.
const WORDS: [(&str, Device); 31] = [
    ("bot", Device::Crawler),
    ("crawler", Device::Crawler),
    ("spider", Device::Crawler),
    ("slurp", Device::Crawler),
    ("facebookexternalhit", Device::Crawler),
    ("headless", Device::Crawler),
    ("curl/", Device::Crawler),
    ("python-", Device::Crawler),
    ("playstation", Device::Appliance),
    ("xbox", Device::Appliance),
    ("nintendo", Device::Appliance),
    ("smart-tv", Device::Appliance),
    ("smarttv", Device::Appliance),
    ("appletv", Device::Appliance),
    ("googletv", Device::Appliance),
    ("hbbtv", Device::Appliance),
    ("web0s", Device::Appliance),
    ("watch os", Device::Appliance),
    ("ipad", Device::Tablet),
    ("tablet", Device::Tablet),
    ("kindle", Device::Tablet),
    ("iphone", Device::Smartphone),
    ("ipod", Device::Smartphone),
    ("windows phone", Device::Smartphone),
    ("mobile", Device::Smartphone),
    // Without the word before it.
    ("android", Device::Tablet),
    ("windows", Device::Pc),
    ("macintosh", Device::Pc),
    ("cros", Device::Pc),
    ("x11", Device::Pc),
    ("linux", Device::Pc),
];

impl Device {
    /// Of the user agent in the context of an event, else of the kind of device that an app tells.
    pub(super) fn of(context: &Map<String, Value>) -> Option<Self> {
        if let Some(agent) =
            context.get("userAgent").and_then(Value::as_str).filter(|agent| !agent.is_empty())
        {
            // The phones of Cubot are no crawlers. Whatever else ends so is one: crawlers are called after their makers.
            let agent = agent[..agent.floor_char_boundary(1_000)].to_lowercase().replace("cubot", "");
            let found = WORDS.iter().find(|(word, _)| agent.contains(word));
            return Some(found.map_or(Self::Other, |(_, device)| *device));
        }
        let kind = context.get("device")?.get("type")?.as_str()?.to_lowercase();
        Some(match kind.as_str() {
            "ios" | "android" | "mobile" | "smartphone" => Self::Smartphone,
            "tablet" => Self::Tablet,
            "tv" | "tvos" | "watchos" => Self::Appliance,
            "desktop" | "macos" | "windows" => Self::Pc,
            _ => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_device_is_known_by_its_user_agent() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
                Device::Pc,
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15", Device::Pc),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/120.0", Device::Pc),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", Device::Smartphone),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36",
                Device::Smartphone,
            ),
            ("Mozilla/5.0 (Linux; Android 13; SM-X906C) Chrome/120.0 Safari/537.36", Device::Tablet),
            ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Mobile/15E148", Device::Tablet),
            ("Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15", Device::Appliance),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Device::Crawler),
            (
                "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) Chrome/120.0 Mobile Safari/537.36",
                Device::Smartphone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 6.0.1; CUBOT) Mobile Safari/537.36 (compatible; SeznamBot/4.0)",
                Device::Crawler,
            ),
            ("something", Device::Other),
        ] {
            let context = json!({ "userAgent": agent, "device": { "type": "ios" } });
            assert_eq!(Device::of(context.as_object().unwrap()), Some(expected), "{agent}");
        }
        let app = json!({ "device": { "type": "Android" } });
        assert_eq!(Device::of(app.as_object().unwrap()), Some(Device::Smartphone));
        assert_eq!(Device::of(&Map::new()), None);
    }
}
