//! The kinds against servers that behave like the tools.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::IntoResponse,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, kind, kinds};
use crate::{Http, Secrets, error::Error};

/// 32 bytes in base64.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

#[derive(Debug, Clone)]
struct Call {
    what: String,
    headers: HeaderMap,
    body: String,
}

impl Call {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Calls = Arc<Mutex<Vec<Call>>>;

/// A server that answers as it is told, and remembers.
async fn server(answer: impl Fn(&Call) -> (u16, Value) + Clone + Send + Sync + 'static) -> (String, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let call = Call { what: format!("{method} {uri}"), headers, body };
        let (status, said) = answer(&call);
        seen.lock().unwrap().push(call);
        async move { (StatusCode::from_u16(status).unwrap(), said.to_string()).into_response() }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, calls)
}

fn build(
    name: &str,
    config: &Value,
    secrets: Value,
    fields: &[&str],
    folder: Option<&std::path::Path>,
) -> Result<Box<dyn Destination>, Error> {
    let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
    let here = Surroundings { audience: "vip", fields: &fields, folder };
    (kind(name)?.build)(config, &Secrets::from_json(secrets)?, here)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn person(email: &str, fields: Value) -> Person {
    let Value::Object(fields) = fields else { unreachable!() };
    let identifiers: BTreeMap<String, Vec<String>> = [("email".to_owned(), vec![email.to_owned()])]
        .into_iter()
        .filter(|(_, v)| !v[0].is_empty())
        .collect();
    Person { identifiers, fields }
}

fn comes(id: &str, email: &str, fields: Value) -> Change {
    let deed = Deed::Upsert { enters: true, person: person(email, fields) };
    Change { id: id.to_owned(), person: format!("p-{id}"), at: at(1), deed }
}

fn goes(id: &str, handle: Option<&str>) -> Change {
    let deed = Deed::Remove { handle: handle.map(str::to_owned), stays: None };
    Change { id: id.to_owned(), person: format!("p-{id}"), at: at(2), deed }
}

async fn tell(name: &str, destination: &dyn Destination, changes: &[Change]) -> Vec<Outcome> {
    let http = Http::new(kind(name).unwrap().http_options()).unwrap();
    destination.deliver(&http, Batch { changes, now: at(1_000) }).await
}

#[test]
fn kinds_stand_in_order_and_every_field_of_a_form_is_described_and_secrets_are_write_only() {
    assert!(kinds().is_sorted_by_key(|kind| kind.name));
    assert!(kind("webhok").err().unwrap().to_string().contains("there are audience, file, hubspot"));
    for kind in kinds() {
        for (schema, secret) in [((kind.config_schema)(), false), ((kind.secrets_schema)(), true)] {
            assert_eq!(schema["additionalProperties"], json!(false), "{}", kind.name);
            for (name, field) in schema["properties"].as_object().unwrap() {
                let at = format!("{} {name}: {field}", kind.name);
                assert!(field["title"].is_string() && field["description"].is_string(), "{at}");
                assert_eq!(field["writeOnly"].as_bool().unwrap_or(false), secret, "{at}");
            }
        }
    }
}

/// HMAC-SHA256 as RFC 2104 writes it down, apart from the library that signs.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::digest([block.map(|byte| byte ^ 0x36).as_slice(), message].concat());
    Sha256::digest([block.map(|byte| byte ^ 0x5c).as_slice(), &inner].concat()).to_vec()
}

