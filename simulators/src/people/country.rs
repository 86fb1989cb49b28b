//! The four countries of the population and what differs between them.

/// Where a person lives; it decides the language of the name, the shape of phones and postcodes, and the
/// currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    /// United Kingdom.
    Britain,
    /// The Netherlands.
    Netherlands,
    /// Denmark.
    Denmark,
    /// Germany.
    Germany,
}

impl Country {
    /// ISO 3166-1 alpha-2 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Britain => "GB",
            Self::Netherlands => "NL",
            Self::Denmark => "DK",
            Self::Germany => "DE",
        }
    }

    /// English name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Britain => "United Kingdom",
            Self::Netherlands => "Netherlands",
            Self::Denmark => "Denmark",
            Self::Germany => "Germany",
        }
    }

    /// ISO 639-1 code of the language.
    pub fn language(self) -> &'static str {
        match self {
            Self::Britain => "en",
            Self::Netherlands => "nl",
            Self::Denmark => "da",
            Self::Germany => "de",
        }
    }

    /// ISO 4217 code of the currency.
    pub fn currency(self) -> &'static str {
        match self {
            Self::Britain => "GBP",
            Self::Netherlands | Self::Germany => "EUR",
            Self::Denmark => "DKK",
        }
    }

    /// What a euro costs, in hundredths of the currency.
    pub(crate) fn rate_percent(self) -> i64 {
        match self {
            Self::Britain => 86,
            Self::Netherlands | Self::Germany => 100,
            Self::Denmark => 746,
        }
    }

    /// Standard rate of value added tax, in percent.
    pub(crate) fn vat_percent(self) -> i64 {
        match self {
            Self::Britain => 20,
            Self::Netherlands => 21,
            Self::Denmark => 25,
            Self::Germany => 19,
        }
    }

    /// International calling code.
    pub(crate) fn calling_code(self) -> &'static str {
        match self {
            Self::Britain => "44",
            Self::Netherlands => "31",
            Self::Denmark => "45",
            Self::Germany => "49",
        }
    }

    /// The zero dialled before a number inside the country; Denmark has none.
    pub(crate) fn trunk(self) -> &'static str {
        if self == Self::Denmark { "" } else { "0" }
    }
}
