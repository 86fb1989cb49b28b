use serde::{Deserialize, Serialize};

/// What two records may be to each other. Without a class of their own, people of one household would be taken for one
/// person: they share a name, an address, often a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// One person.
    Match,
    /// Two people of one family: they share a family name and an address or a contact point.
    Family,
    /// Two people who share an address or a contact point and no name.
    Housemates,
    /// Two people of the same name, who choose similar addresses for their e-mail.
    Namesakes,
    /// Two people who have nothing to do with each other.
    Unrelated,
}

impl Class {
    /// All classes, in their order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Match, Self::Family, Self::Housemates, Self::Namesakes, Self::Unrelated];

    /// How many there are.
    pub const COUNT: usize = 5;

    /// What to expect of a comparison before anything is learned, where classes matter and names do not: shares for
    /// one person, for people of one household, for all others.
    pub(super) fn expect<const N: usize>(
        self,
        person: [f64; N],
        household: [f64; N],
        others: [f64; N],
    ) -> Vec<f64> {
        match self {
            Self::Match => person,
            Self::Family | Self::Housemates => household,
            Self::Namesakes | Self::Unrelated => others,
        }
        .to_vec()
    }

    /// Unrelated people do not share what is a person's own but by mistake: at most one pair in half a million. Where
    /// there is little else to learn from, shared addresses would otherwise pass for coincidence.
    pub(super) fn keep_own(self, exact: usize, levels: &mut [f64]) {
        if self == Self::Unrelated {
            let known: f64 = levels[1..].iter().sum();
            levels[exact] = levels[exact].min(known * 2e-6);
        }
    }
}
