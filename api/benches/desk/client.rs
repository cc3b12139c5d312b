//! A closed loop over HTTP/1.1: each client sends a request, reads the whole response, then sends the next request. The
//! client is minimal, because it shares the machine with the server.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;

/// The bytes of an HTTP request.
pub(crate) struct Request(Vec<u8>);

impl Request {
    pub(crate) fn get(path: &str, bearer: Option<&str>) -> Self {
        let authorization =
            bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        Self(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n").into_bytes())
    }

    pub(crate) fn post(path: &str, content_type: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        Self(text.into_bytes())
    }
}

/// An HTTP response.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
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
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill()?;
        };
        let text = std::str::from_utf8(self.buffer.get(..head).context("no head")?)?.to_ascii_lowercase();
        let status = text.get(9..12).context("no status")?.parse()?;
        let length: usize = match text.split("content-length: ").nth(1) {
            Some(rest) => rest.split("\r\n").next().unwrap_or_default().parse()?,
            None => 0,
        };
        while self.buffer.len() < head + length {
            self.fill()?;
        }
        Ok(Response { status, body: self.buffer.get(head..head + length).context("no body")?.to_vec() })
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
    let request = Arc::new(request);
    let next = Arc::new(AtomicUsize::new(0));
    let ready = Arc::new(Barrier::new(clients));
    let started = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (request, next, ready) = (Arc::clone(&request), Arc::clone(&next), Arc::clone(&ready));
            let mut connection = Connection::to(address)?;
            Ok(std::thread::spawn(move || {
                let mut latencies = Histogram::<u64>::new(3)?;
                ready.wait();
                let started = Instant::now();
                while started.elapsed() < time {
                    let request = request(next.fetch_add(1, Ordering::Relaxed));
                    let sent = Instant::now();
                    let response = connection.send(&request)?;
                    latencies.record(u64::try_from(sent.elapsed().as_micros())?)?;
                    let body = String::from_utf8_lossy(&response.body);
                    ensure!(response.status == expected, "unexpected status {}: {body}", response.status);
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
    Ok(Figures::of(&all, started.elapsed()))
}
