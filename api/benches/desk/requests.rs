//! The measured requests. Each loop reports its figure with what it is compared with.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use api::{
    auth::TeamScope,
    clock::Clock,
    conversations::{queue, receive::receive},
    db::{DatabaseUrl, Db},
};
use shared::ids::TeamId;

use crate::{
    baseline::{bare_endpoint, in_process},
    client::{Figures, Request, closed_loop, loop_after_changes},
    figures::{Aim, Figure, Topic},
    server::Server,
    webhook,
};

/// The path of the queue.
pub(crate) const QUEUE: &str = "/api/v1/queue";
/// Number of concurrent clients.
const CLIENTS: usize = 8;
/// Interval of the messages that arrive while the queue is requested.
const ARRIVALS: Duration = Duration::from_secs(1);

/// What the requests are sent to.
pub(crate) struct Requests<'a> {
    pub(crate) database: &'a str,
    pub(crate) server: &'a Server,
    pub(crate) token: &'a str,
    /// Duration of each loop.
    pub(crate) time: Duration,
}

impl Requests<'_> {
    /// Measures every request with 8 clients. `url` is where the work without HTTP runs.
    pub(crate) fn of_8_clients(&self, url: &DatabaseUrl) -> Result<Vec<Figure>> {
        let db = Db::open(url, 8)?;
        let mut figures = self.unchanged_queue()?;
        figures.push(self.queue_after_changes(&db)?);
        let messages = self.messages(CLIENTS)?;
        figures.push(
            self.figure("`GET /conversations/{id}/messages`", &messages).aim(self.at_least(8_000.0, 6_000.0)),
        );
        figures.push(self.new_conversations(&db)?);
        let replies = self.replies(CLIENTS)?;
        figures.push(
            self.figure("reply, while the outbox sends", &replies).aim(self.at_least(2_500.0, 2_000.0)),
        );
        Ok(figures)
    }

    /// Measures the main requests with one client.
    pub(crate) fn of_one_client(&self) -> Result<Vec<Figure>> {
        let figure =
            |what: &str, loops: &Figures| Figure::per_second(Topic::OneClient, self.database, what, loops);
        Ok(vec![
            figure("`GET /queue`", &self.queue(1, None, 200)?),
            figure("`GET /conversations/{id}/messages`", &self.messages(1)?),
            figure("inbound webhook, a new conversation each", &self.webhooks(1)?),
            figure("reply, while the outbox sends", &self.replies(1)?),
        ])
    }

    fn figure(&self, what: &str, measured: &Figures) -> Figure {
        Figure::per_second(Topic::Requests, self.database, what, measured)
    }

    /// Returns the aim, which is lower on PostgreSQL.
    fn at_least(&self, sqlite: f64, postgres: f64) -> Aim {
        Aim::AtLeast(if self.database == "SQLite" { sqlite } else { postgres })
    }

    /// The queue while nothing changes, and while one message a second arrives.
    fn unchanged_queue(&self) -> Result<Vec<Figure>> {
        let http = self.queue(CLIENTS, None, 200)?;
        let response = self.server.connect()?.send(&Request::get(QUEUE, Some(self.token)))?;
        let bare = bare_endpoint(CLIENTS, self.time, 200, response.body)?.per_second;
        let same_bytes = "a bare endpoint, same bytes";
        let mut figures = vec![
            self.figure("`GET /queue`, nothing changed", &http)
                .compared_with(same_bytes, bare)
                .aim(Aim::AtLeast(20_000.0))
                .ratio_aim(Aim::AtLeast(0.35)),
        ];
        if let Some(etag) = response.etag {
            let http = self.queue(CLIENTS, Some(etag), 304)?;
            let bare = bare_endpoint(CLIENTS, self.time, 304, Vec::new())?.per_second;
            let figure = self.figure("`GET /queue` with `If-None-Match`, nothing changed", &http);
            figures.push(figure.compared_with("a bare endpoint, 304", bare).ratio_aim(Aim::AtLeast(0.35)));
        }
        let http = self.queue_while_messages_arrive()?;
        let figure = self.figure("`GET /queue`, one message a second arrives", &http);
        figures.push(figure.compared_with(same_bytes, bare).ratio_aim(Aim::AtLeast(0.25)));
        Ok(figures)
    }

    fn queue(&self, clients: usize, etag: Option<String>, status: u16) -> Result<Figures> {
        let token = self.token.to_owned();
        closed_loop(&self.server.address, clients, self.time, status, move |_| {
            Request::get_if_changed(QUEUE, Some(&token), etag.as_deref())
        })
    }

    fn queue_while_messages_arrive(&self) -> Result<Figures> {
        let done = Arc::new(AtomicBool::new(false));
        let (mut connection, address) = (self.server.connect()?, self.server.address.clone());
        let gateway = {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let message = webhook::in_conversation(webhook::open_conversation(n));
                    connection.send(&webhook::request(&address, message))?.check(200)?;
                    std::thread::park_timeout(ARRIVALS);
                }
                Ok::<_, anyhow::Error>(())
            })
        };
        let token = self.token.to_owned();
        // At least three messages arrive.
        let time = self.time.max(3 * ARRIVALS);
        let figures =
            closed_loop(&self.server.address, CLIENTS, time, 200, move |_| Request::get(QUEUE, Some(&token)));
        done.store(true, Ordering::Relaxed);
        gateway.thread().unpark();
        gateway.join().map_err(|_| anyhow::anyhow!("the gateway's thread panicked"))??;
        figures
    }

    /// The queue after a message arrived, for each request.
    fn queue_after_changes(&self, db: &Db) -> Result<Figure> {
        let address = self.server.address.clone();
        let change =
            move |n| webhook::request(&address, webhook::in_conversation(webhook::open_conversation(n)));
        let request = Request::get(QUEUE, Some(self.token));
        let http = loop_after_changes(&self.server.address, CLIENTS, self.time, change, request)?;
        let statements = in_process(CLIENTS, self.time, || async {
            let scope = TeamScope::Only(vec![TeamId(1)]);
            let (open, all) = (queue::ListedStatus::Open, queue::Filter::default());
            db.read(move |conn| queue::list(conn, &scope, TeamId(1), open, all, None, 50)).await.map(drop)
        })?;
        Ok(self
            .figure("`GET /queue`, the first after a change", &http)
            .compared_with("the page in process", statements.per_second)
            .aim(self.at_least(4_000.0, 2_500.0)))
    }

    /// The messages of open conversations.
    fn messages(&self, clients: usize) -> Result<Figures> {
        let token = self.token.to_owned();
        closed_loop(&self.server.address, clients, self.time, 200, move |n| {
            let path = format!("/api/v1/conversations/{}/messages", webhook::open_conversation(n));
            Request::get(&path, Some(&token))
        })
    }

    fn new_conversations(&self, db: &Db) -> Result<Figure> {
        let http = self.webhooks(CLIENTS)?;
        let transaction = in_process(CLIENTS, self.time, || async {
            let (message, now) = (webhook::from_new_number(), Clock::System.now());
            db.write(move |conn| receive(conn, &message, now)).await.map(drop)
        })?;
        Ok(self
            .figure("inbound webhook, a new conversation each", &http)
            .compared_with("the same transaction in process", transaction.per_second)
            .aim(self.at_least(4_000.0, 2_500.0)))
    }

    pub(crate) fn webhooks(&self, clients: usize) -> Result<Figures> {
        let address = self.server.address.clone();
        closed_loop(&self.server.address, clients, self.time, 200, move |_| {
            webhook::request(&address, webhook::from_new_number())
        })
    }

    pub(crate) fn replies(&self, clients: usize) -> Result<Figures> {
        let token = self.token.to_owned();
        closed_loop(&self.server.address, clients, self.time, 201, move |n| {
            reply(webhook::open_conversation(n), &token)
        })
    }
}

/// A reply in the conversation.
pub(crate) fn reply(id: u32, token: &str) -> Request {
    let headers = format!("Authorization: Bearer {token}\r\n");
    let path = format!("/api/v1/conversations/{id}/messages");
    Request::post(&path, "application/json", &headers, r#"{"body":"Of course. Shall I set it up?"}"#)
}
