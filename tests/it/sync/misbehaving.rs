//! Vendors that misbehave: every run ends with a clear word, nothing is lost, nothing hangs, and once the vendor
//! is well again the state is the one that an undisturbed run gives.

use std::{sync::Arc, time::Duration};

use api::clock::SystemClock;
use chrono::{DateTime, TimeDelta, Utc};
use migration::{Migrator, MigratorTrait};
use profiles::{
    Keys, Profiles,
    consent::Reader,
    store::{ConnectOptions, connect},
    sync::{NewConnector, Run, Trigger},
    view::read::ProfileRef,
};
use serde_json::json;
use simulators::{Fault, Faults, Fleet, RetryAfter, Rule, Seed, Stamp, World, WrongType, hubspot::Kind};
use tokio::sync::watch;
use uuid::Uuid;

const PEOPLE: usize = 150;
/// Far beyond what any run here takes; only a hang reaches it.
const HANG: Duration = Duration::from_mins(2);

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

struct Scene<'a> {
    profiles: Profiles,
    fleet: &'a Fleet,
    hubspot: Uuid,
    woocommerce: Uuid,
    mailchimp: Uuid,
    _dir: tempfile::TempDir,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Vendor {
    HubSpot,
    WooCommerce,
    Mailchimp,
}

/// The vendors; a shop's addresses are part of what it delivers, so one test asks one fleet.
async fn vendors() -> Fleet {
    let fleet = Fleet::start(World::generate(Seed { seed: 5, people: PEOPLE, now: now() })).await.unwrap();
    fleet.clock.hold(now());
    fleet
}

impl<'a> Scene<'a> {
    async fn new(fleet: &'a Fleet) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("faults.db").display());
        let db = connect(&ConnectOptions { url, pool: 4 }).await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        let profiles = Profiles::open(db, Keys::new(&[3; 32]), Arc::new(SystemClock)).await.unwrap();
        let connector = async |kind: &str, config, secrets| {
            let new = NewConnector { kind: kind.to_owned(), config, secrets, ..NewConnector::default() };
            profiles.create_connector(new).await.unwrap().source.id
        };
        let hubspot = connector(
            "hubspot",
            json!({"base_url": fleet.hubspot.base_url()}),
            json!({"access_token": fleet.hubspot.read(|portal| portal.token.clone())}),
        )
        .await;
        let shop = &fleet.woocommerce;
        let (key, secret) = shop.read(|shop| (shop.consumer_key.clone(), shop.consumer_secret.clone()));
        let woocommerce = connector(
            "woocommerce",
            json!({"base_url": shop.base_url()}),
            json!({"consumer_key": key, "consumer_secret": secret}),
        )
        .await;
        let mailchimp = connector(
            "mailchimp",
            json!({"base_url": fleet.mailchimp.base_url(), "activity_days": 365}),
            json!({"api_key": fleet.mailchimp.read(|account| account.api_key.clone())}),
        )
        .await;
        Self { profiles, fleet, hubspot, woocommerce, mailchimp, _dir: dir }
    }

    fn set_faults(&self, vendor: Vendor, faults: Faults) {
        match vendor {
            Vendor::HubSpot => self.fleet.hubspot.set_faults(faults),
            Vendor::WooCommerce => self.fleet.woocommerce.set_faults(faults),
            Vendor::Mailchimp => self.fleet.mailchimp.set_faults(faults),
        }
    }

    async fn run(&self, vendor: Vendor) -> Run {
        let id = match vendor {
            Vendor::HubSpot => self.hubspot,
            Vendor::WooCommerce => self.woocommerce,
            Vendor::Mailchimp => self.mailchimp,
        };
        let (_stop, stopped) = watch::channel(false);
        let run = self.profiles.run_connector(id, Trigger::Manual, stopped, |_| ());
        tokio::time::timeout(HANG, run).await.expect("a run hangs").unwrap()
    }

    async fn hash(&self) -> String {
        self.profiles.state_hash(now()).await.unwrap()
    }
}

async fn undisturbed(fleet: &Fleet) -> String {
    let scene = Scene::new(fleet).await;
    for vendor in [Vendor::HubSpot, Vendor::WooCommerce, Vendor::Mailchimp] {
        let run = scene.run(vendor).await;
        assert_eq!((run.state.as_str(), &run.error), ("succeeded", &None), "{vendor:?}");
    }
    scene.hash().await
}

/// With these faults the vendor's run fails with these words; without them the next one mends everything.
async fn fails_and_recovers(fleet: &Fleet, expected: &str, vendor: Vendor, faults: Faults, words: &str) {
    let scene = Scene::new(fleet).await;
    scene.set_faults(vendor, faults.clone());
    let run = scene.run(vendor).await;
    assert_eq!(run.state, "failed", "{vendor:?} with {faults:?}");
    let error = run.error.unwrap_or_default();
    assert!(error.contains(words), "{error:?} does not say {words:?}");
    scene.set_faults(vendor, Faults::none());
    for vendor in [Vendor::HubSpot, Vendor::WooCommerce, Vendor::Mailchimp] {
        let run = scene.run(vendor).await;
        assert_eq!((run.state.as_str(), &run.error), ("succeeded", &None), "{vendor:?} after the fault");
    }
    assert_eq!(scene.hash().await, expected, "after {vendor:?} with {faults:?}");
}

