//! A tool that hears of changes over HTTP, takes each id for one, and does as it is told: fails, asks for quiet, hangs up.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the tool does with one request; without more of them it takes everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Take,
    /// Answers this status and has not taken it.
    Fail(u16),
    /// Asks for so many seconds of quiet.
    Quiet(u32),
    /// Says of it that it is wrong, in these words, and has not taken it.
    Refuse(&'static str),
    /// Takes it and hangs up before it answers.
    HangUp,
    /// Takes it and says nothing for a long time.
    Silence,
}

#[derive(Debug, Default)]
struct Known {
    acts: VecDeque<Act>,
    /// How often each id came.
    seen: BTreeMap<String, u32>,
    /// What was done, each id once: what happened, to whom.
    effects: Vec<(String, String)>,
    /// Whom it knows now, and as what.
    people: BTreeMap<String, Value>,
    /// The requests as they came: head and body.
    requests: Vec<(String, Vec<u8>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Receiver {
    pub(super) url: String,
    known: Arc<Mutex<Known>>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let known = Arc::new(Mutex::new(Known::default()));
        let taking = Arc::clone(&known);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(take(socket, Arc::clone(&taking)));
            }
        });
        Self { url, known }
    }

    pub(super) fn next(&self, acts: &[Act]) {
        self.known.lock().unwrap().acts.extend(acts);
    }

    /// Takes everything from now on.
    pub(super) fn calm(&self) {
        self.known.lock().unwrap().acts.clear();
    }

    /// What was done since it was last asked.
    pub(super) fn effects(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.known.lock().unwrap().effects)
    }

    pub(super) fn people(&self) -> BTreeMap<String, Value> {
        self.known.lock().unwrap().people.clone()
    }

    /// How often each id came, in no order.
    pub(super) fn times(&self) -> Vec<u32> {
        self.known.lock().unwrap().seen.values().copied().collect()
    }

    pub(super) fn requests(&self) -> Vec<(String, Vec<u8>)> {
        self.known.lock().unwrap().requests.clone()
    }
}

async fn take(mut socket: TcpStream, known: Arc<Mutex<Known>>) {
    let Some((head, body)) = read(&mut socket).await else { return };
    let act = {
        let mut known = known.lock().unwrap();
        let act = known.acts.pop_front().unwrap_or(Act::Take);
        known.requests.push((head.clone(), body.clone()));
        for (id, what, who, now) in messages(&head, &serde_json::from_slice(&body).unwrap()) {
            let times = known.seen.entry(id).or_default();
            *times += 1;
            // A repetition of what was not taken is none.
            if !matches!(act, Act::Take | Act::HangUp | Act::Silence) {
                *times -= 1;
            } else if *times == 1 {
                match now {
                    Some(now) => drop(known.people.insert(who.clone(), now)),
                    None if what == "tracked in" => {}
                    None => drop(known.people.remove(&who)),
                }
                known.effects.push((what, who));
            }
        }
        act
    };
    let answer = match act {
        Act::Take => "200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        Act::Fail(status) => format!("{status} No\r\ncontent-length: 0\r\n\r\n"),
        Act::Quiet(seconds) => {
            format!("429 No\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n")
        }
        Act::Refuse(why) => {
            let said = serde_json::json!({ "message": why }).to_string();
            format!("400 No\r\ncontent-length: {}\r\n\r\n{said}", said.len())
        }
        Act::HangUp => return,
        Act::Silence => return tokio::time::sleep(std::time::Duration::from_mins(1)).await,
    };
    let _ = socket
        .write_all(format!("HTTP/1.1 {answer}").replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes())
        .await;
}

/// What a request says: id, what happens, to whom, and what is known of them then.
fn messages(head: &str, body: &Value) -> Vec<(String, String, String, Option<Value>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(batch) = body.get("batch") {
        let message = |message: &Value| {
            let known = message.get("traits").cloned();
            let what = match (message["type"].as_str().unwrap(), message["event"].as_str()) {
                ("identify", _) => "identified",
                (_, Some("Audience Entered")) => "tracked in",
                _ => "tracked out",
            };
            (text(&message["messageId"]), what.to_owned(), text(&message["userId"]), known)
        };
        return batch.as_array().unwrap().iter().map(message).collect();
    }
    let (data, what) = (&body["data"], text(&body["type"]));
    let known = (what != "audience.left").then(|| data["fields"].clone());
    let what = what.trim_start_matches("audience.").to_owned();
    vec![(header(head, "webhook-id"), what, text(&data["person"]), known)]
}

/// The value of a header.
pub(super) fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
}

async fn read(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = socket.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length: usize = header(&head, "content-length").parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}
