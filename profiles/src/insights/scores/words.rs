//! What makes a score, in words that somebody who sells can use. Pure.

use super::{
    super::churn::{ago, in_days},
    features::Facts,
    pairs::Pair,
};

/// What is known of somebody under one of the factors of features.
pub(super) fn of_person(factor: &str, facts: &Facts) -> String {
    match factor {
        "frequency" => match (facts.orders, facts.interval) {
            (0, _) => "has ordered nothing yet".to_owned(),
            (orders, Some(days)) => format!("ordered {}, usually every {}", times(orders), in_days(days)),
            (orders, None) => format!("ordered {}", times(orders)),
        },
        "recency" => match (facts.last_order, facts.first_order) {
            (Some(last), Some(first)) if first > last => {
                format!("last order {}, first order {}", ago(last), ago(first))
            }
            (Some(last), _) => format!("last order {}", ago(last)),
            _ => "has ordered nothing yet".to_owned(),
        },
        "spend" => match facts.spent {
            Some(spent) => {
                format!("has spent {spent:.2} {} in {}", facts.currency, many(facts.orders, "order"))
            }
            None if facts.orders == 0 => "has ordered nothing yet".to_owned(),
            None => "what was spent cannot be added up".to_owned(),
        },
        "trend" => format!(
            "{} in the last 90 days, {} in the 90 before",
            many(facts.last_90, "order"),
            facts.before_90
        ),
        "refunds" => format!("some was paid back of {}", many(facts.paid_back, "order")),
        "visits" => counted(facts.visits, "visited", "nothing is known of visits"),
        "pages" => counted(facts.pages, "saw a page", "nothing is known of visits"),
        "products" => counted(facts.products, "looked at a product", "nothing is known of visits"),
        "cart" => counted(facts.added, "put something in the cart", "nothing is known of visits"),
        "seen" => facts.seen.map_or_else(
            || "has not been seen in the last year".to_owned(),
            |days| format!("last seen {}", ago(days)),
        ),
        "emails" => emails(facts),
        "tickets" => match (facts.tickets, facts.open_tickets) {
            (Some(opened), Some(open)) => {
                format!("opened {} in the last 90 days, {open} open now", many(opened, "ticket"))
            }
            _ => "has opened no ticket in the last year".to_owned(),
        },
        "tenure" => facts.tenure.map_or_else(
            || "since when the person is known is not known".to_owned(),
            |days| format!("first known {}", ago(days)),
        ),
        "sources" => format!("known to {}", many(facts.sources, "source")),
        "campaign" => match (&facts.campaign_source, &facts.campaign_medium) {
            (Some(source), Some(medium)) => format!("first came by {source} ({medium})"),
            (Some(one), None) | (None, Some(one)) => format!("first came by {one}"),
            (None, None) => "no campaign is known to have brought the person".to_owned(),
        },
        "language" => named("language", facts.language.as_deref()),
        "country" => named("country", facts.country.as_deref()),
        other => other.to_owned(),
    }
}

/// What is known of somebody and a thing under one of the factors of pairs.
pub(super) fn of_pair(factor: &str, pair: &Pair) -> Option<String> {
    let it = if pair.is_product { "it" } else { "something of it" };
    Some(match factor {
        "bought" => match (pair.times, pair.since) {
            (0, _) | (_, None) => format!("has never bought {it}"),
            (bought, Some(days)) => match pair.interval {
                Some(every) => {
                    format!(
                        "bought {it} {}, usually every {}, last {}",
                        times(bought),
                        in_days(every),
                        ago(days)
                    )
                }
                None => format!("bought {it} {}, last {}", times(bought), ago(days)),
            },
        },
        "viewed" => match pair.viewed {
            None => "nothing is known of visits".to_owned(),
            Some(0) => format!("has not looked at {it} in the last 30 days"),
            Some(views) => format!("looked at {it} {} in the last 30 days", times(views)),
        },
        "in_cart" => match pair.in_cart {
            None => "nothing is known of visits".to_owned(),
            Some(true) => format!("has {it} in the cart"),
            Some(false) => format!("has not {it} in the cart"),
        },
        "share" => match pair.share {
            None => "has ordered nothing yet".to_owned(),
            Some(share) => format!("{:.0} % of their orders have {it}", 100.0 * share),
        },
        "popularity" => format!("{:.1} of 1,000 orders of the last 90 days have {it}", pair.popularity),
        "kind" => (if pair.is_product { "a product" } else { "a category" }).to_owned(),
        _ => return None,
    })
}

fn emails(facts: &Facts) -> String {
    let clicked = facts.clicked.map_or(0, |clicked| clicked[1]);
    let opened = match (facts.opened, facts.sent) {
        (None, _) => return "nothing is known of e-mails".to_owned(),
        (Some(opened), Some(sent)) if sent[1] >= opened[1] && sent[1] > 0 => {
            format!("opened {} of {}", opened[1], many(sent[1], "e-mail"))
        }
        (Some(opened), _) => format!("opened {}", many(opened[1], "e-mail")),
    };
    match clicked {
        0 => format!("{opened} in the last 30 days and clicked none"),
        clicked => format!("{opened} in the last 30 days and clicked {}", times(clicked)),
    }
}

fn counted(of: Option<[usize; 3]>, did: &str, unknown: &str) -> String {
    match of {
        None => unknown.to_owned(),
        Some([_, _, 0]) => format!("never {did} in the last 90 days"),
        Some([_, 0, last]) => format!("{did} {} in the last 90 days, not in the last 30", times(last)),
        Some([0, month, _]) => format!("{did} {} in the last 30 days", times(month)),
        Some([week, month, _]) => {
            format!("{did} {} in the last 30 days, {week} of them in the last 7", times(month))
        }
    }
}

fn named(what: &str, is: Option<&str>) -> String {
    is.map_or_else(|| format!("{what} is not known"), |is| format!("{what} {is}"))
}

fn times(count: usize) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn many(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}