#[tokio::test]
async fn answers_that_are_no_answers_fail_the_run_and_lose_nothing() {
    let fleet = vendors().await;
    let expected = undisturbed(&fleet).await;
    use Vendor::{HubSpot, Mailchimp, WooCommerce};
    let from = |n, fault| Faults::none().with(Rule::from(n, fault));
    let on = |n, fault, path| Faults::none().with(Rule::from(n, fault).on(path));
    fails_and_recovers(
        &fleet,
        &expected,
        HubSpot,
        on(2, Fault::HtmlPage(200), "contacts"),
        "cannot be understood",
    )
    .await;
    fails_and_recovers(
        &fleet,
        &expected,
        Mailchimp,
        on(2, Fault::TruncatedJson, "members"),
        "cannot be understood",
    )
    .await;
    fails_and_recovers(
        &fleet,
        &expected,
        WooCommerce,
        on(1, Fault::HugeBody(1 << 30), "orders"),
        "larger than",
    )
    .await;
    fails_and_recovers(&fleet, &expected, HubSpot, from(5, Fault::Unauthorized), "refused the credentials")
        .await;
    let repeated = Fault::RepeatedPage { cursor_moves: true };
    fails_and_recovers(&fleet, &expected, HubSpot, on(1, repeated, "objects/contacts"), "contacts").await;
}

#[tokio::test]
async fn a_refused_cursor_starts_the_stream_again_and_a_passing_fault_is_not_seen_at_all() {
    let fleet = vendors().await;
    let expected = undisturbed(&fleet).await;
    let passing = Faults::none()
        .with(Rule::every(6, Fault::ServerError))
        .with(Rule::every(5, Fault::TooManyRequests(RetryAfter::Seconds(1))))
        .with(Rule::every(11, Fault::TooManyRequests(RetryAfter::Missing)))
        .with(Rule::every(7, Fault::CutConnection))
        .with(Rule::only(3, Fault::CursorRefused));
    let scene = Scene::new(&fleet).await;
    for vendor in [Vendor::HubSpot, Vendor::WooCommerce, Vendor::Mailchimp] {
        scene.set_faults(vendor, passing.clone());
        let run = scene.run(vendor).await;
        assert_eq!((run.state.as_str(), &run.error), ("succeeded", &None), "{vendor:?}");
        assert!(run.retries > 0, "{vendor:?} saw no fault");
    }
    assert_eq!(scene.hash().await, expected);
}

#[tokio::test]
async fn an_object_of_another_shape_is_rejected_with_its_reason_and_the_rest_is_read() {
    let fleet = vendors().await;
    let scene = Scene::new(&fleet).await;
    let wrong = Faults::none()
        .with(Rule::only(1, Fault::WrongType(WrongType::NumberForString)).on("objects/contacts"))
        .with(Rule::only(2, Fault::WrongType(WrongType::MissingId)).on("objects/contacts"))
        .with(Rule::only(1, Fault::WrongType(WrongType::ObjectForString)).on("objects/companies"));
    scene.set_faults(Vendor::HubSpot, wrong);
    let run = scene.run(Vendor::HubSpot).await;
    assert_eq!((run.state.as_str(), &run.error), ("succeeded", &None));
    assert!(run.rejected > 0, "nothing was rejected");
    assert!(run.created > 10, "the rest was not read");
    let rejected = scene.profiles.rejected_records(scene.hubspot, 10, None).await.unwrap();
    assert_eq!(i64::try_from(rejected.len()), Ok(run.rejected.min(10)));
    assert!(rejected.iter().all(|object| !object.reason.is_empty() && !object.payload.is_empty()));
}

#[tokio::test]
async fn a_vendor_whose_clock_is_wrong_loses_no_change() {
    for minutes in [-90, 90] {
        let fleet = vendors().await;
        let scene = Scene::new(&fleet).await;
        scene.fleet.hubspot.set_faults(Faults::none().with_clock_skew(TimeDelta::minutes(minutes)));
        assert_eq!(scene.run(Vendor::HubSpot).await.state, "succeeded");
        scene.fleet.clock.hold(now() + TimeDelta::minutes(1));
        let id = scene.fleet.hubspot.read(|portal| *portal.all(Kind::Contact).keys().next().unwrap());
        scene.fleet.hubspot.upsert_contact(id, &[("jobtitle", "Astronaut")], Stamp::Now);
        scene.fleet.clock.hold(now() + TimeDelta::minutes(2));
        assert_eq!(scene.run(Vendor::HubSpot).await.state, "succeeded");

        let reader = Reader::operator("test");
        let by = ProfileRef::Record { source: "hubspot".to_owned(), external_id: id.to_string() };
        let profile = scene.profiles.profile(&reader, &by).await.unwrap().unwrap();
        let told = profile.traits.iter().any(|found| {
            found.key == "job_title"
                && (found.value == json!("Astronaut")
                    || found.losers.iter().any(|loser| loser.value == json!("Astronaut")))
        });
        assert!(told, "the change was missed with a clock that is {minutes} minutes off");
    }
}
