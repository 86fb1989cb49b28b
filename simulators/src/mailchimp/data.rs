//! What an e-mail platform knows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use md5::{Digest, Md5};

/// A Mailchimp account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// API key with the suffix of its data centre.
    pub api_key: String,
    /// Audiences.
    pub lists: Vec<List>,
    /// Members by audience, in the order in which they joined.
    pub members: BTreeMap<String, Vec<Member>>,
    /// Campaigns, oldest first.
    pub campaigns: Vec<Campaign>,
}

/// An audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Ten hexadecimal digits.
    pub id: String,
    /// Name.
    pub name: String,
    /// Creation.
    pub created: DateTime<Utc>,
}

/// A member of one audience.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// [`member_id`] of the address.
    pub id: String,
    /// Address as it was entered.
    pub email: String,
    /// The same for the address in all audiences.
    pub unique_email_id: String,
    /// The same for the contact in all audiences.
    pub contact_id: String,
    /// Number in the web application.
    pub web_id: u64,
    /// Consent to mail.
    pub status: Status,
    /// FNAME.
    pub first_name: String,
    /// LNAME.
    pub last_name: String,
    /// PHONE.
    pub phone: String,
    /// ADDRESS: addr1, city, zip, country code.
    pub address: Option<[String; 4]>,
    /// BIRTHDAY as `MM/DD`.
    pub birthday: String,
    /// Share of mails opened, `0..1`.
    pub open_rate: f64,
    /// Share of mails clicked, `0..1`.
    pub click_rate: f64,
    /// When the address signed up; absent for those who were imported.
    pub signed_up: Option<DateTime<Utc>>,
    /// When consent was confirmed.
    pub opted_in: Option<DateTime<Utc>>,
    /// Network address at confirmation; empty if unknown.
    pub opt_in_ip: String,
    /// Stars, 1 to 5.
    pub rating: u8,
    /// Last change.
    pub changed: DateTime<Utc>,
    /// ISO 639-1 code; empty if unknown.
    pub language: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Why the member left; empty if unknown.
    pub unsubscribe_reason: String,
}

/// What a member agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Wants mail.
    Subscribed,
    /// Withdrew.
    Unsubscribed,
    /// The address bounced.
    Cleaned,
    /// Has not confirmed yet.
    Pending,
    /// Known from a purchase only.
    Transactional,
    /// Put away by the owner of the audience.
    Archived,
}

/// A mailing.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Ten hexadecimal digits.
    pub id: String,
    /// Number in the web application.
    pub web_id: u64,
    /// Audience.
    pub list_id: String,
    /// Subject line.
    pub subject: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Creation.
    pub created: DateTime<Utc>,
    /// Sending, once it was sent.
    pub sent: Option<DateTime<Utc>>,
    /// Everybody it went to, with what they did.
    pub recipients: Vec<Recipient>,
    /// Who left because of it.
    pub unsubscribes: Vec<Unsubscribe>,
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignStatus {
    /// A draft.
    Save,
    /// Sent.
    Sent,
}

/// A recipient of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// [`member_id`] of the address.
    pub id: String,
    /// Address.
    pub email: String,
    /// What the recipient did, oldest first.
    pub activity: Vec<Activity>,
}

/// One interaction with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// What happened.
    pub action: Action,
    /// When.
    pub at: DateTime<Utc>,
    /// Network address; empty for bounces.
    pub ip: String,
}

/// What a recipient did with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opened it.
    Open,
    /// Followed that link.
    Click(String),
    /// Could not be reached; `hard` if for good.
    Bounce {
        /// Whether for good.
        hard: bool,
    },
}

/// A member who left because of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// [`member_id`] of the address.
    pub id: String,
    /// Address.
    pub email: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Reason chosen from Mailchimp's list.
    pub reason: String,
}

/// Mailchimp's id of an address: the MD5 of its lower-case form.
pub fn member_id(email: &str) -> String {
    hex::encode(Md5::digest(email.to_lowercase()))
}

impl Status {
    /// Mailchimp's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Cleaned => "cleaned",
            Self::Pending => "pending",
            Self::Transactional => "transactional",
            Self::Archived => "archived",
        }
    }
}

impl CampaignStatus {
    /// Mailchimp's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Sent => "sent",
        }
    }
}

impl Account {
    /// The members of an audience; none if there is no such audience.
    pub fn members_of(&self, list: &str) -> &[Member] {
        self.members.get(list).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::member_id;

    #[test]
    fn a_member_id_is_the_md5_of_the_lower_case_address() {
        // From Mailchimp's documentation.
        assert_eq!(member_id("Urist.McVankab@freddiesjokes.com"), "62eeb292278cc15f5817cb78f7790b08");
    }
}
