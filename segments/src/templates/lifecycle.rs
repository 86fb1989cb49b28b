//! A lifecycle to begin with.

/// A stage to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTemplate {
    /// A name that stays.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Whom it finds.
    pub description: &'static str,
    /// The rule of its segment in the text form.
    pub text: &'static str,
}

/// The stages of the common lifecycle, the first one first: somebody is in the last whose rule holds.
pub const fn lifecycle_template() -> &'static [StageTemplate] {
    &STAGES
}

const STAGES: [StageTemplate; 6] = [
    StageTemplate {
        key: "visitor",
        name: "Visitor",
        description: "Was on the site or in the app.",
        text: "did \"Page Viewed\" or did \"Screen Viewed\"",
    },
    StageTemplate {
        key: "lead",
        name: "Lead",
        description: "Can be reached: an e-mail address or a telephone number is known.",
        text: "email exists or phone exists",
    },
    StageTemplate {
        key: "marketing_qualified",
        name: "Marketing-qualified lead",
        description: "Can be reached, and sent a form, clicked in two e-mails or came back again and again lately.",
        text: "(email exists or phone exists) and (did \"Form Submitted\" within the last 90 days \
               or did \"Email Link Clicked\" at least 2 times within the last 90 days \
               or did \"Page Viewed\" at least 10 times within the last 30 days)",
    },
    StageTemplate {
        key: "sales_qualified",
        name: "Sales-qualified lead",
        description: "Sales says so in the CRM, or somebody began a trial or went to pay in the last month.",
        text: "lifecycle_stage is one of (\"salesqualifiedlead\", \"opportunity\") ignoring case \
               or did \"Trial Started\" within the last 30 days or did \"Checkout Started\" within the last 30 days",
    },
    StageTemplate {
        key: "customer",
        name: "Customer",
        description: "Bought something.",
        text: "count of orders >= 1",
    },
    StageTemplate {
        key: "lapsed",
        name: "Lapsed customer",
        description: "Bought something, but nothing for a year.",
        text: "last order more than 365 days ago",
    },
];
