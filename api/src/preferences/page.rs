//! Drawing the pages. What a template is given is escaped; nothing on a page comes from elsewhere, and nothing runs.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use profiles::consent::{Choice, Decision, Ground, LawfulBasis, Notice, mask};
use sha2::{Digest, Sha256};

use super::Language;
use super::form::{CHOICE, EVERYTHING, NO, NOTICE, STILL_YES, YES};
use super::words::{Heading, Words};

const STYLE: &str = include_str!("../../assets/preferences/style.css");
/// A notice of more characters than this is folded up.
const SHORT: usize = 600;

/// What a page may do: show itself in its own style, and send its form back. The style is allowed by its digest.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// What a person finds behind their link.
pub(super) struct Choices<'a> {
    pub(super) language: Language,
    pub(super) all: &'a [Choice],
    /// The notices of the purposes that are chosen about, newest first.
    pub(super) notices: &'a [Notice],
    pub(super) expires_at: DateTime<Utc>,
    pub(super) saved: bool,
}

impl Choices<'_> {
    /// The page.
    pub(super) fn draw(&self) -> Markup {
        let words = Words::of(self.language);
        let body = html! {
            h1 { (words.title) }
            @if self.saved { p.saved role="status" { (words.saved) } }
            p { (words.intro) }
            @if self.all.is_empty() {
                p { (words.nothing) }
            } @else {
                // The address is the capability, and the browser holds no cookie for it: another site cannot send this form
                // for somebody without knowing their link, so no other token is needed against forged requests.
                form method="post" action={ "?lang=" (self.language.tag()) } {
                    (self.group(&words.messages, |choice| choice.purpose.purpose.channel.is_some()))
                    (self.group(&words.consent, |choice| {
                        choice.purpose.purpose.channel.is_none() && !objects(choice)
                    }))
                    (self.group(&words.interests, |choice| {
                        choice.purpose.purpose.channel.is_none() && objects(choice)
                    }))
                    button type="submit" { (words.save) }
                    section aria-labelledby="everything" {
                        h2 #everything { (words.everything.title) }
                        p { (words.everything.text) }
                        button.quiet type="submit" name=(EVERYTHING) value=(NO) { (words.everything.title) }
                    }
                }
            }
        };
        let footer = html! {
            p { (words.keep) }
            p { (words.until) " " (date(self.expires_at)) "." }
        };
        let title =
            if self.saved { format!("{} {}", words.saved, words.title) } else { words.title.to_owned() };
        frame(self.language, &title, &body, &footer)
    }

    fn group(&self, heading: &Heading, belongs: impl Fn(&Choice) -> bool) -> Markup {
        let choices: Vec<&Choice> = self.all.iter().filter(|choice| belongs(choice)).collect();
        html! {
            @if !choices.is_empty() {
                h2 { (heading.title) }
                p { (heading.text) }
                @for same in choices.chunk_by(|one, next| one.purpose.purpose.key == next.purpose.purpose.key) {
                    (self.purpose(same))
                }
            }
        }
    }

    /// A purpose with its notice, and the choices about it.
    fn purpose(&self, choices: &[&Choice]) -> Markup {
        let defined = &choices[0].purpose;
        let words = Words::of(self.language);
        let (name, description) = words.purpose(defined);
        html! {
            div.card {
                h3 { (name) }
                p { (description) }
                @if let Some(notice) = shown(self.notices, &defined.purpose.key, self.language) {
                    details.notice open[notice.body.chars().count() <= SHORT] {
                        summary { (words.notice) " " (notice.version) }
                        div lang=(notice.language) { (notice.body) }
                    }
                    input type="hidden" name={ (NOTICE) (notice.purpose) }
                        value={ (notice.language) ":" (notice.version) };
                }
                @for (choice, label) in choices.iter().zip(labels(choices)) {
                    (self.choice(choice, name, label.as_deref()))
                }
            }
        }
    }

    fn choice(&self, choice: &Choice, purpose: &str, point: Option<&str>) -> Markup {
        let words = Words::of(self.language);
        let (yes, no) =
            if objects(choice) { (words.no_objection, words.objection) } else { (words.yes, words.no) };
        let said = choice.said();
        let state = format!("{}-state", choice.name);
        html! {
            fieldset aria-describedby=(state) {
                legend {
                    span.hidden {
                        (purpose)
                        @if point.is_some() { ": " }
                    }
                    @if let Some(point) = point { (point) }
                }
                p.state #(state) { (self.state(&choice.decision)) }
                div.answers {
                    (radio(choice, if said == Some(true) { STILL_YES } else { YES }, said == Some(true), yes))
                    (radio(choice, NO, said == Some(false), no))
                }
            }
        }
    }

    /// The decision, why, and since when.
    fn state(&self, decision: &Decision) -> Markup {
        let words = Words::of(self.language);
        let (allowed, reason, since, undated) = match decision {
            Decision::Allowed { ground, since, .. } => {
                let reason = match ground {
                    Ground::Consented => words.consented,
                    Ground::Basis(LawfulBasis::PublicTask) => words.public_task,
                    Ground::Basis(_) => words.legitimate_interests,
                };
                (words.allowed, reason, since, false)
            }
            Decision::Refused { reason, since, statement } => {
                let undated = since.is_none() && statement.is_some();
                (words.refused, words.refusal(*reason), since, undated)
            }
        };
        html! {
            (words.now) " " strong { (allowed) } ". " (reason)
            @if let Some(since) = since { ", " (words.since) " " (date(*since)) }
            "."
            @if undated { " " (words.undated) }
        }
    }
}

