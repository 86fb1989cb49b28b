//! Countries as people write them.

/// The ISO 3166 alpha-2 code of a country as people write it: the code itself or a common English or own name.
/// `None` where it is neither; a telephone number is then read under the rules' default region.
pub(crate) fn of(country: &str) -> Option<String> {
    let folded = identity::fold_name(country);
    let code = match folded.as_str() {
        "uk" | "united kingdom" | "great britain" | "england" | "scotland" | "wales" => "GB",
        "united states" | "united states of america" | "usa" | "us" => "US",
        "netherlands" | "the netherlands" | "nederland" | "holland" => "NL",
        "belgium" | "belgie" | "belgique" => "BE",
        "denmark" | "danmark" => "DK",
        "germany" | "deutschland" => "DE",
        "france" => "FR",
        "spain" | "espana" => "ES",
        "portugal" => "PT",
        "italy" | "italia" => "IT",
        "austria" | "osterreich" => "AT",
        "switzerland" | "schweiz" | "suisse" => "CH",
        "sweden" | "sverige" => "SE",
        "norway" | "norge" => "NO",
        "finland" | "suomi" => "FI",
        "iceland" => "IS",
        "ireland" | "eire" => "IE",
        "poland" | "polska" => "PL",
        "czech republic" | "czechia" => "CZ",
        "hungary" => "HU",
        "greece" => "GR",
        "luxembourg" => "LU",
        "canada" => "CA",
        "australia" => "AU",
        "new zealand" => "NZ",
        "japan" => "JP",
        "brazil" | "brasil" => "BR",
        "india" => "IN",
        other => {
            let mut letters = other.chars();
            return match (letters.next(), letters.next(), letters.next()) {
                (Some(a), Some(b), None) if a.is_ascii_lowercase() && b.is_ascii_lowercase() => {
                    Some(other.to_ascii_uppercase())
                }
                _ => None,
            };
        }
    };
    Some(code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn codes_and_common_names_are_understood_and_nothing_else() {
        assert_eq!(of("NL").as_deref(), Some("NL"));
        assert_eq!(of(" España ").as_deref(), Some("ES"));
        assert_eq!(of("United Kingdom").as_deref(), Some("GB"));
        assert_eq!(of("Unspecified"), None);
        assert_eq!(of(""), None);
    }
}
