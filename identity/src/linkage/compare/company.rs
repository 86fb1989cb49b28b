use super::super::class::Class;
use super::super::table::{Reading, Row};
use super::super::values::{MISSING as NONE, Value};
use super::{Comparison, word::Word};
use crate::fold_name;

/// A company's name without its legal form.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Company {
    word: Word,
}

const FORMS: [&str; 30] = [
    "ab",
    "ag",
    "aps",
    "as",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "gmbh",
    "holding",
    "inc",
    "incorporated",
    "is",
    "kg",
    "limited",
    "llc",
    "llp",
    "ltd",
    "maatschap",
    "nv",
    "plc",
    "pty",
    "sa",
    "sarl",
    "spa",
    "srl",
    "vof",
];

impl Value for Company {
    fn read(raw: &str) -> Option<Self> {
        // `B.V.`, `A/S` and `V.O.F.` are one word each.
        let joined: String = raw.chars().filter(|char| !matches!(char, '.' | '/')).collect();
        let folded = fold_name(&joined);
        let words: Vec<&str> = folded.split(' ').collect();
        let mut core: String = words.iter().filter(|word| !FORMS.contains(word)).copied().collect();
        if core.is_empty() {
            core = words.concat();
        }
        (!core.is_empty()).then(|| Self { word: Word::new(&core) })
    }

    fn key(&self) -> &str {
        self.word.text()
    }
}

/// Employers.
pub(super) struct Companies;

const MISSING: usize = 0;
const SAME: usize = 1;
const LIKE: usize = 2;
const OTHER: usize = 3;

impl Comparison for Companies {
    fn name(&self) -> &'static str {
        "company"
    }

    fn levels(&self) -> usize {
        OTHER + 1
    }

    fn describe(&self, level: usize) -> String {
        match level {
            MISSING => "no company to compare",
            SAME => "same company",
            LIKE => "company of a similar name",
            _ => "different company",
        }
        .to_owned()
    }

    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize {
        let companies = &reading.table.company;
        match (a.company, b.company) {
            (NONE, _) | (_, NONE) => MISSING,
            (a, b) if a == b => SAME,
            (a, b) if companies.get(a).word.is_like(&companies.get(b).word, 0.9) => LIKE,
            _ => OTHER,
        }
    }

    fn start(&self, class: Class, _: &[f64]) -> Vec<f64> {
        //    missing same like other
        class.expect([1., 0.60, 0.10, 0.30], [1., 0.10, 0.02, 0.88], [1., 0.01, 0.01, 0.98])
    }
}

#[cfg(test)]
mod tests {
    use super::{Company, Value};

    #[test]
    fn legal_forms_do_not_matter() {
        for (a, b) in
            [("Bakkerij Jansen B.V.", "bakkerij jansen"), ("Ørsted A/S", "Orsted"), ("V.O.F. Smit", "Smit")]
        {
            assert_eq!(Company::read(a).unwrap().key(), Company::read(b).unwrap().key(), "{a}");
        }
        assert_eq!(Company::read("Ltd").unwrap().key(), "ltd");
    }
}
