use rapidfuzz::distance::{jaro_winkler, osa};

use super::super::real;

/// A word, with what tells at a glance that two of them are unlike.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Word {
    text: Box<str>,
    /// Which letters occur, one bit each (beyond ASCII some share one).
    letters: u32,
}

impl Word {
    pub(in crate::linkage) fn new(text: &str) -> Self {
        let letters = text.bytes().fold(0, |letters, byte| letters | 1 << (byte & 31));
        Self { text: text.into(), letters }
    }

    pub(in crate::linkage) fn text(&self) -> &str {
        &self.text
    }

    /// Which letters occur. Swapped and doubled letters do not change it.
    pub(in crate::linkage) fn letters(&self) -> u32 {
        self.letters
    }

    /// Whether it is a single character.
    pub(in crate::linkage) fn is_initial(&self) -> bool {
        self.text.chars().nth(1).is_none()
    }

    /// The first character.
    pub(in crate::linkage) fn initial(&self) -> Option<char> {
        self.text.chars().next()
    }

    /// Whether the Jaro–Winkler similarity is at least `least`, 0..1.
    pub(in crate::linkage) fn is_like(&self, other: &Self, least: f64) -> bool {
        if !self.may_be_like(other, least) {
            return false;
        }
        let cutoff = jaro_winkler::Args::default().score_cutoff(least);
        if self.text.is_ascii() && other.text.is_ascii() {
            jaro_winkler::similarity_with_args(self.text.bytes(), other.text.bytes(), &cutoff).is_some()
        } else {
            jaro_winkler::similarity_with_args(self.text.chars(), other.text.chars(), &cutoff).is_some()
        }
    }

    /// Whether at most so many edits lead from one to the other: a letter more, less or different, or two neighbours
    /// swapped (optimal string alignment).
    pub(in crate::linkage) fn is_within(&self, other: &Self, edits: usize) -> bool {
        // A letter takes up to four bytes.
        if self.text.len().abs_diff(other.text.len()) > 4 * edits || self.strange(other) > 8 * edits {
            return false;
        }
        let cutoff = osa::Args::default().score_cutoff(edits);
        if self.text.is_ascii() && other.text.is_ascii() {
            self.strange(other) <= 2 * edits
                && osa::distance_with_args(self.text.bytes(), other.text.bytes(), &cutoff).is_some()
        } else {
            osa::distance_with_args(self.text.chars(), other.text.chars(), &cutoff).is_some()
        }
    }

    /// Whether the similarity may be that high, by lengths and letters alone: at most as many letters match as the
    /// other word has, and the first four may be the same.
    fn may_be_like(&self, other: &Self, least: f64) -> bool {
        if !self.text.is_ascii() || !other.text.is_ascii() {
            return true;
        }
        let (a, b) = (real::of_len(self.text.len()), real::of_len(other.text.len()));
        let lone = |one: &Self, other: &Self| f64::from((one.letters & !other.letters).count_ones());
        let matching = (a - lone(self, other)).min(b - lone(other, self));
        let jaro = (matching / a + matching / b + 1.) / 3.;
        jaro + 0.4 * (1. - jaro) >= least
    }

    /// How many letters only one of the two has.
    fn strange(&self, other: &Self) -> usize {
        (self.letters ^ other.letters).count_ones() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    fn like(a: &str, b: &str) -> bool {
        let (a, b) = (Word::new(a), Word::new(b));
        assert_eq!(a.is_like(&b, 0.88), b.is_like(&a, 0.88));
        a.is_like(&b, 0.88)
    }

    fn within(a: &str, b: &str) -> bool {
        let (a, b) = (Word::new(a), Word::new(b));
        assert_eq!(a.is_within(&b, 1), b.is_within(&a, 1));
        a.is_within(&b, 1)
    }

    #[test]
    fn likeness_is_jaro_winkler() {
        assert!(like("martha", "marhta"));
        assert!(like("dwayne", "dwyane"));
        assert!(!like("dwayne", "duane"));
        assert!(!like("jansen", "pietersen"));
        assert!(like("сергей", "сергеи"));
    }

    #[test]
    fn one_edit_is_one_letter_or_one_swap() {
        for other in ["meier", "meyer", "mejer", "emier", "meir", "meierr"] {
            assert!(within("meier", other), "{other}");
        }
        for other in ["maier1", "miere", "mei"] {
            assert!(!within("meier", other), "{other}");
        }
        assert!(within("сергей", "сергеи"));
        assert!(within("a😀b", "ab"));
        assert!(within("", "a"));
        assert!(!within("", "ab"));
    }
}