#[tokio::test]
async fn a_webhook_is_signed_so_that_anybody_with_the_secret_can_check_it() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let (url, calls) = server(|_| (204, json!(null))).await;
    let hook =
        build("webhook", &json!({ "url": url }), json!({ "signing_secret": SECRET }), &[], None).unwrap();
    let changes = [comes("1", "ann@example.org", json!({ "name": "Ann" })), goes("2", None)];
    assert_eq!(tell("webhook", &*hook, &changes).await, [Outcome::Delivered, Outcome::Delivered]);
    let mut calls = calls.lock().unwrap().clone();
    calls.sort_by_key(|call| call.headers["webhook-id"].to_str().unwrap().to_owned());
    for call in &calls {
        let header = |name: &str| call.headers[name].to_str().unwrap();
        let signed = format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), call.body);
        let mac = BASE64_STANDARD.encode(hmac(b"0123456789abcdef0123456789abcdef", signed.as_bytes()));
        assert_eq!(header("webhook-signature"), format!("v1,{mac}"));
        assert_eq!(header("webhook-timestamp"), at(1_000).timestamp().to_string());
    }
    let data = json!({
        "person": "p-1", "audience": "vip", "identifiers": { "email": ["ann@example.org"] }, "fields": { "name": "Ann" },
    });
    let expected =
        json!({ "type": "audience.entered", "timestamp": "2024-10-04T00:00:01.000000Z", "data": data });
    assert_eq!(calls[0].json(), expected);
    assert_eq!(calls[1].json()["data"], json!({ "person": "p-2", "audience": "vip" }));
    for (secret, url) in [("c2hvcnQ=", "https://a.example"), (SECRET, "http://a.example")] {
        let config = json!({ "url": url });
        assert!(build("webhook", &config, json!({ "signing_secret": secret }), &[], None).is_err());
    }
}

#[tokio::test]
async fn what_is_wrong_with_one_takes_nobody_else_along() {
    let (url, calls) =
        server(
            |call| {
                if call.body.contains("bad") { (400, json!({ "message": "no" })) } else { (200, json!({})) }
            },
        )
        .await;
    let config = json!({ "base_url": url });
    let forwarder = build("segment", &config, json!({ "write_key": "w" }), &["name"], None).unwrap();
    let names = ["Ann", "Bo", "bad", "Cas", "Dirk"];
    let changes: Vec<Change> = names.iter().map(|name| comes(name, "", json!({ "name": name }))).collect();
    let outcomes = tell("segment", &*forwarder, &changes).await;
    for (name, outcome) in names.iter().zip(outcomes) {
        assert_eq!(matches!(outcome, Outcome::Refused { .. }), *name == "bad", "{name}: {outcome:?}");
    }
    let last = calls.lock().unwrap().last().unwrap().clone();
    assert_eq!(
        (last.what.as_str(), &last.headers["authorization"]),
        ("POST /v1/batch", &"Basic dzo=".parse().unwrap())
    );
    let batch = last.json()["batch"].take();
    assert_eq!([&batch[0]["type"], &batch[0]["traits"]], [&json!("identify"), &json!({ "name": "Cas" })]);
    assert_eq!([&batch[1]["event"], &batch[1]["messageId"]], ["Audience Entered", "Cas-in"]);
    assert_eq!(batch[0]["messageId"], "Cas");
}

