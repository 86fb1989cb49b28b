//! The kit against a server that says exactly what a test wants, byte for byte.

use std::{
    io::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::{Http, HttpOptions, Limit, Request, Retry};
use crate::error::Error;

/// What the server does with one connection, before it closes it.
#[derive(Clone)]
enum Act {
    /// Says this.
    Say(Vec<u8>),
    /// Begins an answer and goes on for ever.
    Flood,
    /// Takes the request and says nothing.
    Silence,
}

/// The request heads that a server has seen.
type Heads = Arc<Mutex<Vec<String>>>;

/// Acts once for each connection; the last act is repeated.
async fn serve(acts: Vec<Act>) -> (Url, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let heads = Heads::default();
    let seen = heads.clone();
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((socket, _)) = listener.accept().await {
            let act = acts[turn.min(acts.len() - 1)].clone();
            turn += 1;
            tokio::spawn(play(socket, act, seen.clone()));
        }
    });
    (url, heads)
}

async fn play(mut socket: TcpStream, act: Act, heads: Heads) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 1024];
        match socket.read(&mut part).await {
            Ok(count) if count > 0 => head.extend_from_slice(&part[..count]),
            _ => return,
        }
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());
    match act {
        Act::Say(bytes) => drop(socket.write_all(&bytes).await),
        Act::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
        Act::Flood => {
            let mut part = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[".to_vec();
            while socket.write_all(&part).await.is_ok() {
                part = vec![b' '; 64 * 1024];
            }
        }
    }
}

