//! The words of the page, one file a language. A word that a language lacks does not compile.

mod da;
mod en;
mod nl;

use profiles::consent::{DefinedPurpose, Refusal};

use super::Language;

/// Everything that the page says in one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) keep: &'static str,
    pub(super) until: &'static str,
    pub(super) languages: &'static str,
    pub(super) saved: &'static str,
    pub(super) messages: Heading,
    pub(super) consent: Heading,
    pub(super) interests: Heading,
    pub(super) everything: Heading,
    pub(super) nothing: &'static str,
    pub(super) now: &'static str,
    pub(super) allowed: &'static str,
    pub(super) refused: &'static str,
    pub(super) since: &'static str,
    pub(super) consented: &'static str,
    pub(super) legitimate_interests: &'static str,
    pub(super) public_task: &'static str,
    pub(super) restricted: &'static str,
    pub(super) denied: &'static str,
    pub(super) withdrawn: &'static str,
    pub(super) objected: &'static str,
    pub(super) expired: &'static str,
    pub(super) unconfirmed: &'static str,
    pub(super) not_written: &'static str,
    pub(super) never_asked: &'static str,
    /// Of a no that its source did not date: it stands against a yes on this page.
    pub(super) undated: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) no_objection: &'static str,
    pub(super) objection: &'static str,
    pub(super) notice: &'static str,
    pub(super) save: &'static str,
    pub(super) back: &'static str,
    pub(super) forged: Heading,
    pub(super) ended: Heading,
    pub(super) gone: Heading,
    pub(super) changed: Heading,
    pub(super) unreadable: Heading,
    pub(super) failed: Heading,
    /// Key, name and description of the purposes that every installation begins with.
    pub(super) purposes: [(&'static str, &'static str, &'static str); 9],
}

/// A heading and what it is about.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

impl Words {
    /// The words of a language.
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &en::WORDS,
            Language::Nl => &nl::WORDS,
            Language::Da => &da::WORDS,
        }
    }

    /// Name and description of a purpose; an administrator's own words are shown as they are.
    pub(super) fn purpose<'a>(&self, defined: &'a DefinedPurpose) -> (&'a str, &'a str) {
        let own = (defined.purpose.name.as_str(), defined.purpose.description.as_str());
        let translated = self.purposes.iter().find(|(key, ..)| *key == defined.purpose.key);
        translated
            .filter(|_| defined.version == 0)
            .map_or(own, |(_, name, description)| (*name, *description))
    }

    /// Why data may not be used.
    pub(super) const fn refusal(&self, refusal: Refusal) -> &'static str {
        match refusal {
            Refusal::Restricted => self.restricted,
            Refusal::Denied => self.denied,
            Refusal::Withdrawn => self.withdrawn,
            Refusal::Objected => self.objected,
            Refusal::Expired => self.expired,
            Refusal::Unconfirmed => self.unconfirmed,
            Refusal::NotWritten => self.not_written,
            // Only addresses and numbers that are there are shown.
            Refusal::NeverAsked | Refusal::NoContactPoint => self.never_asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_leaves_a_word_empty_or_in_another_tongue() {
        // In the debug form every second part between quotes is a word.
        let all = |language| -> Vec<String> {
            let words = format!("{:?}", Words::of(language));
            words.split('"').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let english = all(Language::En);
        for language in Language::ALL {
            let words = all(language);
            assert!(
                words.len() == english.len() && words.iter().all(|word| !word.trim().is_empty()),
                "{language:?}"
            );
            let sentence = |word: &&String| word.contains(' ');
            let same = |word: &String| language != Language::En && english.contains(word);
            assert_eq!(words.iter().filter(sentence).find(|word| same(word)), None, "{language:?}");
        }
    }

    #[tokio::test]
    async fn every_built_in_purpose_has_its_words_and_the_english_ones_are_its_own() {
        use profiles::store::{ConnectOptions, connect};
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let db = connect(&ConnectOptions { url, pool: 1 }).await.unwrap();
        migration::bring_up_to_date(&db).await.unwrap();
        let keys = profiles::Keys::new(&[7; 32]);
        let clock = std::sync::Arc::new(crate::clock::SystemClock);
        let profiles = profiles::Profiles::open(db, keys, clock).await.unwrap();
        let purposes = profiles.purposes().await.unwrap();
        for language in Language::ALL {
            let mut known: Vec<&str> = Words::of(language).purposes.iter().map(|(key, ..)| *key).collect();
            known.sort_unstable();
            assert_eq!(known, purposes.keys().map(String::as_str).collect::<Vec<_>>(), "{language:?}");
        }
        for defined in purposes.values() {
            let own = (defined.purpose.name.as_str(), defined.purpose.description.as_str());
            assert_eq!(Words::of(Language::En).purpose(defined), own);
            assert_ne!(Words::of(Language::Nl).purpose(defined).1, own.1);
            let redefined = DefinedPurpose { version: 1, ..defined.clone() };
            assert_eq!(Words::of(Language::Nl).purpose(&redefined), own, "an administrator's own words");
        }
    }
}
