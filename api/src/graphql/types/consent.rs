//! What people allow their data to be used for.

use async_graphql::{Enum, InputObject, Object, OneofObject, Result, SimpleObject};
use profiles::IdentifierKind;
use profiles::consent::{
    self, Decision, DefinedPurpose, Ground, NewStatement, Refusal, StatementDetails, Withheld,
};
use profiles::sources::Sources;

use super::source::Source;
use super::traits::TraitGroup;
use crate::graphql::error::bad_input;
use crate::graphql::scalars::{DateTime, Json, copy};

/// On which ground data is used: Article 6(1) of the GDPR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "consent::LawfulBasis")]
pub(crate) enum LawfulBasis {
    /// (a) The person said yes.
    Consent,
    /// (b) A contract with the person needs it.
    Contract,
    /// (c) The law demands it.
    LegalObligation,
    /// (d) Somebody's life hangs on it.
    VitalInterests,
    /// (e) It is done in the public interest. The person may object.
    PublicTask,
    /// (f) An interest that outweighs the person's own. The person may object.
    LegitimateInterests,
}

/// By which way a person is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "consent::Channel")]
pub(crate) enum Channel {
    /// A message to an e-mail address.
    Email,
    /// A text message to a telephone number. Needs consent in writing.
    Sms,
    /// A call to a telephone number.
    Phone,
}

/// What a statement declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "consent::Status")]
pub(crate) enum ConsentStatus {
    /// Refused when asked.
    Denied,
    /// Allowed once, taken back; or an objection.
    Withdrawn,
    /// Ended, as its source says.
    Expired,
    /// Asked, and not yet confirmed: double opt-in.
    Pending,
    /// Allowed.
    Granted,
    /// Nothing any more: the source takes back what it said undated.
    Unstated,
}

/// Why data may be used, or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ConsentReason {
    /// Refused: any use was restricted at the person's request.
    Restricted,
    /// Allowed: the person agreed.
    Consented,
    /// Allowed: the lawful basis of the purpose needs no consent. Where the basis is `PUBLIC_TASK` or
    /// `LEGITIMATE_INTERESTS` the person may object.
    LawfulBasis,
    /// Refused when asked.
    Denied,
    /// Allowed once, taken back.
    Withdrawn,
    /// The person objected.
    Objected,
    /// The consent has ended.
    Expired,
    /// The consent is not confirmed yet: double opt-in.
    Unconfirmed,
    /// Text messages need consent in writing, and nothing proves it.
    NotWritten,
    /// The purpose needs consent, and nobody ever asked.
    NeverAsked,
    /// There is no address or number to which consent could belong.
    NoContactPoint,
    /// Kept back: the purpose may not use data of this group.
    NotForThisPurpose,
    /// Kept back: somebody is known here, and the token of an anonymous visitor does not prove that it is theirs.
    Identified,
}

impl From<Withheld> for ConsentReason {
    fn from(withheld: Withheld) -> Self {
        match withheld {
            Withheld::Group => Self::NotForThisPurpose,
            Withheld::Person(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for ConsentReason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Restricted => Self::Restricted,
            Refusal::Denied => Self::Denied,
            Refusal::Withdrawn => Self::Withdrawn,
            Refusal::Objected => Self::Objected,
            Refusal::Expired => Self::Expired,
            Refusal::Unconfirmed => Self::Unconfirmed,
            Refusal::NotWritten => Self::NotWritten,
            Refusal::NeverAsked => Self::NeverAsked,
            Refusal::NoContactPoint => Self::NoContactPoint,
        }
    }
}

/// Something that personal data may be used for.
#[derive(Debug, Clone)]
pub(crate) struct Purpose(pub(in crate::graphql) DefinedPurpose);

/// Something that personal data may be used for, on a ground of the law.
#[Object]
impl Purpose {
    /// Its name in statements.
    async fn key(&self) -> &str {
        &self.0.purpose.key
    }

    /// What people see.
    async fn name(&self) -> &str {
        &self.0.purpose.name
    }

    /// What is done with the data.
    async fn description(&self) -> &str {
        &self.0.purpose.description
    }

    /// The ground on which it is done.
    async fn basis(&self) -> LawfulBasis {
        self.0.purpose.basis.into()
    }

    /// By which way the person is reached for it: consent then belongs to an address or a number. Null where it belongs
    /// to the person.
    async fn channel(&self) -> Option<Channel> {
        self.0.purpose.channel.map(Channel::from)
    }

    /// The groups of traits that it may use.
    async fn data_groups(&self) -> Vec<TraitGroup> {
        self.0.purpose.data_groups.iter().map(|group| TraitGroup::from(*group)).collect()
    }

    /// How often it was defined anew; 0 for one that every installation begins with.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was defined so; null for version 0.
    async fn defined_at(&self) -> Option<DateTime> {
        self.0.defined.as_ref().map(|(at, _)| DateTime(*at))
    }