/// One answer to a choice, with its label.
fn radio(choice: &Choice, value: &str, is_filled_in: bool, label: &str) -> Markup {
    let id = format!("{}-{value}", choice.name);
    html! {
        label for=(id) {
            input #(id) type="radio" name={ (CHOICE) (choice.name) } value=(value) checked[is_filled_in];
            (label)
        }
    }
}

/// Whether a no is an objection: what rests on an interest is done until somebody objects.
fn objects(choice: &Choice) -> bool {
    choice.purpose.purpose.basis.allows_objection()
}

/// The masked addresses; where two look alike, with a number, so that nobody chooses for the wrong one.
fn labels(choices: &[&Choice]) -> Vec<Option<String>> {
    let masks: Vec<Option<String>> =
        choices.iter().map(|choice| choice.point.as_ref().map(mask::point)).collect();
    let label = |(place, mask): (usize, &Option<String>)| {
        let mask = mask.as_ref()?;
        let before = masks[..place].iter().flatten().filter(|other| *other == mask).count();
        let alike = masks.iter().flatten().filter(|other| *other == mask).count();
        Some(if alike > 1 { format!("{mask} ({})", before + 1) } else { mask.clone() })
    };
    masks.iter().enumerate().map(label).collect()
}

/// The notice to show: the newest in the language of the page, else in English, else the newest of all.
pub(super) fn shown<'a>(notices: &'a [Notice], purpose: &str, language: Language) -> Option<&'a Notice> {
    let of = |wanted: Option<Language>| {
        notices.iter().find(|notice| {
            let spoken = Language::of_tag(&notice.language);
            notice.purpose == purpose && (wanted.is_none() || spoken == wanted)
        })
    };
    of(Some(language)).or_else(|| of(Some(Language::En))).or_else(|| of(None))
}

/// A page that says one thing; with a way back to the choices where there is one.
pub(super) fn message(language: Language, heading: &Heading, leads_back: bool) -> Markup {
    let words = Words::of(language);
    let body = html! {
        h1 { (heading.title) }
        p { (heading.text) }
        @if leads_back { p { a href={ "?lang=" (language.tag()) } { (words.back) } } }
    };
    frame(language, heading.title, &body, &html! {})
}

fn frame(language: Language, title: &str, body: &Markup, footer: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    nav aria-label=(Words::of(language).languages) {
                        ul {
                            @for one in Language::ALL {
                                li {
                                    a href={ "?lang=" (one.tag()) } lang=(one.tag()) hreflang=(one.tag())
                                        aria-current=[(one == language).then_some("true")] { (one.name()) }
                                }
                            }
                        }
                    }
                }
                main { (body) }
                footer { (footer) }
            }
        }
    }
}

fn date(instant: DateTime<Utc>) -> Markup {
    html! { time datetime=(instant.format("%FT%TZ")) { (instant.format("%F")) } }
}
