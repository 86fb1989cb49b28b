//! What the names of fields tell of what stands in them, whoever named them.

/// Words in the names of fields that hold telephone numbers.
pub(crate) const PHONE: [&str; 16] = [
    "phone",
    "phones",
    "mobile",
    "mobil",
    "telefon",
    "telefoon",
    "telephone",
    "tel",
    "gsm",
    "whatsapp",
    "fax",
    "msisdn",
    "cellphone",
    "mobilephone",
    "mobilenumber",
    "phonenumber",
];

/// Whether one of these words is in the name of a field: `billing_phone`, `billingPhone`, `billing-phone`.
pub(crate) fn says(key: &str, words: &[&str]) -> bool {
    let mut spaced = String::with_capacity(key.len() + 4);
    let mut was_lower = false;
    for char in key.chars() {
        if char.is_uppercase() && was_lower {
            spaced.push(' ');
        }
        was_lower = char.is_lowercase();
        spaced.extend(char.to_lowercase());
    }
    spaced.split(|char: char| !char.is_alphanumeric()).any(|word| words.contains(&word))
}