fn answer(status: u16, headers: &str, body: &str) -> Act {
    Act::Say(
        format!(
            "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

fn good() -> Act {
    answer(200, "", r#"{"good":true}"#)
}

fn options() -> HttpOptions {
    HttpOptions {
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(10),
        max_body: 1024 * 1024,
        limit: Limit { per_second: 10_000.0, burst: 100, concurrency: 4 },
        retry: Retry {
            attempts: 4,
            first: Duration::from_millis(1),
            ceiling: Duration::from_millis(4),
            patience: Duration::from_mins(1),
        },
        seed: 7,
    }
}

/// Asks a server that acts so, and says what came of it and how often it was asked.
async fn ask(acts: Vec<Act>) -> (Result<Value, Error>, usize) {
    let (url, heads) = serve(acts).await;
    let http = Http::new(options()).unwrap();
    let result = http.json::<Value>(&Request::get(&url, &["things"]).query("key", "hidden")).await;
    let asked = heads.lock().unwrap().len();
    assert_eq!(http.stats().calls, asked as u64);
    assert_eq!(http.stats().retries, asked as u64 - 1);
    if let Err(error) = &result {
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    (result.map(|answer| answer.body), asked)
}

#[tokio::test]
async fn a_request_is_recognisable_and_its_ids_stay_within_their_segment() {
    let (url, heads) = serve(vec![good()]).await;
    let http = Http::new(options()).unwrap();
    let request =
        Request::get(&url.join("/blog/").unwrap(), &["lists", "a/../b?c", "members"]).query("q", "ä&b");
    http.json::<Value>(&request).await.unwrap();
    let head = heads.lock().unwrap()[0].to_lowercase();
    assert!(head.starts_with("get /blog/lists/a%2f..%2fb%3fc/members?q=%c3%a4%26b http/1.1\r\n"), "{head}");
    assert!(head.contains(concat!("user-agent: rondom/", env!("CARGO_PKG_VERSION"), " (+connector)\r\n")));
    assert!(head.contains("accept-encoding: gzip\r\n"));
}

#[tokio::test]
async fn passing_failures_are_asked_again_until_they_have_passed() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let (result, asked) =
            ask(vec![answer(status, "", "later"), answer(status, "", "later"), good()]).await;
        assert_eq!((result, asked), (Ok(json!({"good": true})), 3), "{status}");
    }
}

#[tokio::test]
async fn a_failure_that_does_not_pass_is_given_up_and_says_what_the_vendor_said() {
    let (result, asked) = ask(vec![answer(503, "", r#"{"message":"maintenance of ada@example.org"}"#)]).await;
    assert_eq!(asked, 4);
    let Err(Error::Exhausted { attempts: 4, last, retry_after: None, .. }) = result else {
        panic!("{result:?}")
    };
    assert_eq!(last, "HTTP 503: maintenance of …@…");
}

#[tokio::test]
async fn retry_after_is_obeyed_in_seconds_and_as_a_date_and_capped() {
    let now = "retry-after: 0\r\n";
    let then = "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let (result, asked) = ask(vec![answer(429, now, ""), answer(429, then, ""), good()]).await;
    assert_eq!((result.is_ok(), asked), (true, 3));
    let long = "retry-after: Sun, 06 Nov 1994 09:49:37 GMT\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let (result, asked) = ask(vec![answer(429, long, ""), good()]).await;
    assert_eq!(asked, 1, "an hour is not waited for");
    assert!(
        matches!(result, Err(Error::Exhausted { retry_after: Some(wait), .. }) if wait.as_secs() == 3600)
    );
}

#[tokio::test]
async fn refused_credentials_are_not_tried_again() {
    for status in [401, 403] {
        let (result, asked) = ask(vec![answer(status, "", r#"{"message":"no such key"}"#), good()]).await;
        assert_eq!(asked, 1);
        assert!(
            matches!(&result, Err(Error::Unauthorized { status: got, message, .. })
                if *got == status && message == "no such key"),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn another_client_error_is_final_and_its_page_of_html_is_not_repeated() {
    let (result, asked) = ask(vec![answer(404, "", "<html><b>ada@example.org</b></html>")]).await;
    assert_eq!(asked, 1);
    assert!(
        matches!(&result, Err(Error::Status { status: 404, message, .. }) if message == "a page of HTML"),
        "{result:?}"
    );
    let (result, _) = ask(vec![answer(400, "", &"x".repeat(100_000))]).await;
    assert!(matches!(&result, Err(Error::Status { message, .. }) if message.len() == 300));
}

#[tokio::test]
async fn html_and_broken_json_where_json_belongs_are_asked_again_twice() {
    for (body, complaint) in [
        ("<!doctype html><title>Wait</title>", "expected JSON, got a page of HTML"),
        (r#"{"good": tr"#, "the JSON breaks off after 11 bytes"),
        ("", "expected JSON, got nothing"),
        ("good\u{0}", "not JSON at line 1 column 1"),
    ] {
        let (result, asked) = ask(vec![answer(200, "", body), answer(200, "", body), good()]).await;
        assert_eq!((result.is_ok(), asked), (true, 3), "{body}");
        let (result, asked) = ask(vec![answer(200, "", body)]).await;
        assert_eq!(asked, 3);
        assert!(
            matches!(&result, Err(Error::Malformed { message, .. }) if message == complaint),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn json_of_another_shape_is_malformed_and_its_values_are_not_told() {
    let (url, _) = serve(vec![answer(200, "", r#""ada@example.org""#)]).await;
    let http = Http::new(options()).unwrap();
    let error = http.json::<Vec<u8>>(&Request::get(&url, &["things"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{url}things: the answer cannot be understood: unexpected JSON: expected a sequence")
    );
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_asked_for_again() {
    let cut = Act::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"good\":".to_vec());
    let (result, asked) = ask(vec![cut.clone(), good()]).await;
    assert_eq!((result.is_ok(), asked), (true, 2));
    let (result, asked) = ask(vec![cut]).await;
    assert_eq!(asked, 4);
    assert!(matches!(&result, Err(Error::Exhausted { last, .. }) if last == "the answer broke off"));
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit_and_not_asked_for_again() {
    let (result, asked) = ask(vec![Act::Flood]).await;
    assert_eq!(asked, 1);
    assert!(matches!(result, Err(Error::TooLarge { limit: 1_048_576, .. })), "{result:?}");
}

#[tokio::test]
async fn a_small_body_that_unpacks_to_a_large_one_is_cut_at_the_limit() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![b' '; 8 * 1024 * 1024]).unwrap();
    let bomb = gzip.finish().unwrap();
    assert!(bomb.len() < 100_000);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let (result, _) = ask(vec![Act::Say([head.as_bytes(), &bomb].concat())]).await;
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

#[tokio::test]
async fn an_announced_size_above_the_limit_is_not_even_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n{".to_vec();
    let (result, _) = ask(vec![Act::Say(announced)]).await;
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

#[tokio::test]
async fn silence_ends_with_the_time_out() {
    let (url, heads) = serve(vec![Act::Silence]).await;
    let retry = Retry { attempts: 2, ..options().retry };
    let http = Http::new(HttpOptions { timeout: Duration::from_millis(30), retry, ..options() }).unwrap();
    let error = http.json::<Value>(&Request::get(&url, &["things"])).await.unwrap_err();
    assert!(matches!(&error, Error::Exhausted { attempts: 2, last, .. } if last == "no answer in time"));
    assert_eq!(heads.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_listening_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let http = Http::new(options()).unwrap();
    let error = http.json::<Value>(&Request::get(&url, &["things"])).await.unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{url}things: gave up after 4 attempts: cannot connect: ")),
        "{error}"
    );
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_place() {
    let (elsewhere, seen) = serve(vec![good()]).await;
    let (url, _) = serve(vec![answer(302, &format!("location: {elsewhere}stolen\r\n"), "")]).await;
    let http = Http::new(options()).unwrap();
    let request = Request::get(&url, &["things"]).bearer(&SecretString::from("s3cret"));
    let error = http.json::<Value>(&request).await.unwrap_err();
    assert!(matches!(&error, Error::Status { status: 302, .. }), "{error}");
    assert_eq!(*seen.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_redirect_within_the_same_place_is_followed_and_a_circle_of_them_is_not() {
    let (result, asked) = {
        let (url, heads) = serve(vec![answer(302, "location: /moved\r\n", ""), good()]).await;
        let http = Http::new(options()).unwrap();
        let result = http.json::<Value>(&Request::get(&url, &["things"])).await;
        (result, heads.lock().unwrap().len())
    };
    assert_eq!((result.is_ok(), asked), (true, 2));
    let (url, heads) = serve(vec![answer(302, "location: /things\r\n", "")]).await;
    let http = Http::new(options()).unwrap();
    let result = http.json::<Value>(&Request::get(&url, &["things"])).await;
    assert!(matches!(result, Err(Error::Status { status: 302, .. })));
    assert!(heads.lock().unwrap().len() < 10);
}

#[tokio::test]
async fn a_write_is_redirected_with_its_body_or_not_at_all() {
    for status in [301, 302, 303, 307, 308] {
        let (url, heads) = serve(vec![answer(status, "location: /moved\r\n", ""), good()]).await;
        let http = Http::new(options()).unwrap();
        let write = Request::write(::http::Method::POST, &url, &["things"], b"{}".to_vec());
        let sent = http.send(&write).await;
        let heads = heads.lock().unwrap().clone();
        if status < 305 {
            assert!(matches!(&sent, Err(Error::Status { status: said, .. }) if *said == status), "{sent:?}");
            assert_eq!(heads.len(), 1, "{status}: nobody took it, so nobody is said to have");
        } else {
            assert!(sent.is_ok(), "{sent:?}");
            assert!(heads[1].starts_with("POST /moved HTTP/1.1\r\n"), "{heads:?}");
        }
    }
}

#[tokio::test]
async fn what_tells_who_somebody_is_stands_in_no_error() {
    let (url, _) = serve(vec![answer(400, "", r#"{"message":"no member 0123abcd"}"#)]).await;
    let http = Http::new(options()).unwrap();
    let write = Request::write(::http::Method::PUT, &url, &["members", "0123abcd", "tags"], b"{}".to_vec());
    let error = http.send(&write.hiding("0123abcd")).await.unwrap_err().to_string();
    assert!(error.ends_with("/members/…/tags answered HTTP 400: no member …"), "{error}");
}

#[tokio::test]
async fn no_credential_is_in_any_error_even_where_the_vendor_repeats_it() {
    let secret = SecretString::from("s3cret-key");
    let said = r#"{"message":"unknown key s3cret-key"}"#;
    let (url, heads) = serve(vec![answer(400, "", said)]).await;
    let http = Http::new(options()).unwrap();
    let base = Request::get(&url, &["things"]);
    for request in [
        base.clone().bearer(&secret),
        base.clone().basic(&SecretString::from("me"), &secret),
        base.clone().query_credentials(vec![("consumer_key", secret.clone())]),
    ] {
        assert!(!format!("{request:?}").contains("s3cret"));
        let error = http.json::<Value>(&request).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{url}things answered HTTP 400: unknown key …"));
    }
    let heads = heads.lock().unwrap().join("");
    assert!(heads.contains("authorization: Bearer s3cret-key\r\n"));
    assert!(heads.contains("authorization: Basic bWU6czNjcmV0LWtleQ==\r\n"));
    assert!(heads.contains("GET /things?consumer_key=s3cret-key "));
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_a_wrong_configuration() {
    let (url, _) = serve(vec![good()]).await;
    let http = Http::new(options()).unwrap();
    let request = Request::get(&url, &["things"]).bearer(&SecretString::from("two\nlines"));
    let error = http.json::<Value>(&request).await.unwrap_err().to_string();
    assert_eq!(error, "configuration: secrets: contain characters that cannot be sent");
}

#[tokio::test]
async fn nothing_is_sent_unencrypted_to_another_machine() {
    let http = Http::new(options()).unwrap();
    let request = Request::get(&"http://shop.example/".parse().unwrap(), &["things"]);
    let error = http.json::<Value>(&request).await.unwrap_err();
    assert!(matches!(error, Error::Configuration { path, .. } if path == "base_url"));
    assert_eq!(http.stats().calls, 0);
}

#[tokio::test]
async fn the_answers_own_date_and_counters_are_told() {
    let headers = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nx-wp-total: 41\r\nx-odd: many\r\n";
    let (url, _) = serve(vec![answer(200, headers, "[1, 2]")]).await;
    let http = Http::new(options()).unwrap();
    let answer = http.json::<Vec<u8>>(&Request::get(&url, &["things"])).await.unwrap();
    assert_eq!(answer.date().unwrap().to_rfc3339(), "1994-11-06T08:49:37+00:00");
    assert_eq!((answer.number("x-wp-total"), answer.number("x-odd")), (Some(41), None));
    assert_eq!(http.stats().bytes, 6);
}
