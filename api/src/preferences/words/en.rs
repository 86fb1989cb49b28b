//! English.

use super::{Heading, Words};

pub(super) const WORDS: Words = Words {
    title: "Your choices",
    intro: "Here you see what your personal data may be used for, and can change it. A change takes effect at once, and \
            you can change your mind again later.",
    keep: "Whoever has this link can choose for you. Please do not pass it on.",
    until: "This link works until",
    languages: "Language",
    saved: "Your choices are saved.",
    messages: Heading {
        title: "Messages to you",
        text: "You receive these only where you say yes, at each address and number separately.",
    },
    consent: Heading {
        title: "Only with your consent",
        text: "For this we use your data only where you say yes.",
    },
    interests: Heading {
        title: "Unless you object",
        text: "For this we may use your data until you say no. You can object at any time.",
    },
    everything: Heading {
        title: "No to everything",
        text: "Says no to everything on this page: refuses, withdraws your consent, or objects.",
    },
    nothing: "At present there is nothing here to choose.",
    now: "At present:",
    allowed: "allowed",
    refused: "not allowed",
    since: "since",
    consented: "You agreed",
    legitimate_interests: "We have a legitimate interest, and you have not objected",
    public_task: "It is in the public interest, and you have not objected",
    restricted: "You had any use of your data restricted",
    denied: "You said no",
    withdrawn: "You withdrew your consent",
    objected: "You objected",
    expired: "Your consent has ended",
    unconfirmed: "You have not confirmed your consent yet",
    not_written: "We have no consent from you in writing",
    never_asked: "You have not said anything yet",
    undated: "One of our systems reported this without a date, so it counts until it is taken back there. Please tell us \
              if it is wrong.",
    yes: "Yes, I agree",
    no: "No, I do not agree",
    no_objection: "Yes, that is fine",
    objection: "No, I object",
    notice: "What you should know about this, version",
    save: "Save my choices",
    back: "Back to your choices",
    forged: Heading {
        title: "This link does not work",
        text: "Perhaps a part of it is missing. Please open the whole link from the message in which you found it, or ask \
               whoever sent it to you for a new one.",
    },
    ended: Heading {
        title: "This link has ended",
        text: "Links work for a while only, so that an old message opens nothing. Your choices still hold. To see or \
               change them, ask whoever sent you the link for a new one.",
    },
    gone: Heading {
        title: "This link no longer leads anywhere",
        text: "What it led to is no longer kept. There is nothing that you need to do.",
    },
    changed: Heading {
        title: "Nothing was saved",
        text: "What was sent does not fit what can be chosen now. Perhaps it has changed since you opened the page. Please \
               look at your choices again.",
    },
    unreadable: Heading {
        title: "Nothing was saved",
        text: "We could not read what was sent. Please go back to your choices and try again.",
    },
    failed: Heading {
        title: "Something went wrong",
        text: "This is our mistake, not yours. Please try again in a few minutes.",
    },
    purposes: [
        ("service", "Service and sales", "Serving and advising one customer in person."),
        ("analytics", "Analytics", "Finding out about customers as a whole."),
        ("profiling", "Profiling", "Predicting what one person will do: churn, value, interests."),
        (
            "personalisation",
            "Personalisation",
            "Adapting what one person sees on our own site and in our app.",
        ),
        ("email_marketing", "E-mail marketing", "News and offers by e-mail."),
        ("sms_marketing", "Text messages", "News and offers by text message."),
        ("phone_marketing", "Telephone", "Offers by telephone."),
        (
            "advertising",
            "Advertising audiences",
            "Showing advertisements elsewhere to this person, or to people like them.",
        ),
        (
            "third_party_sharing",
            "Sharing with third parties",
            "Handing data to others for purposes of their own.",
        ),
    ],
};