    /// Who defined it so: the name of an API key or a person; null for version 0.
    async fn defined_by(&self) -> Option<&str> {
        self.0.defined.as_ref().map(|(_, actor)| actor.as_str())
    }
}

/// An e-mail address or a telephone number: one of both, the other is null.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ContactPoint {
    /// The e-mail address, in its normal form.
    email: Option<String>,
    /// The telephone number, in the form E.164.
    phone: Option<String>,
}

impl From<&consent::ContactPoint> for ContactPoint {
    fn from(point: &consent::ContactPoint) -> Self {
        let of = |kind| (point.kind == kind).then(|| point.value.clone());
        Self { email: of(IdentifierKind::Email), phone: of(IdentifierKind::Phone) }
    }
}

/// Exactly one contact point, in any spelling.
#[derive(Debug, OneofObject)]
pub(crate) enum ContactPointInput {
    /// An e-mail address.
    Email(String),
    /// A telephone number with its country code.
    Phone(String),
}

impl ContactPointInput {
    pub(in crate::graphql) fn read(self) -> (IdentifierKind, String) {
        match self {
            Self::Email(address) => (IdentifierKind::Email, address),
            Self::Phone(number) => (IdentifierKind::Phone, number),
        }
    }
}

/// One statement about the use of a person's data.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConsentStatement {
    /// The key of the purpose.
    purpose: String,
    /// The address or number that it is about; null where it is about the person.
    contact_point: Option<ContactPoint>,
    /// What was said.
    status: ConsentStatus,
    /// When it was said; null where its source does not know.
    stated_at: Option<DateTime>,
    /// When it ends by itself.
    expires_at: Option<DateTime>,
    /// Who reported it.
    source: Source,
}

impl ConsentStatement {
    pub(super) fn new(sources: &Sources, said: &consent::Statement) -> profiles::Result<Self> {
        Ok(Self {
            purpose: said.purpose.clone(),
            contact_point: said.point.as_ref().map(ContactPoint::from),
            status: said.status.into(),
            stated_at: said.stated_at.map(DateTime),
            expires_at: said.expires_at.map(DateTime),
            source: Source::of(sources, said.source)?,
        })
    }
}

/// A statement with its proof: a consent record in the sense of ISO/IEC TS 27560.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConsentRecord {
    /// What was said.
    statement: ConsentStatement,
    /// How it was collected: `form`, `double_opt_in`, `import`, …
    method: Option<String>,
    /// The lawful basis of the purpose when it was said, or today where it is undated; null where nobody has defined such a
    /// purpose.
    lawful_basis: Option<LawfulBasis>,
    /// The version of the notice that was shown.
    notice: Option<String>,
    /// That notice with its text and hash: in the language that was shown where that is known, else in every language in
    /// which it was published; empty where it was not published here.
    notices: Vec<Notice>,
    /// What proves it.
    evidence: Json,
    /// Who recorded it here: the name of an API key or a person; null where a source reported it.
    recorded_by: Option<String>,
}

impl ConsentRecord {
    /// `published` are the notices of its purpose and others.
    pub(super) fn new(
        sources: &Sources,
        lawful_basis: Option<consent::LawfulBasis>,
        published: &[consent::Notice],
        said: StatementDetails,
    ) -> profiles::Result<Self> {
        let language = said.evidence.get("notice_language").and_then(serde_json::Value::as_str);
        let shown = published.iter().filter(|notice| {
            notice.purpose == said.statement.purpose
                && said.notice.as_ref() == Some(&notice.version)
                && language.is_none_or(|language| notice.language == language)
        });
        Ok(Self {
            lawful_basis: lawful_basis.map(Into::into),
            notices: shown.cloned().map(Notice::from).collect(),
            statement: ConsentStatement::new(sources, &said.statement)?,
            method: said.method,
            notice: said.notice,
            evidence: Json(copy(&serde_json::Value::Object(said.evidence))),
            recorded_by: said.actor,
        })
    }
}

/// Whether a person's data may be used.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConsentDecision {
    /// Whether it may.
    allowed: bool,
    /// Why.
    reason: ConsentReason,
    /// Since when, where somebody said so and it is known when.
    since: Option<DateTime>,
    /// The statement that says so; null where nobody said anything.
    statement: Option<ConsentStatement>,
}

impl ConsentDecision {
    pub(super) fn new(
        sources: &Sources,
        said: &[consent::Statement],
        decision: &Decision,
    ) -> profiles::Result<Self> {
        let (allowed, reason, since, statement) = match decision {
            Decision::Allowed { ground: Ground::Consented, since, statement } => {
                (true, ConsentReason::Consented, since, statement)
            }
            Decision::Allowed { ground: Ground::Basis(_), since, statement } => {
                (true, ConsentReason::LawfulBasis, since, statement)
            }
            Decision::Refused { reason, since, statement } => (false, (*reason).into(), since, statement),
        };
        let statement = statement.and_then(|id| said.iter().find(|statement| statement.id == id));
        let statement = statement.map(|statement| ConsentStatement::new(sources, statement)).transpose()?;
        Ok(Self { allowed, reason, since: since.map(DateTime), statement })
    }
}

