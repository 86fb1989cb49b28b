//! What a person sent: an answer to each choice, and which notices were before their eyes.
//!
//! Nothing here is believed: a field that the page does not write is refused, and so is a form that says two things of
//! one choice.

use std::collections::BTreeMap;

use profiles::consent::Notice;
use url::form_urlencoded;

/// The value of the radio button for yes, and of the one for no.
pub(super) const YES: &str = "yes";
pub(super) const NO: &str = "no";
/// The value of the button for yes where it was filled in before the person came: leaving it so is no new consent, for a
/// box that was ticked by somebody else is none (recital 32 of the GDPR). A no is obeyed however it came about.
pub(super) const STILL_YES: &str = "still";
/// The name of the button that says no to everything.
pub(super) const EVERYTHING: &str = "everything";
/// What the names of the other fields begin with.
pub(super) const CHOICE: &str = "choice:";
pub(super) const NOTICE: &str = "notice:";

/// A form that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// Yes or no, by the name of the choice. What was left as it stood is not here, unless it is a no.
    pub(super) answers: BTreeMap<String, bool>,
    /// Whether everything is refused, whatever else is filled in.
    pub(super) refuses_everything: bool,
    /// The language and version of the notice that was shown, by the key of the purpose.
    pub(super) notices: BTreeMap<String, (String, String)>,
    /// The choices that were left at yes; only whether they exist is asked of them.
    pub(super) left: Vec<String>,
}

impl Form {
    /// Reads a body in the form of `application/x-www-form-urlencoded`; `None` if the page did not write it.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            if let Some(choice) = name.strip_prefix(CHOICE) {
                let choice = choice.to_owned();
                let known = form.answers.contains_key(&choice) || form.left.contains(&choice);
                match &*value {
                    _ if known => return None,
                    YES => drop(form.answers.insert(choice, true)),
                    NO => drop(form.answers.insert(choice, false)),
                    STILL_YES => form.left.push(choice),
                    _ => return None,
                }
            } else if let Some(purpose) = name.strip_prefix(NOTICE) {
                let (language, version) = value.split_once(':')?;
                let shown = (language.to_owned(), version.to_owned());
                if form.notices.insert(purpose.to_owned(), shown).is_some() {
                    return None;
                }
            } else if name == EVERYTHING && value == NO {
                form.refuses_everything = true;
            } else {
                return None;
            }
        }
        Some(form)
    }

    /// The notice that was shown about a purpose, if there is such a one.
    pub(super) fn shown<'a>(&self, notices: &'a [Notice], purpose: &str) -> Option<&'a Notice> {
        let (language, version) = self.notices.get(purpose)?;
        notices.iter().find(|notice| {
            (notice.purpose.as_str(), &notice.language, &notice.version) == (purpose, language, version)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_notices_and_what_was_left_alone_are_told_apart() {
        let form = Form::read(b"choice:a=yes&choice:b.1f=no&choice:c=still&notice:a=nl%3A2026%3A1").unwrap();
        assert_eq!(form.answers, BTreeMap::from([("a".to_owned(), true), ("b.1f".to_owned(), false)]));
        assert_eq!(form.left, ["c"]);
        assert_eq!(form.notices["a"], ("nl".to_owned(), "2026:1".to_owned()));
        assert!(!form.refuses_everything);
        assert!(Form::read(b"choice:a=yes&everything=no").unwrap().refuses_everything);
        assert_eq!(Form::read(b""), Some(Form::default()));
    }

    #[test]
    fn what_the_page_does_not_write_is_refused() {
        for body in [
            "a=yes",
            "choice:a=maybe",
            "choice:a=yes&choice:a=no",
            "choice:a=still&choice:a=no",
            "everything=yes",
            "notice:a=nl",
            "notice:a=nl:1&notice:a=nl:2",
            "{}",
        ] {
            assert_eq!(Form::read(body.as_bytes()), None, "{body}");
        }
    }
}