#[tokio::test]
async fn a_file_holds_the_whole_audience_and_nothing_leads_out_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    for (format, expected) in [
        ("csv", "id,name,tags\np-1,\"Ann, \"\"A\"\"\",\"[\"\"x\"\"]\"\np-3,Cas,\n"),
        (
            "jsonl",
            "{\"id\":\"p-1\",\"name\":\"Ann, \\\"A\\\"\",\"tags\":[\"x\"]}\n{\"id\":\"p-3\",\"name\":\"Cas\",\"tags\":null}\n",
        ),
    ] {
        let config = json!({ "path": format!("crm/vip.{format}"), "format": format });
        let file = build("file", &config, json!({}), &["name", "tags"], Some(folder.path())).unwrap();
        let ann = comes("1", "", json!({ "name": "Ann, \"A\"", "tags": ["x"] }));
        let (bo, cas) = (comes("2", "", json!({ "name": "Bo" })), comes("3", "", json!({ "name": "Cas" })));
        assert_eq!(tell("file", &*file, &[bo, cas.clone()]).await, vec![Outcome::Delivered; 2]);
        for _ in 0..2 {
            tell("file", &*file, &[goes("2", None), ann.clone(), cas.clone()]).await;
            let written = fs::read_to_string(folder.path().join(format!("crm/vip.{format}"))).unwrap();
            assert_eq!(written, expected);
        }
        // Whatever was there is there until all of the new is: somebody else's file is left as it is.
        fs::write(folder.path().join(format!("crm/vip.{format}")), "name\nsomebody else's\n").unwrap();
        let outcomes = tell("file", &*file, std::slice::from_ref(&ann)).await;
        assert!(matches!(&outcomes[0], Outcome::Retry { .. }), "{outcomes:?}");
        let Outcome::Retry { why, .. } = &outcomes[0] else { unreachable!() };
        assert!(why.ends_with("somebody else has written to the file; move it away"), "{why}");
        let left: Vec<_> = fs::read_dir(folder.path().join("crm"))
            .unwrap()
            .map(|found| found.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.strip_suffix(".lock").is_none())
            .collect();
        assert_eq!(left, [format!("vip.{format}")]);
        assert!(file.vacant().unwrap_err().to_string().contains("there is a file already"));
        fs::remove_file(folder.path().join(format!("crm/vip.{format}"))).unwrap();
        let http = Http::new(kind("file").unwrap().http_options()).unwrap();
        assert_eq!(
            file.check(&http, at(0)).await.unwrap().account,
            format!("crm/vip.{format} can be written; it has 0 bytes")
        );
        assert_eq!(file.vacant(), Ok(()));
    }
    for path in ["../x.csv", "/etc/x.csv", "a/../../x", "", ".x", "a//b", "a/.b/c", "./x"] {
        let config = json!({ "path": path });
        assert!(build("file", &config, json!({}), &[], Some(folder.path())).is_err(), "{path}");
    }
    assert!(build("file", &json!({ "path": "x.csv" }), json!({}), &[], None).is_err(), "no folder, no files");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), folder.path().join("away")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x.csv"), folder.path().join("x.csv")).unwrap();
        for path in ["away/x.csv", "x.csv"] {
            let file = build("file", &json!({ "path": path }), json!({}), &[], Some(folder.path())).unwrap();
            let outcomes = tell("file", &*file, &[comes("1", "", json!({}))]).await;
            assert!(matches!(&outcomes[0], Outcome::Retry { .. }), "{path}: {outcomes:?}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_written_by_one_at_a_time_and_read_by_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file =
        build("file", &json!({ "path": "vip.csv" }), json!({}), &["name"], Some(folder.path())).unwrap();
    // What somebody's process left behind, for everybody to read.
    let part = folder.path().join(".vip.csv.part");
    fs::write(&part, "half").unwrap();
    fs::set_permissions(&part, fs::Permissions::from_mode(0o644)).unwrap();
    let ann = comes("1", "", json!({ "name": "Ann" }));
    let lock = fs::File::create(folder.path().join(".vip.csv.lock")).unwrap();
    lock.lock().unwrap();
    let outcomes = tell("file", &*file, std::slice::from_ref(&ann)).await;
    assert!(
        matches!(&outcomes[0], Outcome::Retry { why, .. } if why.contains("another process")),
        "{outcomes:?}"
    );
    let http = Http::new(kind("file").unwrap().http_options()).unwrap();
    file.check(&http, at(0)).await.unwrap();
    assert_eq!(fs::read_to_string(&part).unwrap(), "half", "whoever looks disturbs nobody");
    lock.unlock().unwrap();
    assert_eq!(tell("file", &*file, &[ann]).await, [Outcome::Delivered]);
    let mode = fs::metadata(folder.path().join("vip.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(file.rest(std::time::Duration::from_secs(2)).as_secs(), 18, "a tenth of the time");
}

#[tokio::test]
async fn no_cell_is_a_formula_and_numbers_stay_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let fields = ["name", "phone", "sum"];
    let file = build("file", &json!({ "path": "x.csv" }), json!({}), &fields, Some(folder.path())).unwrap();
    let of = |name: &str| json!({ "name": name, "phone": "+31201234567", "sum": -5.5 });
    let changes = [comes("1", "", of("=1+1")), comes("2", "", of("@x")), comes("3", "", of("A-1"))];
    // Whatever is merged into it later.
    for changes in [&changes[..], &changes[2..]] {
        tell("file", &*file, changes).await;
        let expected = ["'=1+1", "'@x", "A-1"]
            .iter()
            .enumerate()
            .map(|(n, name)| format!("p-{},{name},+31201234567,-5.5\n", n + 1));
        let written = fs::read_to_string(folder.path().join("x.csv")).unwrap();
        assert_eq!(written, format!("id,name,phone,sum\n{}", expected.collect::<String>()));
    }
}

#[tokio::test]
async fn a_platform_gets_hashes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "platform": "meta", "path": "ads.csv" });
    let ads = build("audience", &config, json!({}), &[], Some(folder.path())).unwrap();
    let ann = comes("1", "ann@example.org", json!({ "first_name": "Ann", "country": "NL" }));
    tell("audience", &*ads, std::slice::from_ref(&ann)).await;
    let written = fs::read_to_string(folder.path().join("ads.csv")).unwrap();
    assert!(written.starts_with("id,email,phone,fn,ln,dob,gen,ct,zip,country\n"), "{written}");
    assert!(!written.to_lowercase().contains("ann") && !written.contains("p-1"), "{written}");
    let unfit = person("", json!({ "first_name": "Ann" }));
    assert!(ads.handle(&unfit).is_err());

    let (url, calls) = server(|_| (200, json!({}))).await;
    let config = json!({ "platform": "google", "url": url });
    let ads = build("audience", &config, json!({ "signing_secret": SECRET }), &[], None).unwrap();
    let Deed::Upsert { person, .. } = &ann.deed else { unreachable!() };
    let handle = ads.handle(person).unwrap().unwrap();
    let mut renamed = person.clone();
    renamed.fields["first_name"] = json!("Anna");
    assert_eq!(ads.handle(&renamed).unwrap().unwrap(), handle, "a name is not what she is known by");
    tell("audience", &*ads, &[ann.clone(), goes("2", Some(&handle))]).await;
    let data = calls.lock().unwrap()[0].json()["data"].take();
    let email = &data["add"][0]["Email"];
    assert_eq!(data["remove"], json!([{ "Email": email }]), "taken out by the very hash");
    assert_eq!(data["add"][0]["Country"], "NL");
    // Another number and the same address: who is taken out by the address is out.
    let with = |phone: &str| {
        let mut person = person.clone();
        person.identifiers.insert("phone".to_owned(), vec![phone.to_owned()]);
        ads.handle(&person).unwrap()
    };
    let deed = Deed::Remove { handle: with("+31201234567"), stays: with("+31207654321") };
    tell("audience", &*ads, &[Change { deed, ..ann.clone() }]).await;
    let remove = calls.lock().unwrap()[1].json()["data"]["remove"].take();
    assert_eq!(remove[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["Phone"]);
    assert!(build("audience", &json!({ "platform": "meta" }), json!({}), &[], None).is_err());
}

