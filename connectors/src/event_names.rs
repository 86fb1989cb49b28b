//! The events that are known by name, whatever source tells of them: those of the Segment specifications for commerce,
//! e-mail, mobile apps, video and live chat, and of help desks, surveys and accounts. Pure.
//!
//! [`canonical`] finds the one name of an event that somebody spells in another way (`product_viewed`, `view_item`,
//! `Viewed Product`). An event that is not known keeps its own.

use std::{collections::HashMap, sync::LazyLock};

/// A page of a web site was seen.
pub const PAGE_VIEWED: &str = "Page Viewed";
/// A screen of an app was seen.
pub const SCREEN_VIEWED: &str = "Screen Viewed";
/// Somebody said who they are.
pub const IDENTIFIED: &str = "Identified";
/// Somebody was said to belong to a company.
pub const GROUP_JOINED: &str = "Group Joined";
/// Two names of one user were said to be one.
pub const ALIASED: &str = "Aliased";
/// Somebody chose what their data may be used for.
pub const CONSENT_CHANGED: &str = "Consent Changed";
/// Somebody saw a variant of a test, or of what is shown to a segment.
pub const EXPERIMENT_VIEWED: &str = "Experiment Viewed";
/// A purchase was made.
pub const ORDER_COMPLETED: &str = "Order Completed";

/// All names.
pub const NAMES: [&str; 104] = [
    // Pages, screens and people.
    PAGE_VIEWED,
    SCREEN_VIEWED,
    IDENTIFIED,
    GROUP_JOINED,
    ALIASED,
    CONSENT_CHANGED,
    "Signed Up",
    "Signed In",
    "Signed Out",
    "Account Created",
    "Account Deleted",
    "Trial Started",
    "Trial Ended",
    "Subscription Started",
    "Subscription Renewed",
    "Subscription Cancelled",
    // Browsing.
    "Products Searched",
    "Product List Viewed",
    "Product List Filtered",
    "Product Clicked",
    "Product Viewed",
    "Product Compared",
    // Promotions.
    "Promotion Viewed",
    "Promotion Clicked",
    // Tests and personalisation.
    EXPERIMENT_VIEWED,
    // Ordering.
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Cart Updated",
    "Cart Abandoned",
    "Checkout Started",
    "Checkout Step Viewed",
    "Checkout Step Completed",
    "Payment Info Entered",
    "Order Updated",
    ORDER_COMPLETED,
    "Order Refunded",
    "Order Cancelled",
    "Order Returned",
    "Order Shipped",
    // Coupons.
    "Coupon Entered",
    "Coupon Applied",
    "Coupon Denied",
    "Coupon Removed",
    // Wish lists, sharing, reviews.
    "Product Added to Wishlist",
    "Product Removed from Wishlist",
    "Wishlist Product Added to Cart",
    "Product Shared",
    "Cart Shared",
    "Product Reviewed",
    // E-mail.
    "Email Sent",
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Email Bounced",
    "Email Marked as Spam",
    "Unsubscribed",
    // Mobile apps.
    "Application Installed",
    "Application Opened",
    "Application Updated",
    "Application Backgrounded",
    "Application Foregrounded",
    "Application Crashed",
    "Application Uninstalled",
    "Push Notification Received",
    "Push Notification Tapped",
    "Push Notification Bounced",
    "Install Attributed",
    "Deep Link Clicked",
    "Deep Link Opened",
    // Web sites.
    "Scroll Depth Reached",
    "Form Started",
    "Form Submitted",
    "Form Abandoned",
    // Video.
    "Video Playback Started",
    "Video Playback Paused",
    "Video Playback Interrupted",
    "Video Playback Resumed",
    "Video Playback Buffer Started",
    "Video Playback Buffer Completed",
    "Video Playback Seek Started",
    "Video Playback Seek Completed",
    "Video Playback Completed",
    "Video Content Started",
    "Video Content Playing",
    "Video Content Completed",
    // Service and surveys.
    "Live Chat Conversation Started",
    "Live Chat Conversation Ended",
    "Live Chat Message Sent",
    "Live Chat Message Received",
    "Ticket Opened",
    "Ticket Updated",
    "Ticket Solved",
    "Ticket Reopened",
    "Ticket Closed",
    "Ticket Rated",
    "Survey Sent",
    "Survey Started",
    "Survey Answered",
    "Survey Dismissed",
    // Social networks.
    "Social Account Connected",
    "Social Post Mentioned",
    "Call Started",
    "Call Ended",
];

