//! What may be asked.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use profiles::access::{Caller, CallerKind, Visited, Visitor};
use profiles::consent::{PERSONALISATION, Reader};
use profiles::view::catalogue::Group;
use profiles::{Error, rules::Ruleset};

use super::access;
use super::error::{UserError, bad_input, refused, top};
use super::ids::{self, Kind};
use super::loaders::loaders;
use super::paging::{self, points};
use super::scalars::{DateTime, Json};
use super::types::{
    Account, ActionCatalogue, ActionDecision, ActionDraftInput, ActionEvaluation, ApiKey, AuditEntry,
    CampaignMeaning, CampaignPerformance, Connector, ConnectorKind, Decisions, DeliveryState, Destination,
    DestinationKind, DestinationPreview, ErasedOrders, Funnel, FunnelInput, Household, IdentityModel,
    IdentityQuality, IdentityRules, Insights, Lifecycle, LifecycleStageTemplate, List, MatchCandidateOrder,
    Me, ModelKind, ModelVersion, Node, Notice, Overview, Persona, PreviewIdentityRulesPayload,
    PreviewSegmentPayload, Profile, ProfileFilter, ProfileList, ProfileOrder, ProfileRef, Purpose,
    RetentionCount, Segment, SegmentExplanation, SegmentPreview, SegmentRuleInput, SegmentTemplate,
    SimilarProfiles, Slot, Source, SubjectRequestState, Training, WriteKey, accounts, connection, deliveries,
    households, match_candidates, rule_errors, subject_requests,
};
use crate::http::code;

/// The points of looking at a past moment: for it everyone who may ever have belonged to the profile is derived.
pub(super) const PAST: usize = 100;

/// What may be asked.
#[derive(Debug, Default)]
pub(super) struct Query;