#[tokio::test]
async fn mailchimp_members_get_a_tag_and_lose_it_and_stay() {
    let (url, calls) = server(|call| {
        if call.what.contains("/gone/") { (404, json!({})) } else { (200, json!({ "name": "News" })) }
    })
    .await;
    let config = json!({ "list": "a1b2", "base_url": url });
    let list = build("mailchimp", &config, json!({ "api_key": "k-us1" }), &["FNAME"], None).unwrap();
    let ann = person("Ann@example.org", json!({ "FNAME": "Ann", "AGE": 7, "X": null, "L": ["a", "b"] }));
    // md5("ann@example.org")
    let member = list.handle(&ann).unwrap().unwrap();
    assert_eq!(member, "8b5a6a28fc840441be692d74a81ccd1a");
    let changes = [comes("1", "Ann@example.org", Value::Object(ann.fields)), goes("2", Some("gone"))];
    assert_eq!(tell("mailchimp", &*list, &changes[..1]).await, [Outcome::Delivered]);
    assert_eq!(
        tell("mailchimp", &*list, &changes[1..]).await,
        [Outcome::Delivered],
        "who is no member has no tag"
    );
    let calls = calls.lock().unwrap().clone();
    let whats: Vec<&str> = calls.iter().map(|call| call.what.as_str()).collect();
    let base = "/3.0/lists/a1b2/members";
    assert_eq!(
        whats,
        [
            format!("PUT {base}/{member}"),
            format!("POST {base}/{member}/tags"),
            format!("POST {base}/gone/tags")
        ]
    );
    let merge = json!({ "FNAME": "Ann", "AGE": 7, "L": "a, b" });
    let put = json!({ "email_address": "Ann@example.org", "status_if_new": "transactional", "merge_fields": merge });
    assert_eq!(calls[0].json(), put);
    assert_eq!(calls[1].json(), json!({ "tags": [{ "name": "vip", "status": "active" }] }));
    assert_eq!(calls[2].json()["tags"][0]["status"], "inactive");
    let http = Http::new(kind("mailchimp").unwrap().http_options()).unwrap();
    assert_eq!(list.check(&http, at(0)).await.unwrap().account, "audience News (a1b2)");
}

