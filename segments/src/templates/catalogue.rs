/// A rule to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// A name that stays.
    pub key: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Whom it finds, and what the figures mean.
    pub description: &'static str,
    /// The rule in the text form.
    pub text: &'static str,
}

/// All templates: by recency, frequency and money first, then by what people did.
pub const fn templates() -> &'static [Template] {
    &TEMPLATES
}

const TEMPLATES: [Template; 19] = [
    Template {
        key: "champions",
        title: "Champions",
        description: "Bought lately, often and for much: the best customers there are.",
        text: "last order within the last 30 days and count of orders >= 4 within the last 365 days \
               and total of orders in EUR >= 500 within the last 365 days",
    },
    Template {
        key: "loyal_customers",
        title: "Loyal customers",
        description: "Buy again and again, and did so in the last three months.",
        text: "last order within the last 90 days and count of orders >= 3 within the last 365 days",
    },
    Template {
        key: "potential_loyalists",
        title: "Potential loyalists",
        description: "Came back a first time lately: one more purchase makes a habit.",
        text: "last order within the last 60 days and count of orders is 2",
    },
    Template {
        key: "new_customers",
        title: "New customers",
        description: "Bought for the first time in the last month.",
        text: "first order within the last 30 days",
    },
    Template {
        key: "promising",
        title: "Promising",
        description: "Bought once, for much, and not so long ago.",
        text: "count of orders is 1 and last order within the last 90 days and total of orders in EUR >= 100",
    },
    Template {
        key: "at_risk",
        title: "At risk",
        description: "Bought often, and then not for three months.",
        text: "count of orders >= 3 and last order more than 90 days ago and last order within the last 365 days",
    },
    Template {
        key: "cannot_lose",
        title: "Cannot lose them",
        description: "Spent a great deal, and then nothing for half a year.",
        text: "total of orders in EUR >= 1000 and last order more than 180 days ago",
    },
    Template {
        key: "hibernating",
        title: "Hibernating",
        description: "Bought once or twice, more than a year ago.",
        text: "count of orders between 1 and 2 and last order more than 365 days ago",
    },
    Template {
        key: "lapsed_customers",
        title: "Lapsed customers",
        description: "Customers without an order for half a year.",
        text: "last order more than 180 days ago",
    },
    Template {
        key: "one_time_buyers",
        title: "One-time buyers",
        description: "Bought just once, and a month has passed since.",
        text: "count of orders is 1 and last order more than 30 days ago",
    },
    Template {
        key: "vip",
        title: "VIP",
        description: "Spent much in the last year. Add those whom a list names by `or in list \"…\"`.",
        text: "total of orders in EUR >= 1000 within the last 365 days",
    },
    Template {
        key: "abandoned_cart",
        title: "Abandoned cart",
        description: "Put something into the cart in the last week and ordered neither within two hours nor later.",
        text: "did \"Product Added\" then not \"Order Completed\" within 2 hours then not \"Order Completed\" \
               within the last 7 days",
    },
    Template {
        key: "abandoned_checkout",
        title: "Abandoned checkout",
        description: "Began to pay in the last three days and ordered neither within an hour nor later.",
        text: "did \"Checkout Started\" then not \"Order Completed\" within 1 hour then not \"Order Completed\" \
               within the last 3 days",
    },
    Template {
        key: "window_shoppers",
        title: "Window shoppers",
        description: "Look at products again and again and order nothing.",
        text: "did \"Product Viewed\" at least 3 times within the last 30 days \
               and count of orders is 0 within the last 30 days",
    },
    Template {
        key: "cart_lookers",
        title: "Cart without checkout",
        description: "Looked into the cart in the last week and did not go to pay within a day.",
        text: "did \"Cart Viewed\" then not \"Checkout Started\" within 1 day within the last 7 days",
    },
    Template {
        key: "email_engaged",
        title: "Engaged by e-mail",
        description: "May be written to, and clicked a link or opened two messages in the last three months.",
        text: "email_marketing is allowed and (did \"Email Link Clicked\" within the last 90 days \
               or did \"Email Opened\" at least 2 times within the last 90 days)",
    },
    Template {
        key: "dormant_subscribers",
        title: "Dormant subscribers",
        description: "May be written to, opened or clicked something once, but nothing for half a year.",
        text: "email_marketing is allowed and (did \"Email Opened\" or did \"Email Link Clicked\") \
               and not (did \"Email Opened\" within the last 180 days \
               or did \"Email Link Clicked\" within the last 180 days)",
    },
    Template {
        key: "birthday_soon",
        title: "Birthday soon",
        description: "May be written to, and their birthday is today or within a week.",
        text: "birth_date anniversary within the next 7 days and email_marketing is allowed",
    },
    Template {
        key: "reachable_prospects",
        title: "Reachable prospects",
        description: "May be written to and have never bought anything.",
        text: "email_marketing is allowed and count of orders is 0",
    },
];
