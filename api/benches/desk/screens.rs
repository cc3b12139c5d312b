//! Screens of agents: each holds a live stream and requests the queue after an event, as the single-page app does. One
//! thread runs them all.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use shared::event::{Event, EventKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::{
    client::{Head, Request},
    requests::QUEUE,
};

/// Delay in which further events join a request, as in the app (`web/src/live/coalesce.rs`).
const BURST: Duration = Duration::from_millis(120);
/// Number of streams that are opened at the same time.
const OPENED_AT_ONCE: usize = 100;
/// Delay before a stream is opened again, as the server's `retry` field says.
const RETRY: Duration = Duration::from_secs(1);
/// Maximum time until all streams are open, or until all events have arrived.
const TIMEOUT: Duration = Duration::from_secs(120);

/// When a message arrived at all screens.
#[derive(Default)]
pub(crate) struct Delivery {
    arrived: AtomicUsize,
    refreshed: AtomicUsize,
    /// When its event was at all screens.
    pub(crate) complete: OnceLock<Instant>,
    /// When all screens had received the queue that they requested after the event.
    pub(crate) all_refreshed: OnceLock<Instant>,
}

/// What all screens share.
struct Board {
    screens: usize,
    /// By the id of the conversation that gets the message, from 1.
    deliveries: Vec<Delivery>,
    /// Whether the screens request the queue after an event.
    refresh: AtomicBool,
    /// How many streams were opened, were closed by the server, and how many requests for the queue were answered and
    /// refused.
    open: AtomicUsize,
    closed: AtomicUsize,
    requests: AtomicUsize,
    refused: AtomicUsize,
    /// The first failure.
    failure: OnceLock<String>,
}

/// Screens with open streams. Dropping them closes the streams.
pub(crate) struct Screens {
    _runtime: Runtime,
    board: Arc<Board>,
}

impl Screens {
    /// Opens a stream with each token, and waits until each has received its first bytes. Messages can arrive in the
    /// conversations 1 to `conversations`.
    pub(crate) fn open(address: &str, tokens: &[String], conversations: usize) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let board = Arc::new(Board {
            screens: tokens.len(),
            deliveries: (0..conversations).map(|_| Delivery::default()).collect(),
            refresh: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            failure: OnceLock::new(),
        });
        let screens = Self { _runtime: runtime, board };
        for (n, token) in tokens.iter().enumerate() {
            let (address, token, board) = (address.to_owned(), token.clone(), Arc::clone(&screens.board));
            screens._runtime.spawn(async move {
                if let Err(error) = screen(&address, &token, &board).await {
                    let _ = board.failure.set(format!("{error:#}"));
                }
            });
            let enough = (n + 1).saturating_sub(OPENED_AT_ONCE);
            screens.wait_until(|board| board.open.load(Ordering::Relaxed) >= enough)?;
        }
        screens.wait_until(|board| board.open.load(Ordering::Relaxed) >= tokens.len())?;
        Ok(screens)
    }

    /// Lets the screens request the queue after each event, or not.
    pub(crate) fn refresh(&self, refresh: bool) {
        self.board.refresh.store(refresh, Ordering::Relaxed);
    }

    /// Waits until the message in this conversation has arrived everywhere, and until all screens have the queue if they
    /// request it.
    pub(crate) fn delivery(&self, conversation: usize) -> Result<&Delivery> {
        let delivery = self.board.deliveries.get(conversation - 1).context("no such conversation")?;
        self.wait_until(|board| {
            let needed = if board.refresh.load(Ordering::Relaxed) {
                &delivery.all_refreshed
            } else {
                &delivery.complete
            };
            needed.get().is_some()
        })?;
        Ok(delivery)
    }

    /// Returns how often the queue was requested.
    pub(crate) fn requests(&self) -> usize {
        self.board.requests.load(Ordering::Relaxed)
    }

    /// Returns how many streams the server closed, and how many requests for the queue it refused with 503.
    pub(crate) fn faults(&self) -> [usize; 2] {
        [&self.board.closed, &self.board.refused].map(|count| count.load(Ordering::Relaxed))
    }

    fn wait_until(&self, holds: impl Fn(&Board) -> bool) -> Result<()> {
        let started = Instant::now();
        while !holds(&self.board) {
            if let Some(failure) = self.board.failure.get() {
                anyhow::bail!("a live stream failed: {failure}");
            }
            ensure!(started.elapsed() < TIMEOUT, "the live streams take longer than {} s", TIMEOUT.as_secs());
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

impl Board {
    /// Returns the id of the event in a line of a stream, and the delivery that it is about: each message has an event
    /// of its own.
    fn event(&self, line: &[u8]) -> Option<(i64, Option<usize>)> {
        let text = std::str::from_utf8(line.strip_prefix(b"data: ")?).ok()?;
        let event: Event = serde_json::from_str(text).ok()?;
        let conversation = event.conversation_id.filter(|_| event.kind == EventKind::MessageReceived);
        let index = conversation.and_then(|id| usize::try_from(id.0 - 1).ok());
        Some((event.id.0, index.filter(|index| *index < self.deliveries.len())))
    }

    fn count(&self, index: usize, of: impl Fn(&Delivery) -> (&AtomicUsize, &OnceLock<Instant>)) {
        let Some((count, complete)) = self.deliveries.get(index).map(of) else { return };
        if count.fetch_add(1, Ordering::Relaxed) + 1 == self.screens {
            let _ = complete.set(Instant::now());
        }
    }
}

/// Holds a stream, and opens it again when the server closes it, like a browser.
async fn screen(address: &str, token: &str, board: &Arc<Board>) -> Result<()> {
    let mut last = None;
    let refresher = refresher(address, token, board);
    loop {
        listen(address, token, board, &refresher, &mut last).await?;
        board.closed.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(RETRY).await;
    }
}

/// Listens until the server closes the stream. `last` is the id of the last event.
async fn listen(
    address: &str,
    token: &str,
    board: &Board,
    refresher: &UnboundedSender<usize>,
    last: &mut Option<i64>,
) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let resume = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{resume}\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut unread: Vec<u8> = Vec::with_capacity(1024);
    let mut is_open = false;
    while stream.read_buf(&mut unread).await? > 0 {
        if !is_open {
            let Some(head) = Head::parse(&unread)? else { continue };
            if head.status == 503 {
                return Ok(());
            }
            ensure!(head.status == 200, "unexpected status {}", head.status);
            is_open = true;
            if last.is_none() {
                board.open.fetch_add(1, Ordering::Relaxed);
            }
        }
        while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
            let event = unread.get(..end).and_then(|line| board.event(line));
            unread.drain(..=end);
            let Some((id, delivery)) = event else { continue };
            *last = Some(id);
            let Some(index) = delivery else { continue };
            board.count(index, |delivery| (&delivery.arrived, &delivery.complete));
            if board.refresh.load(Ordering::Relaxed) {
                let _ = refresher.send(index);
            }
        }
    }
    Ok(())
}

