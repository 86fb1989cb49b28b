//! Asking many times at once and keeping the times.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// How long each request of a load took.
#[derive(Default)]
pub(super) struct Times {
    sorted: Vec<Duration>,
    pub(super) wall: Duration,
}

impl Times {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { sorted: times, wall: Duration::ZERO }
    }

    /// Adds those of another measurement, made after this one.
    pub(super) fn add(&mut self, other: Self) {
        self.sorted.extend(other.sorted);
        self.sorted.sort_unstable();
        self.wall += other.wall;
    }

    /// The time below which that share of the requests stayed.
    pub(super) fn percentile(&self, share: f64) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        self.sorted.get(place).copied().unwrap_or_default()
    }
}

/// Runs `request` so many times over so many workers, each with a state of its own. The states come back, so that
/// their connections, and the processes at the other end that have counted the work, outlive the measurement.
pub(super) async fn run<S, F>(
    workers: Vec<S>,
    requests: u64,
    request: impl Fn(S, u64) -> F + Send + Sync + 'static,
) -> anyhow::Result<(Times, Vec<S>)>
where
    S: Send + 'static,
    F: Future<Output = anyhow::Result<S>> + Send,
{
    paced(workers, requests, Duration::ZERO, request).await
}

/// As [`run`], with one request due every `pace`. Its time counts from then, also where no worker was free.
pub(super) async fn paced<S, F>(
    workers: Vec<S>,
    requests: u64,
    pace: Duration,
    request: impl Fn(S, u64) -> F + Send + Sync + 'static,
) -> anyhow::Result<(Times, Vec<S>)>
where
    S: Send + 'static,
    F: Future<Output = anyhow::Result<S>> + Send,
{
    let request = Arc::new(request);
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let mut set = JoinSet::new();
    for mut state in workers {
        let (request, next) = (request.clone(), next.clone());
        set.spawn(async move {
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return anyhow::Ok((times, state));
                }
                let mut start = Instant::now();
                if !pace.is_zero() {
                    start = began + pace.mul_f64(number as f64);
                    tokio::time::sleep_until(start.into()).await;
                }
                state = request(state, number).await?;
                times.push(start.elapsed());
            }
        });
    }
    let (mut sorted, mut states) = (Vec::new(), Vec::new());
    while let Some(ended) = set.join_next().await {
        let (times, state) = ended??;
        sorted.extend(times);
        states.push(state);
    }
    let wall = began.elapsed();
    sorted.sort_unstable();
    Ok((Times { sorted, wall }, states))
}

/// One HTTP/1.1 connection that is kept, as light as it can be: what it uses is taken from the server.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(1 << 16) })
    }

    /// Posts a GraphQL request and returns the body of the answer.
    pub(super) async fn post(&mut self, key: &str, body: &str) -> anyhow::Result<&[u8]> {
        let (status, body) = self.post_to("/graphql", &format!("Bearer {key}"), body).await?;
        ensure!(status == 200, "the server answered {status}");
        Ok(body)
    }

    /// Posts JSON to a path; the status and the body of the answer.
    pub(super) async fn post_to(
        &mut self,
        path: &str,
        authorization: &str,
        body: &str,
    ) -> anyhow::Result<(u16, &[u8])> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {authorization}\r\n\
             content-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection");
            let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head])?;
            let status: u16 = text
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .with_context(|| format!("the server answered {text}"))?;
            let length: usize = text
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .context("an answer without content-length")?
                .1
                .trim()
                .parse()?;
            let end = head + 4 + length;
            while self.buffer.len() < end {
                ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the answer was cut off");
            }
            return Ok((status, &self.buffer[head + 4..end]));
        }
    }
}