/// Other spellings, in small words: those of Google Analytics 4, of the first Segment specification, and common ones.
const ALIASES: [(&str, &str); 52] = [
    ("page view", PAGE_VIEWED),
    ("viewed page", PAGE_VIEWED),
    ("screen view", SCREEN_VIEWED),
    ("view item", "Product Viewed"),
    ("viewed product", "Product Viewed"),
    ("view content", "Product Viewed"),
    ("view item list", "Product List Viewed"),
    ("viewed product category", "Product List Viewed"),
    ("select item", "Product Clicked"),
    ("view search results", "Products Searched"),
    ("searched products", "Products Searched"),
    ("search", "Products Searched"),
    ("add to cart", "Product Added"),
    ("added to cart", "Product Added"),
    ("added product", "Product Added"),
    ("remove from cart", "Product Removed"),
    ("removed product", "Product Removed"),
    ("view cart", "Cart Viewed"),
    ("viewed cart", "Cart Viewed"),
    ("abandoned cart", "Cart Abandoned"),
    ("begin checkout", "Checkout Started"),
    ("initiate checkout", "Checkout Started"),
    ("started checkout", "Checkout Started"),
    ("viewed checkout step", "Checkout Step Viewed"),
    ("completed checkout step", "Checkout Step Completed"),
    ("add payment info", "Payment Info Entered"),
    ("purchase", ORDER_COMPLETED),
    ("completed order", ORDER_COMPLETED),
    ("placed order", ORDER_COMPLETED),
    ("order placed", ORDER_COMPLETED),
    ("refund", "Order Refunded"),
    ("refunded order", "Order Refunded"),
    ("add to wishlist", "Product Added to Wishlist"),
    ("view promotion", "Promotion Viewed"),
    ("select promotion", "Promotion Clicked"),
    ("email clicked", "Email Link Clicked"),
    ("clicked email", "Email Link Clicked"),
    ("opened email", "Email Opened"),
    ("sign up", "Signed Up"),
    ("login", "Signed In"),
    ("logged in", "Signed In"),
    ("logout", "Signed Out"),
    ("nps answered", "Survey Answered"),
    ("nps submitted", "Survey Answered"),
    ("csat answered", "Survey Answered"),
    ("survey completed", "Survey Answered"),
    ("survey submitted", "Survey Answered"),
    ("ticket created", "Ticket Opened"),
    ("ticket submitted", "Ticket Opened"),
    ("ticket resolved", "Ticket Solved"),
    ("conversation rated", "Ticket Rated"),
    ("satisfaction rated", "Ticket Rated"),
];

static KNOWN: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let names = NAMES.iter().map(|name| (words(name), *name));
    names.chain(ALIASES.iter().map(|(alias, name)| ((*alias).to_owned(), *name))).collect()
});

/// Longer names than any that is known.
const LONGEST: usize = 64;

/// The one name of an event that is known, however it is spelled.
pub fn canonical(name: &str) -> Option<&'static str> {
    if name.len() > LONGEST {
        return None;
    }
    KNOWN.get(&words(name)).copied()
}

/// The words of a name, small, with one blank between them.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for letter in name.chars() {
        let is_letter = letter.is_alphanumeric();
        if (!is_letter || (letter.is_uppercase() && was_small)) && !words.is_empty() && !words.ends_with(' ')
        {
            words.push(' ');
        }
        if is_letter {
            words.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase() || letter.is_numeric();
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_event_has_one_name_in_every_spelling() {
        for (spelled, name) in [
            ("Product Viewed", Some("Product Viewed")),
            ("product_viewed", Some("Product Viewed")),
            ("PRODUCT VIEWED", Some("Product Viewed")),
            ("productViewed", Some("Product Viewed")),
            (" product-viewed! ", Some("Product Viewed")),
            ("view_item", Some("Product Viewed")),
            ("Viewed Product", Some("Product Viewed")),
            ("add_to_cart", Some("Product Added")),
            ("AddToCart", Some("Product Added")),
            ("Completed Order", Some(ORDER_COMPLETED)),
            ("purchase", Some(ORDER_COMPLETED)),
            ("cart abandoned", Some("Cart Abandoned")),
            ("EmailOpened", Some("Email Opened")),
            ("Viewed", None),
            ("", None),
            ("…", None),
        ] {
            assert_eq!(canonical(spelled), name, "{spelled}");
        }
        assert_eq!(canonical(&"x".repeat(100_000)), None);
    }

    #[test]
    fn every_name_is_its_own_and_no_spelling_means_two() {
        assert_eq!(KNOWN.len(), NAMES.len() + ALIASES.len());
        for name in NAMES.iter().chain(ALIASES.iter().map(|(_, name)| name)) {
            assert_eq!(canonical(name), Some(*name));
        }
    }
}