/// Starts the task that requests the queue of a screen.
fn refresher(address: &str, token: &str, board: &Arc<Board>) -> UnboundedSender<usize> {
    let (send, receive) = unbounded_channel();
    let (address, token, board) = (address.to_owned(), token.to_owned(), Arc::clone(board));
    tokio::spawn(async move {
        if let Err(error) = refresh(&address, &token, receive, &board).await {
            let _ = board.failure.set(format!("{error:#}"));
        }
    });
    send
}

/// Requests the queue after events. At most one request runs at a time.
async fn refresh(
    address: &str,
    token: &str,
    mut events: UnboundedReceiver<usize>,
    board: &Board,
) -> Result<()> {
    let path = format!("{QUEUE}?team_id=1");
    let (mut stream, mut etag, mut answered) = (None, None::<String>, Vec::new());
    while let Some(first) = events.recv().await {
        answered.push(first);
        let mut is_answered = false;
        while !is_answered {
            tokio::time::sleep(BURST).await;
            while let Ok(more) = events.try_recv() {
                answered.push(more);
            }
            let request = Request::get_if_changed(&path, Some(token), etag.as_deref());
            if stream.is_none() {
                stream = Some(TcpStream::connect(address).await?);
            }
            let head = exchange(stream.as_mut().context("not connected")?, &request).await?;
            is_answered = matches!(head.status, 200 | 304);
            if is_answered {
                etag = head.etag.or(etag);
            } else {
                ensure!(head.status == 503, "unexpected status {}", head.status);
                board.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        board.requests.fetch_add(1, Ordering::Relaxed);
        for index in answered.drain(..) {
            board.count(index, |delivery| (&delivery.refreshed, &delivery.all_refreshed));
        }
    }
    Ok(())
}

/// Sends a request and reads the whole response.
async fn exchange(stream: &mut TcpStream, request: &Request) -> Result<Head> {
    stream.write_all(request.bytes()).await?;
    let mut response = Vec::new();
    loop {
        ensure!(stream.read_buf(&mut response).await? > 0, "the server closed a connection");
        match Head::parse(&response)? {
            Some(head) if response.len() >= head.end() => return Ok(head),
            _ => {}
        }
    }
}