/// What may be asked. Each field is open to the roles that its key has the right for; others get `FORBIDDEN`.
#[Object(guard = "access::allowed")]
impl Query {
    /// The very object of a global id; null if there is none any more. A profile that was merged into another is found
    /// under its old id by `profile`.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id, as it was received.")] id: ID,
    ) -> Result<Option<Node>> {
        Node::find(ctx, &id).await
    }

    /// One profile, named in one of several ways; null if nobody of that name is known.
    #[graphql(complexity = "child_complexity + if as_of.is_some() { PAST } else { 1 }")]
    async fn profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Exactly one name of the profile. Where several people carry it, the eldest.")]
        by: ProfileRef,
        #[graphql(
            desc = "As it was at this past instant, by the times of the sources and of decisions and under today's rules: \
                    who was held to be one person, what their sources had said, what had happened. Orders and deals \
                    stand as they stand today. Undated facts count as the oldest. Null where nobody of that name was \
                    known yet; an instant in the future is refused. The present unless given."
        )]
        as_of: Option<DateTime>,
    ) -> Result<Option<Profile>> {
        let by = by.read()?;
        let loaders = loaders(ctx);
        let found = match as_of {
            Some(instant) => loaders.profiles.profile_as_of(&loaders.reader, &by, instant.0).await,
            None => loaders.profiles.profile(&loaders.reader, &by).await,
        };
        match found.map_err(top)? {
            Some(profile) => Profile::new(&loaders.profiles, profile).await.map(Some).map_err(top),
            None => Ok(None),
        }
    }

    /// What a page may know of its visitor: of the one person whom the token names. Null if nobody is known of that name. For
    /// visitors' tokens alone.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Me>> {
        let CallerKind::Visitor(visitor) = &ctx.data::<Arc<Caller>>()?.kind else { return Ok(None) };
        let loaders = loaders(ctx);
        Ok(match loaders.profiles.visited(&loaders.reader, visitor).await.map_err(top)? {
            Visited::Nobody => None,
            Visited::Joined => Some(Me(None)),
            Visited::Found(profile) => Some(Me(Some(profile))),
        })
    }

    /// What a page shows in its slots to whom: of each slot the first variant whose segment the person is in, as long as the
    /// person allows `personalisation`, whatever the role of the key (or the purpose that the key was made for, where it was made
    /// for one). A page asks with its visitor's token and may ask in one round trip with `me`; nothing is written.
    async fn decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The keys of the slots, each once; at most 50.")] slots: Vec<String>,
        #[graphql(
            desc = "To whom, where an API key asks. Must be left out with a visitor's token, which says it. Ask by the same name \
                    each time: the control group is drawn by it."
        )]
        visitor: Option<ProfileRef>,
    ) -> Result<Decisions> {
        let caller = ctx.data::<Arc<Caller>>()?;
        let (who, told) = match (&caller.kind, visitor) {
            (CallerKind::Visitor(visitor), None) => (visitor.clone(), false),
            (CallerKind::Visitor(_), Some(_)) => {
                return Err(bad_input("visitor: a visitor's token says already to whom"));
            }
            (_, Some(by)) => (Visitor::Signed(by.read()?), true),
            (_, None) => return Err(bad_input("visitor: expected to whom it is to be shown")),
        };
        let loaders = loaders(ctx);
        // To show something to somebody is personalisation, also where an administrator's key asks, which may see everything.
        let purpose = caller.purpose.clone().unwrap_or_else(|| PERSONALISATION.into());
        let reader = Reader { purpose: Some(purpose), ..Reader::clone(&loaders.reader) };
        let made = loaders.profiles.decide(&reader, &who, &slots).await.map_err(top)?;
        Ok(Decisions { made, told })
    }

    /// All lists of people that somebody put together by hand, by key.
    async fn lists(&self, ctx: &Context<'_>) -> Result<Vec<List>> {
        Ok(loaders(ctx).profiles.lists().await.map_err(top)?.into_iter().map(List).collect())
    }

    /// What can be done for customers, and within which limits.
    async fn action_catalogue(&self, ctx: &Context<'_>) -> Result<ActionCatalogue> {
        loaders(ctx).profiles.action_catalogue().await.map(ActionCatalogue).map_err(top)
    }

    /// Repeats the choice of an action: the same policy is asked about the same situation again. Null where there is none of that id,
    /// or none any more, and where the purpose of the key may not use the customer's data. (It is not called `decision`: a `Decision` is
    /// what people decided about who is who.)
    #[graphql(complexity = "child_complexity + PAST")]
    async fn action_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the decision, from `nextBestActions`.")] id: ID,
    ) -> Result<Option<ActionDecision>> {
        let id = ids::expect("id", &id, &[Kind::ActionDecision])?;
        let loaders = loaders(ctx);
        let found = loaders.profiles.action_decision(&loaders.reader, id).await.map_err(top)?;
        Ok(found.map(|found| ActionDecision(Arc::new(found))))
    }

    /// What the actions, or a draft of others, would have brought, from what came of choices so far. It takes seconds.
    #[graphql(complexity = "child_complexity + PAST")]
    async fn action_evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would be another; what holds now unless given.")] draft: Option<
            ActionDraftInput,
        >,
    ) -> Result<ActionEvaluation> {
        let draft = draft.map(ActionDraftInput::read).transpose().map_err(top)?.unwrap_or_default();
        let found = loaders(ctx).profiles.evaluate_actions(draft).await;
        found.map(ActionEvaluation).map_err(|error| match error {
            Error::Conflict(why) => refused(code::UNAVAILABLE, why),
            error => top(error),
        })
    }

    /// All personas, by key.
    #[graphql(complexity = "points(None, child_complexity)")]
    async fn personas(&self, ctx: &Context<'_>) -> Result<Vec<Persona>> {
        let personas = loaders(ctx).profiles.personas().await.map_err(top)?;
        Ok(personas.values().cloned().map(Persona).collect())
    }

    /// The people who are most like one, and why, of all who are active and allow the purpose `profiling`: by what they
    /// bought, their segments, how often, how lately and for how much, and what is known of them. Of many people at most
    /// 2,000 are compared: buyers of the same products, members of the same segments, people of the same companies, and those
    /// who were seen at about the same time; who has none of these in common with the person is not found. Null if nobody of
    /// that name is known, and where the purpose of the key may not use what the person did.
    #[graphql(complexity = "points(Some(first), child_complexity) + PAST")]
    async fn similar_profiles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Exactly one name of the person.")] profile: ProfileRef,
        #[graphql(desc = "At most so many; 0 to 50.", default = 10)] first: i32,
    ) -> Result<Option<SimilarProfiles>> {
        let first = usize::try_from(first).map_err(|_| bad_input("first: expected 0 to 50"))?;
        let loaders = loaders(ctx);
        let by = profile.read()?;
        let found = loaders.profiles.similar_profiles(&loaders.reader, &by, first).await.map_err(top)?;
        match found {
            Some(found) => SimilarProfiles::new(loaders, found).await.map(Some),
            None => Ok(None),
        }
    }

    /// All slots of pages, by key.
    async fn slots(&self, ctx: &Context<'_>) -> Result<Vec<Slot>> {
        let slots = loaders(ctx).profiles.slots().await.map_err(top)?;
        Ok(slots.values().map(|slot| Slot(slot.clone())).collect())
    }

    /// A page of the profiles that pass a filter.
    #[expect(clippy::too_many_arguments, reason = "four of them are how Relay asks for a page")]
    #[graphql(complexity = "points(first.or(last), child_complexity)")]
    async fn profiles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which profiles; all that are active unless given.")] filter: Option<ProfileFilter>,
        #[graphql(desc = "In which order; the last seen first unless given.")] order_by: Option<ProfileOrder>,
        #[graphql(desc = "At most so many from the beginning; 0..maximum page size, 20 unless given.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the end, instead of `first`; 0..maximum page size.")]
        last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<connection::Profiles> {
        ProfileList { filter, order: order_by, first, after, last, before }.load(ctx).await
    }

    /// What was done, newest first: every mutation is written down before it is carried out, and nothing written is ever
    /// changed. `rondom audit verify` proves it.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those before the entry of this number.")] before: Option<i64>,
    ) -> Result<Vec<AuditEntry>> {
        let first = paging::size(ctx, "first", first)?;
        let entries = loaders(ctx).profiles.audit_entries(before, first).await.map_err(top)?;
        Ok(entries.into_iter().map(AuditEntry::from).collect())
    }

    /// What people asked for as the subjects of their data, newest first.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn subject_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] state: Option<SubjectRequestState>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::SubjectRequests> {
        subject_requests(ctx, state, first, after.as_deref()).await
    }

    /// What stays of the orders of erased people, where it was said to stay.
    async fn erased_orders(&self, ctx: &Context<'_>) -> Result<Vec<ErasedOrders>> {
        let profiles = &loaders(ctx).profiles;
        let sources = profiles.sources().await.map_err(top)?;
        let sums = profiles.erased_orders().await.map_err(top)?;
        Ok(sums.into_iter().filter_map(|sum| ErasedOrders::new(&sources, sum)).collect())
    }

    /// What is too old by the configured limits of retention, by kind and source. Nothing is removed. Counts everything
    /// that has a limit, and so no question to ask every second.
    async fn retention_preview(&self, ctx: &Context<'_>) -> Result<Vec<RetentionCount>> {
        let profiles = &loaders(ctx).profiles;
        let rules = profiles.retention_rules().await.map_err(top)?;
        let expiring = profiles.preview_retention(&rules).await.map_err(top)?;
        let sources = profiles.sources().await.map_err(top)?;
        Ok(expiring.iter().map(|expiring| RetentionCount::new(&sources, expiring)).collect())
    }

    /// The public key (Ed25519, in hexadecimal digits) that receipts of erasure are signed with. Publish it where people
    /// can find it.
    async fn receipt_key(&self, ctx: &Context<'_>) -> String {
        loaders(ctx).profiles.receipt_key()
    }

    /// What personal data may be used for, by key.
    async fn purposes(&self, ctx: &Context<'_>) -> Result<Vec<Purpose>> {
        let purposes = loaders(ctx).profiles.purposes().await.map_err(top)?;
        Ok(purposes.values().cloned().map(Purpose).collect())
    }

    /// What people were told about a purpose before they agreed, newest first.
    async fn notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the purpose.")] purpose: String,
    ) -> Result<Vec<Notice>> {
        let found = loaders(ctx).profiles.notices(&purpose).await.map_err(top)?;
        Ok(found.into_iter().map(Notice::from).collect())
    }

    /// One household; null if nobody lives there any more.
    async fn household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a household.")] id: ID,
    ) -> Result<Option<Household>> {
        let id = ids::expect("id", &id, &[Kind::Household])?;
        Ok(loaders(ctx).household(id).await.map_err(top)?.map(Household))
    }

    /// A page of the households, by id.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn households(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only those of at least so many members.", default = 2)] min_members: i32,
    ) -> Result<connection::Households> {
        households(ctx, first, after.as_deref(), min_members).await
    }

    /// One account, named by any id that ever was its own, or by the id of one of its companies; null if there is none.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of an account or of a company.")] id: ID,
    ) -> Result<Option<Account>> {
        let company = ids::expect("id", &id, &[Kind::Account, Kind::Company])?;
        let loaders = loaders(ctx);
        match loaders.profiles.account_of_company(company).await.map_err(top)? {
            Some(id) => loaders.account(id).await.map_err(top),
            None => Ok(None),
        }
    }

    /// A page of the accounts, by id.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::Accounts> {
        accounts(ctx, first, after.as_deref()).await
    }

    /// The counts that a dashboard opens with.
    async fn overview(&self, ctx: &Context<'_>) -> Result<Overview> {
        loaders(ctx).profiles.status().await.map(Overview).map_err(top)
    }

    /// All sources of facts, by key: connectors, imports, and connectors that were deleted.
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<Source>> {
        let found = loaders(ctx).profiles.sources().await.map_err(top)?;
        let mut sources: Vec<_> = found.values().cloned().collect();
        sources.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(sources.into_iter().map(Source::from).collect())
    }

    /// The kinds of connector that can be configured, by name.
    async fn connector_kinds(&self) -> Vec<ConnectorKind> {
        connectors::kinds().iter().map(ConnectorKind).collect()
    }

    /// The configured connectors, by key.
    async fn connectors(&self, ctx: &Context<'_>) -> Result<Vec<Connector>> {
        let found = loaders(ctx).profiles.connectors().await.map_err(top)?;
        Ok(found.into_iter().map(Connector).collect())
    }

    /// One configured connector; null if there is none of that id.
    async fn connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a connector.")] id: ID,
    ) -> Result<Option<Connector>> {
        let id = ids::expect("id", &id, &[Kind::Connector])?;
        match loaders(ctx).profiles.connector(id).await {
            Ok(info) => Ok(Some(Connector(info))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(top(error)),
        }
    }

    /// The rules under which profiles are derived; null before the first start of a server.
    async fn identity_rules(&self, ctx: &Context<'_>) -> Result<Option<IdentityRules>> {
        let profiles = &loaders(ctx).profiles;
        let Some(version) = profiles.rules_in_force().await.map_err(top)? else { return Ok(None) };
        let waiting = profiles.waiting().await.map_err(top)?;
        Ok(Some(IdentityRules { version, waiting }))
    }

    /// Profiles that are apart and may be one person, where the rules name a model: their evidence lies between the
    /// threshold of review and the one of merging.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn match_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "In which order.", default_with = "MatchCandidateOrder::Uncertainty")]
        order_by: MatchCandidateOrder,
    ) -> Result<connection::MatchCandidates> {
        match order_by {
            MatchCandidateOrder::Uncertainty => match_candidates(ctx, first, after.as_deref()).await,
        }
    }

    /// The models by which people can be compared, the newest first. `identity.model` in the rules names one;
    /// `rondom identity train` learns one.
    async fn identity_models(&self, ctx: &Context<'_>) -> Result<Vec<IdentityModel>> {
        let found = loaders(ctx).profiles.models().await.map_err(top)?;
        Ok(found.into_iter().map(IdentityModel::from).collect())
    }

    /// The models that were learned, the newest first: `trainModel` learns them, `promoteModel` chooses which predicts.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn model_versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that predict this.")] kind: Option<ModelKind>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<ModelVersion>> {
        let first = paging::size(ctx, "first", first)?;
        let found = loaders(ctx).profiles.models_learned(kind.map(Into::into), first).await.map_err(top)?;
        Ok(found.into_iter().map(|version| ModelVersion(Arc::new(version))).collect())
    }

    /// What is predicted of everybody: how risk and value are spread, what drives them, and what marks the customers of
    /// greatest value. Null until a model was learned.
    async fn insights(&self, ctx: &Context<'_>) -> Result<Option<Insights>> {
        Ok(loaders(ctx).profiles.fleet().await.map_err(top)?.map(Insights::from))
    }

    /// The jobs in which models were learned, the newest first; the last 100 are remembered.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn trainings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<Training>> {
        let first = paging::size(ctx, "first", first)?;
        let found = loaders(ctx).profiles.trainings(first).await.map_err(top)?;
        Ok(found.into_iter().map(Training).collect())
    }

    /// How good recognition is: against what people decided, and by the sizes of profiles. Counts everybody, and so no
    /// question to ask every second.
    async fn identity_quality(&self, ctx: &Context<'_>) -> Result<IdentityQuality> {
        loaders(ctx).profiles.identity_quality().await.map(IdentityQuality::from).map_err(top)
    }

    /// What other rules would change in who is the same person, without changing anything. Looks at everybody, so it
    /// takes a while where there are many; no longer than a request may take, and one at a time. What becomes of traits under other rules of survivorship is not counted.
    async fn preview_identity_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All rules, as `identityRules` gives them; what is left out has its default.")]
        rules: Json,
        #[graphql(desc = "How many changes to show, 1 to 100.", default = 20)] samples: i32,
    ) -> Result<PreviewIdentityRulesPayload> {
        let samples = usize::try_from(samples.clamp(1, 100)).unwrap_or(1);
        let profiles = &loaders(ctx).profiles;
        let previewed = match Ruleset::read(rules.0.into_json()?) {
            Ok(ruleset) => profiles.preview_rules(&ruleset.identity, samples).await,
            Err(error) => Err(error),
        };
        Ok(match previewed {
            Ok(preview) => PreviewIdentityRulesPayload { preview: Some(preview.into()), errors: Vec::new() },
            Err(error) => {
                PreviewIdentityRulesPayload { preview: None, errors: vec![UserError::of(&error, "rules")?] }
            }
        })
    }

    /// All segments, by key.
    #[graphql(complexity = "points(None, child_complexity)")]
    async fn segments(&self, ctx: &Context<'_>) -> Result<Vec<Segment>> {
        let found = loaders(ctx).profiles.segments().await.map_err(top)?;
        Ok(found.into_iter().map(Segment).collect())
    }

    /// One segment; null if there is none of that key.
    async fn segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the segment.")] key: String,
    ) -> Result<Option<Segment>> {
        Ok(loaders(ctx).profiles.segment(&key).await.map_err(top)?.map(Segment))
    }

    /// Rules to begin with: by recency, frequency and money, abandoned carts, lapsed customers and others.
    async fn segment_templates(&self) -> Vec<SegmentTemplate> {
        segments::templates().iter().map(SegmentTemplate::from).collect()
    }

    /// What campaigns tell of those whom they bring, by key.
    async fn campaign_meanings(&self, ctx: &Context<'_>) -> Result<Vec<CampaignMeaning>> {
        let meanings = loaders(ctx).profiles.campaign_meanings().await.map_err(top)?;
        Ok(meanings.into_iter().map(CampaignMeaning::from).collect())
    }

    /// The stages through which people pass, and how many are in each.
    async fn lifecycle(&self, ctx: &Context<'_>) -> Result<Lifecycle> {
        Ok(Lifecycle(loaders(ctx).profiles.lifecycle().await.map_err(top)?))
    }

    /// A lifecycle to begin with, the first stage first: each with the rule of a segment that is to be defined for it.
    async fn lifecycle_template(&self) -> Vec<LifecycleStageTemplate> {
        segments::lifecycle_template().iter().map(LifecycleStageTemplate::from).collect()
    }

    /// How many people come through some steps in order, and how long it takes them: of everybody who may be counted, by the newest
    /// 2,000 events of each that may be a step. Who does a step again and again counts by the first beginning from which they come
    /// furthest. Goes through everybody who did the first step, and so is no question to ask every second; it must be done within
    /// `request_timeout_seconds`.
    #[graphql(complexity = "child_complexity + PAST")]
    async fn funnel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: FunnelInput,
    ) -> Result<Funnel> {
        let loaders = loaders(ctx);
        let found = loaders.profiles.funnel(&loaders.reader, &input.read()?).await.map_err(top)?;
        Ok(found.into())
    }

    /// What campaigns brought, by UTM parameters and by e-mail campaign, those that reached most people first: of everybody who may
    /// be counted, by the newest 2,000 events of each. Who reads for a purpose is told of none that reached less than 10. Of more than
    /// 5,000 those that reached fewest are told of together, as the last. Goes through everybody whom a campaign reached, and so is no
    /// question to ask every second; it must be done within `request_timeout_seconds`.
    #[graphql(complexity = "points(first, child_complexity) + PAST")]
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From when on.")] from: DateTime,
        #[graphql(desc = "Until just before when.")] to: DateTime,
        #[graphql(desc = "A touch counts for orders of so many days after it; 0 to 366.", default = 30)]
        window_days: i32,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<CampaignPerformance>> {
        let first = usize::try_from(paging::size(ctx, "first", first)?).unwrap_or(usize::MAX);
        let loaders = loaders(ctx);
        let window = chrono::TimeDelta::days(window_days.into());
        let found = loaders.profiles.campaigns(&loaders.reader, from.0, to.0, window, first);
        let found = found.await.map_err(top)?;
        let named: Vec<_> = found.iter().filter_map(|one| one.campaign.as_ref()?.source()).collect();
        let sources = loaders.profiles.sources_with(&named).await.map_err(top)?;
        let shown = found.into_iter().map(|one| CampaignPerformance::new(&sources, one));
        shown.collect::<profiles::Result<_>>().map_err(top)
    }

    /// What a rule would come to if it were a segment, without defining it. Asks everybody, or of many so many spread
    /// evenly, and so is no question to ask every second.
    #[graphql(complexity = "points(Some(sample), child_complexity) + PAST")]
    async fn preview_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] rule: SegmentRuleInput,
        #[graphql(desc = "How many people to show, 0 to 100.", default = 10)] sample: i32,
    ) -> Result<PreviewSegmentPayload> {
        let rule = match rule.read() {
            Ok(rule) => rule,
            Err(problems) => {
                return Ok(PreviewSegmentPayload { preview: None, errors: rule_errors(problems, &["rule"]) });
            }
        };
        let loaders = loaders(ctx);
        let sample = usize::try_from(sample.clamp(0, 100)).unwrap_or_default();
        Ok(match loaders.profiles.preview_segment(&loaders.reader, &rule, sample).await {
            Ok(found) => PreviewSegmentPayload {
                preview: Some(SegmentPreview::new(loaders, found).await?),
                errors: Vec::new(),
            },
            Err(error) => PreviewSegmentPayload { preview: None, errors: vec![UserError::of(&error, "")?] },
        })
    }

    /// Why somebody is in a segment, or is not: every condition with what it met, and what is missing. Null if nobody of
    /// that name is known, and where the purpose of the key may not use what the segment is made of.
    async fn explain_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Exactly one name of the profile.")] profile: ProfileRef,
        #[graphql(desc = "The key of the segment.")] segment: String,
        #[graphql(
            desc = "As it was at this instant, under today's rules and grouping; may lie in the future, as far as time alone \
                    decides. The present unless given."
        )]
        as_of: Option<DateTime>,
    ) -> Result<Option<SegmentExplanation>> {
        let loaders = loaders(ctx);
        let by = profile.read()?;
        let Some(found) = loaders.profiles.profile(&loaders.reader, &by).await.map_err(top)? else {
            return Ok(None);
        };
        let groups = loaders.profiles.segment_groups(std::slice::from_ref(&segment)).await.map_err(top)?;
        let groups: Vec<Group> = groups.into_values().flatten().collect();
        let first = groups.first().copied().unwrap_or(Group::Quantitative);
        let may = groups.iter().all(|group| found.admitted(*group).is_ok());
        let Some(admitted) = found.admitted(first).ok().filter(|_| may) else { return Ok(None) };
        let instant = as_of.map(|instant| instant.0);
        let explained = loaders.profiles.explain_segment(admitted, &segment, instant).await.map_err(top)?;
        Ok(Some(SegmentExplanation(explained)))
    }

    /// The kinds of destination that there are.
    async fn destination_kinds(&self) -> Vec<DestinationKind> {
        connectors::destination::kinds().iter().map(DestinationKind).collect()
    }

    /// The configured destinations, by key.
    async fn destinations(&self, ctx: &Context<'_>) -> Result<Vec<Destination>> {
        let found = loaders(ctx).profiles.destinations().await.map_err(top)?;
        Ok(found.into_iter().map(Destination).collect())
    }

    /// One configured destination; null if there is none of that id.
    async fn destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a destination.")] id: ID,
    ) -> Result<Option<Destination>> {
        let id = ids::expect("id", &id, &[Kind::Destination])?;
        match loaders(ctx).profiles.destination(id).await {
            Ok(info) => Ok(Some(Destination(info))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(top(error)),
        }
    }

    /// What a destination was told and is to be told, newest first. What was delivered is kept for 7 days, dead letters for 90.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the destination.")] destination: ID,
        #[graphql(desc = "Only those in this state.")] state: Option<DeliveryState>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::Deliveries> {
        deliveries(ctx, &destination, state, first, after.as_deref()).await
    }

    /// What some people would be sent as to a destination: of the first 500 of its segment, those who allow its purpose.
    #[graphql(complexity = "points(Some(first), child_complexity) + PAST")]
    async fn preview_destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the destination.")] id: ID,
        #[graphql(desc = "How many people to show, 0 to 20.", default = 3)] first: i32,
    ) -> Result<Vec<DestinationPreview>> {
        let id = ids::expect("id", &id, &[Kind::Destination])?;
        let loaders = loaders(ctx);
        let first = usize::try_from(first.clamp(0, 20)).unwrap_or_default();
        match loaders.profiles.preview_destination(&loaders.reader, id, first).await {
            Ok(found) => Ok(found.into_iter().map(DestinationPreview::from).collect()),
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(top(error)),
        }
    }

    /// All write keys, newest first, revoked ones included.
    async fn write_keys(&self, ctx: &Context<'_>) -> Result<Vec<WriteKey>> {
        let profiles = &loaders(ctx).profiles;
        let keys = profiles.list_write_keys().await.map_err(top)?;
        let named: Vec<_> = keys.iter().map(|key| key.source).collect();
        let sources = profiles.sources_with(&named).await.map_err(top)?;
        keys.into_iter().map(|key| WriteKey::new(&sources, key).map_err(top)).collect()
    }

    /// All keys of this API, newest first, revoked ones included.
    async fn api_keys(&self, ctx: &Context<'_>) -> Result<Vec<ApiKey>> {
        let keys = loaders(ctx).profiles.list_keys().await.map_err(top)?;
        Ok(keys.into_iter().map(ApiKey::from).collect())
    }
}
