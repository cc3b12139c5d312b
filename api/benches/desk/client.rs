//! A closed loop over HTTP/1.1: each client sends a request, reads the whole response, then sends the next request. The
//! client is minimal, because it shares the machine with the server.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;

/// The bytes of an HTTP request.
pub(crate) struct Request(Vec<u8>);

impl Request {
    pub(crate) fn get(path: &str, bearer: Option<&str>) -> Self {
        Self::get_if_changed(path, bearer, None)
    }

    /// A request with `If-None-Match`, if there is an entity tag.
    pub(crate) fn get_if_changed(path: &str, bearer: Option<&str>, etag: Option<&str>) -> Self {
        let authorization =
            bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let condition = etag.map(|etag| format!("If-None-Match: {etag}\r\n")).unwrap_or_default();
        Self(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}{condition}\r\n").into_bytes())
    }

    pub(crate) fn post(path: &str, content_type: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        Self(text.into_bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The head of an HTTP response.
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    /// Length of the head, in bytes.
    pub(crate) length: usize,
    /// Length of the body, in bytes.
    pub(crate) body_length: usize,
}

impl Head {
    /// Reads a head. Returns `None` until its end has arrived.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(bytes.get(..end).context("no head")?)?;
        let field = |name: &str| {
            text.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        Ok(Some(Self {
            status: text.get(9..12).context("no status")?.parse()?,
            etag: field("etag").map(str::to_owned),
            length: end + 4,
            body_length: field("content-length").map_or(Ok(0), str::parse)?,
        }))
    }

    /// Returns the length of the response. A 304 declares the length of the body that it leaves out.
    pub(crate) const fn end(&self) -> usize {
        self.length + if self.status == 304 { 0 } else { self.body_length }
    }
}

/// An HTTP response.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn check(&self, expected: u16) -> Result<()> {
        let body = String::from_utf8_lossy(&self.body);
        ensure!(self.status == expected, "unexpected status {}: {body}", self.status);
        Ok(())
    }
}

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn to(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    pub(crate) fn send(&mut self, request: &Request) -> Result<Response> {
        self.stream.write_all(&request.0)?;
        self.buffer.clear();
        let head = loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                break head;
            }
            self.fill()?;
        };
        let end = head.end();
        while self.buffer.len() < end {
            self.fill()?;
        }
        let body = self.buffer.get(head.length..end).context("no body")?.to_vec();
        Ok(Response { status: head.status, etag: head.etag, body })
    }

    fn fill(&mut self) -> Result<()> {
        let mut chunk = [0; 64 * 1024];
        let read = self.stream.read(&mut chunk)?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(())
    }
}

/// The throughput and the latencies of a loop.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    /// Latencies in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) worst: f64,
}

impl Figures {
    pub(crate) fn of(latencies: &Histogram<u64>, elapsed: Duration) -> Self {
        let ms = |micros: u64| Duration::from_micros(micros).as_secs_f64() * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
        let count = latencies.len() as f64;
        Self {
            per_second: count / elapsed.as_secs_f64(),
            p50: ms(latencies.value_at_quantile(0.5)),
            p95: ms(latencies.value_at_quantile(0.95)),
            p99: ms(latencies.value_at_quantile(0.99)),
            worst: ms(latencies.max()),
        }
    }
}

/// Runs a closed loop with `clients` clients for `time`. `request` receives the number of the request, counted over all
/// clients.
pub(crate) fn closed_loop(
    address: &str,
    clients: usize,
    time: Duration,
    expected: u16,
    request: impl Fn(usize) -> Request + Send + Sync + 'static,
) -> Result<Figures> {
    let (latencies, elapsed) = run_clients(address, clients, time, move |connection, n| {
        let request = request(n);
        timed(connection, &request, expected)
    })?;
    Ok(Figures::of(&latencies, elapsed))
}

/// Runs a closed loop in which each client makes a change before each request. Only the requests count: `per_second` is
/// how many of them the clients would send without the changes in between.
pub(crate) fn loop_after_changes(
    address: &str,
    clients: usize,
    time: Duration,
    change: impl Fn(usize) -> Request + Send + Sync + 'static,
    request: Request,
) -> Result<Figures> {
    let (latencies, elapsed) = run_clients(address, clients, time, move |connection, n| {
        connection.send(&change(n))?.check(200)?;
        timed(connection, &request, 200)
    })?;
    #[expect(clippy::cast_precision_loss, reason = "8 clients")]
    let per_second = clients as f64 / (latencies.mean() / 1e6);
    Ok(Figures { per_second, ..Figures::of(&latencies, elapsed) })
}

/// A client in a thread of its own that sends a request at an interval, while something else is measured.
pub(crate) struct PacedClient {
    thread: JoinHandle<Result<Figures>>,
    is_done: Arc<AtomicBool>,
}

impl PacedClient {
    pub(crate) fn start(
        mut connection: Connection,
        interval: Duration,
        expected: u16,
        request: impl Fn(usize) -> Request + Send + 'static,
    ) -> Self {
        let is_done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&is_done);
        let thread = std::thread::spawn(move || {
            let mut latencies = Histogram::<u64>::new(3)?;
            let started = Instant::now();
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let elapsed = timed(&mut connection, &request(n), expected)?;
                latencies.record(u64::try_from(elapsed.as_micros())?)?;
                std::thread::sleep(interval.saturating_sub(elapsed));
            }
            Ok(Figures::of(&latencies, started.elapsed()))
        });
        Self { thread, is_done }
    }

    pub(crate) fn stop(self) -> Result<Figures> {
        self.is_done.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))?
    }
}

/// Sends a request. Returns the time until its response was complete.
pub(crate) fn timed(connection: &mut Connection, request: &Request, expected: u16) -> Result<Duration> {
    let sent = Instant::now();
    let response = connection.send(request)?;
    let elapsed = sent.elapsed();
    response.check(expected)?;
    Ok(elapsed)
}

/// Calls `turn` in a loop in each of `clients` threads, each with its own connection, for `time`. Returns the latencies,
/// and the time that it took.
fn run_clients(
    address: &str,
    clients: usize,
    time: Duration,
    turn: impl Fn(&mut Connection, usize) -> Result<Duration> + Send + Sync + 'static,
) -> Result<(Histogram<u64>, Duration)> {
    let turn = Arc::new(turn);
    let next = Arc::new(AtomicUsize::new(0));
    let ready = Arc::new(Barrier::new(clients));
    let started = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (turn, next, ready) = (Arc::clone(&turn), Arc::clone(&next), Arc::clone(&ready));
            let mut connection = Connection::to(address)?;
            Ok(std::thread::spawn(move || {
                let mut latencies = Histogram::<u64>::new(3)?;
                ready.wait();
                let started = Instant::now();
                while started.elapsed() < time {
                    let latency = turn(&mut connection, next.fetch_add(1, Ordering::Relaxed))?;
                    latencies.record(u64::try_from(latency.as_micros())?)?;
                }
                Ok(latencies)
            }))
        })
        .collect::<Result<_>>()?;
    let mut all = Histogram::<u64>::new(3)?;
    for thread in threads {
        let latencies: Result<Histogram<u64>> =
            thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
        all.add(latencies?)?;
    }
    Ok((all, started.elapsed()))
}