#[tokio::test]
async fn hubspot_contacts_are_put_on_a_list_and_taken_off_and_one_that_is_refused_stands_alone() {
    let (url, calls) = server(|call| {
        if call.what.contains("upsert") || call.what.contains("batch/read") {
            let inputs = call.json()["inputs"].take();
            let inputs = inputs.as_array().unwrap();
            if inputs.iter().any(|input| input["id"] == "bad") {
                return (400, json!({ "message": "bad is no address" }));
            }
            let contact = |input: &Value| json!({ "id": format!("7{}", input["id"].as_str().unwrap().len()), "properties": { "email": input["id"] } });
            return (200, json!({ "results": inputs.iter().map(contact).collect::<Vec<_>>() }));
        }
        (200, json!({ "list": { "name": "VIP", "processingType": "MANUAL" } }))
    })
    .await;
    let config = json!({ "list": "42", "base_url": url });
    let list = build("hubspot", &config, json!({ "access_token": "t" }), &[], None).unwrap();
    let changes = [
        comes("1", "ann@example.org", json!({ "firstname": "Ann", "lastname": null, "tags": ["a", "b"] })),
        comes("2", "bad", json!({})),
        goes("3", Some("bo@example.org")),
    ];
    let outcomes = tell("hubspot", &*list, &changes).await;
    assert_eq!([&outcomes[0], &outcomes[2]], [&Outcome::Delivered; 2]);
    assert!(matches!(&outcomes[1], Outcome::Refused { .. }), "{outcomes:?}");
    let calls = calls.lock().unwrap().clone();
    let bodies =
        |end: &str| calls.iter().filter(|call| call.what.ends_with(end)).map(Call::json).collect::<Vec<_>>();
    assert_eq!(bodies("/lists/42/memberships/add"), [json!(["715"])]);
    assert!(bodies("/lists/42/memberships/remove").contains(&json!(["714"])));
    let properties = json!({ "firstname": "Ann", "tags": "a;b", "email": "ann@example.org" });
    let input = json!({ "idProperty": "email", "id": "ann@example.org", "properties": properties });
    assert!(bodies("batch/upsert").contains(&json!({ "inputs": [input] })));
    assert!(calls.iter().all(|call| call.headers["authorization"] == "Bearer t"));
}