/// Whether a person's data may be used for one purpose.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Consent {
    /// What for.
    pub(super) purpose: Purpose,
    /// At which address or number; null for a purpose that is about the person, and where the purpose of the key may not use
    /// data of the group `IDENTITY`.
    pub(super) contact_point: Option<ContactPoint>,
    /// Whether it may.
    pub(super) decision: ConsentDecision,
}

/// A purpose that is to be defined.
#[derive(Debug, InputObject)]
pub(crate) struct DefinePurposeInput {
    /// Its name in statements: 1 to 64 lower-case letters, digits and `_`. One of that key gets a new version.
    key: String,
    /// What people see; 1 to 100 characters.
    name: String,
    /// What is done with the data; 1 to 2,000 characters.
    description: String,
    /// The ground on which it is done.
    basis: LawfulBasis,
    /// By which way the person is reached for it; null where consent belongs to the whole person.
    channel: Option<Channel>,
    /// The groups of traits that it may use.
    data_groups: Vec<TraitGroup>,
}

impl From<DefinePurposeInput> for consent::Purpose {
    fn from(input: DefinePurposeInput) -> Self {
        Self {
            key: input.key,
            name: input.name,
            description: input.description,
            basis: input.basis.into(),
            channel: input.channel.map(consent::Channel::from),
            data_groups: input.data_groups.into_iter().map(Into::into).collect(),
        }
    }
}

/// What people are told before they agree, in one language.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Notice {
    /// The key of the purpose.
    purpose: String,
    /// The version, as its author names it.
    version: String,
    /// The language: a tag of BCP 47.
    language: String,
    /// What people read.
    text: String,
    /// SHA-256 of the text in UTF-8, in hexadecimal digits.
    hash: String,
    /// When it was published.
    published_at: DateTime,
    /// Who published it: the name of an API key or a person.
    published_by: String,
}

impl From<consent::Notice> for Notice {
    fn from(notice: consent::Notice) -> Self {
        Self {
            purpose: notice.purpose,
            version: notice.version,
            language: notice.language,
            text: notice.body,
            hash: notice.hash,
            published_at: DateTime(notice.published_at),
            published_by: notice.actor,
        }
    }
}

/// What somebody said about the use of their data.
#[derive(Debug, InputObject)]
pub(crate) struct RecordConsentInput {
    /// The key of the purpose.
    purpose: String,
    /// The address or number that it is about: for a purpose with a channel, and only for such.
    contact_point: Option<ContactPointInput>,
    /// What was said.
    #[graphql(default_with = "ConsentStatus::Granted")]
    status: ConsentStatus,
    /// When; now unless given. Not in the future.
    stated_at: Option<DateTime>,
    /// When it ends by itself, as only a yes may; never unless given.
    expires_at: Option<DateTime>,
    /// How it was collected. Consent in writing, which text messages need, is one by `form`, `web_form`, `checkout`,
    /// `double_opt_in`, `keyword`, `paper` or `signature`, together with a notice or evidence that is not empty.
    /// `preference_centre` and `subject_request` are said by this system alone.
    method: Option<String>,
    /// The version of the notice that was shown: one that was published for the purpose.
    notice: Option<String>,
    /// What proves it: a JSON object of at most 16 KiB. Never a secret.
    evidence: Option<Json>,
    /// A name of your own choice, at most 200 characters: what is recorded a second time under it is not recorded twice.
    client_key: Option<String>,
}

/// What somebody takes back.
#[derive(Debug, InputObject)]
pub(crate) struct WithdrawConsentInput {
    /// The key of the purpose.
    purpose: String,
    /// The address or number that it is about: for a purpose with a channel, and only for such.
    contact_point: Option<ContactPointInput>,
    /// When; now unless given. Not in the future.
    stated_at: Option<DateTime>,
    /// How it was told: `phone`, `letter`, `form`, …
    method: Option<String>,
    /// A name of your own choice, at most 200 characters: what is recorded a second time under it is not recorded twice.
    client_key: Option<String>,
}

impl RecordConsentInput {
    pub(in crate::graphql) fn read(self) -> Result<NewStatement> {
        let evidence = match self.evidence.map(|json| json.0.into_json()).transpose()? {
            None | Some(serde_json::Value::Null) => serde_json::Map::new(),
            Some(serde_json::Value::Object(evidence)) => evidence,
            Some(_) => return Err(bad_input("input.evidence: expected an object")),
        };
        Ok(NewStatement {
            purpose: self.purpose,
            point: self.contact_point.map(ContactPointInput::read),
            status: self.status.into(),
            stated_at: self.stated_at.map(|at| at.0),
            expires_at: self.expires_at.map(|at| at.0),
            method: self.method,
            notice: self.notice,
            evidence,
            key: self.client_key,
        })
    }
}

impl From<WithdrawConsentInput> for NewStatement {
    fn from(input: WithdrawConsentInput) -> Self {
        Self {
            purpose: input.purpose,
            point: input.contact_point.map(ContactPointInput::read),
            status: consent::Status::Withdrawn,
            stated_at: input.stated_at.map(|at| at.0),
            expires_at: None,
            method: input.method,
            notice: None,
            evidence: serde_json::Map::new(),
            key: input.client_key,
        }
    }
}
