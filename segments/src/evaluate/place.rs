//! How far two places are apart.
//!
//! The haversine formula (R. W. Sinnott, *Virtues of the Haversine*, Sky and Telescope 68, 1984, p. 159). Sines are summed
//! here from their series, because those of the system differ in their last digit from one system to the next.

use std::f64::consts::{FRAC_PI_2, PI};

use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use crate::condition::Near;

/// The mean radius of the Earth in kilometres.
const RADIUS: f64 = 6371.0088;

/// Whether a value is a place that is near enough.
pub(crate) fn is_near(near: &Near, value: &Value) -> bool {
    let (Some(haversine), Some(kilometres)) = (haversine(near, value), near.kilometres.to_f64()) else {
        return false;
    };
    // Nothing on the sphere is farther than half way round.
    let angle = kilometres / RADIUS / 2.;
    angle >= FRAC_PI_2 || haversine <= sine(angle).powi(2)
}

/// How far a value is away, if it is a place.
pub(crate) fn kilometres_between(near: &Near, value: &Value) -> Option<f64> {
    haversine(near, value).map(|haversine| 2. * RADIUS * haversine.sqrt().min(1.).asin())
}

fn haversine(near: &Near, value: &Value) -> Option<f64> {
    let degrees = |key: &str, most: f64| {
        let found = value.get(key)?.as_f64()?;
        (found.abs() <= most).then_some(found)
    };
    let (latitude, longitude) = (degrees("latitude", 90.)?, degrees("longitude", 180.)?);
    let (here, east) = (near.latitude.to_f64()?, near.longitude.to_f64()?);
    let half = |difference: f64| sine(difference.to_radians() / 2.).powi(2);
    Some(half(latitude - here) + cosine(latitude) * cosine(here) * half(longitude - east))
}

fn cosine(degrees: f64) -> f64 {
    sine(FRAC_PI_2 - degrees.abs().to_radians())
}

/// The sine of an angle between −π and π.
fn sine(angle: f64) -> f64 {
    let angle = if angle > FRAC_PI_2 {
        PI - angle
    } else if angle < -FRAC_PI_2 {
        -PI - angle
    } else {
        angle
    };
    let (mut sum, mut term) = (angle, angle);
    for step in 1..=11 {
        let even = f64::from(2 * step);
        term *= -angle * angle / (even * (even + 1.));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_near, kilometres_between, sine};
    use crate::condition::Near;

    fn near(latitude: &str, longitude: &str, kilometres: &str) -> Near {
        Near {
            key: "home".to_owned(),
            latitude: latitude.parse().unwrap(),
            longitude: longitude.parse().unwrap(),
            kilometres: kilometres.parse().unwrap(),
        }
    }

    #[test]
    fn sines_are_as_good_as_the_systems() {
        for step in -1000..=1000 {
            let angle = f64::from(step) * std::f64::consts::PI / 1000.;
            assert!((sine(angle) - angle.sin()).abs() < 4e-16, "{angle}");
        }
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        let berlin = json!({"latitude": 52.52, "longitude": 13.405});
        let amsterdam = near("52.3676", "4.9041", "577");
        let apart = kilometres_between(&amsterdam, &berlin).unwrap();
        assert!((apart - 576.085).abs() < 0.01, "{apart}");
        assert!(is_near(&amsterdam, &berlin));
        assert!(!is_near(&near("52.3676", "4.9041", "576"), &berlin));
        // Across the date line, to the pole, and to the other side of the Earth.
        assert!(is_near(&near("0", "179.9", "23"), &json!({"latitude": 0, "longitude": -179.9})));
        assert!(is_near(&near("90", "0", "0"), &json!({"latitude": 90, "longitude": 0})));
        assert!(!is_near(&near("0", "0", "20015"), &json!({"latitude": 0, "longitude": 180})));
        assert!(is_near(&near("0", "0", "20016"), &json!({"latitude": 0, "longitude": 180})));
    }

    #[test]
    fn what_is_no_place_is_nowhere() {
        for value in [
            json!("Berlin"),
            json!({"latitude": "52", "longitude": 13}),
            json!({"latitude": 52}),
            json!({"latitude": 91, "longitude": 0}),
            json!({"latitude": 0, "longitude": 1e300}),
            json!(null),
        ] {
            assert!(!is_near(&near("0", "0", "40000"), &value), "{value}");
        }
    }
}