#[tokio::test]
async fn what_passes_by_itself_is_told_apart_from_what_does_not() {
    for (status, passes) in [
        (200, None),
        (500, Some(true)),
        (429, Some(true)),
        (401, Some(true)),
        (404, Some(true)),
        (422, Some(false)),
        (410, Some(false)),
    ] {
        let (url, calls) = server(move |_| (status, json!({ "message": "because" }))).await;
        let hook =
            build("webhook", &json!({ "url": url }), json!({ "signing_secret": SECRET }), &[], None).unwrap();
        let outcome = tell("webhook", &*hook, &[comes("1", "", json!({}))]).await.remove(0);
        let found = match &outcome {
            Outcome::Delivered => None,
            Outcome::Retry { .. } => Some(true),
            Outcome::Refused { .. } => Some(false),
            Outcome::Unsent => unreachable!(),
        };
        assert_eq!(found, passes, "{status}: {outcome:?}");
        assert_eq!(calls.lock().unwrap().len(), 1, "the kit repeats nothing that is sent");
    }
}

#[tokio::test]
async fn hubspot_says_which_of_many_it_does_not_take() {
    let (url, _) = server(|call| {
        if call.what.contains("upsert") {
            let taken = json!([{ "id": "7", "properties": { "email": "ann@example.org" } }]);
            let error =
                json!({ "message": "firstname is too long", "context": { "ids": ["Bo@example.org"] } });
            return (207, json!({ "status": "COMPLETE", "results": taken, "errors": [error] }));
        }
        (200, json!({}))
    })
    .await;
    let config = json!({ "list": "42", "base_url": url });
    let list = build("hubspot", &config, json!({ "access_token": "t" }), &[], None).unwrap();
    let emails = ["ann@example.org", "bo@example.org", "cas@example.org"];
    let changes = emails.map(|email| comes(email, email, json!({})));
    let outcomes = tell("hubspot", &*list, &changes).await;
    assert_eq!(outcomes[0], Outcome::Delivered);
    assert_eq!(outcomes[1], Outcome::Refused { why: "HubSpot: firstname is too long".to_owned() });
    assert!(matches!(&outcomes[2], Outcome::Retry { after: None, .. }), "{outcomes:?}");
}

#[tokio::test]
async fn who_asks_for_quiet_is_not_told_the_rest() {
    let changes: Vec<Change> = (0..30).map(|n| comes(&n.to_string(), "", json!({}))).collect();
    for status in [429, 401, 500] {
        let (url, calls) = server(move |_| (status, json!({}))).await;
        let hook =
            build("webhook", &json!({ "url": url }), json!({ "signing_secret": SECRET }), &[], None).unwrap();
        let outcomes = tell("webhook", &*hook, &changes).await;
        let unsent = outcomes.iter().filter(|outcome| **outcome == Outcome::Unsent).count();
        let asked = calls.lock().unwrap().len();
        assert_eq!(unsent + asked, 30, "{status}");
        assert_eq!(
            asked < 30,
            status != 500,
            "{status}: trouble with one may be nobody else's, {asked} were sent"
        );
    }
    // Nobody is there.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let hook =
        build("webhook", &json!({ "url": url }), json!({ "signing_secret": SECRET }), &[], None).unwrap();
    let outcomes = tell("webhook", &*hook, &changes).await;
    assert!(matches!(&outcomes[0], Outcome::Retry { after: Some(_), .. }), "{outcomes:?}");
    assert_eq!(outcomes[29], Outcome::Unsent);
}

#[tokio::test]
async fn a_check_is_stamped_with_its_instant() {
    let (url, calls) = server(|_| (204, json!(null))).await;
    let hook =
        build("webhook", &json!({ "url": url }), json!({ "signing_secret": SECRET }), &[], None).unwrap();
    let http = Http::new(kind("webhook").unwrap().http_options()).unwrap();
    hook.check(&http, at(5)).await.unwrap();
    let stamp = calls.lock().unwrap()[0].headers["webhook-timestamp"].clone();
    assert_eq!(stamp.to_str().unwrap(), at(5).timestamp().to_string());
}
