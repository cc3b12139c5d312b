//! The measured requests, and the work that they are compared with: the same statements in process, and an actix
//! endpoint that returns the same bytes.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, Result};
use api::{
    auth::TeamScope,
    clock::Clock,
    conversations::{
        queue,
        receive::{InboundMessage, receive},
    },
    db::{DatabaseUrl, Db},
};
use hdrhistogram::Histogram;
use shared::{PhoneNumber, ids::TeamId};

use crate::{
    client::{Figures, Request, closed_loop},
    daily_file::{self, DailyFile},
    outbox::{self, Outbox},
    report, search,
    seed::{EMAIL, OPEN, TEAM_NUMBER},
    server::{AUTH_TOKEN, Server},
    sign_in::{self, SignIns},
};

/// Duration of each loop.
pub(crate) const TIME: Duration = Duration::from_secs(3);
/// Numbers of concurrent clients.
pub(crate) const CLIENTS: [usize; 2] = [1, 8];

/// A row of the report: the figures over HTTP, and the named work that they are compared with.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) clients: usize,
    pub(crate) http: Figures,
    pub(crate) baseline: Option<(&'static str, Figures)>,
}

/// All figures of one database.
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    /// Time from the start of the server to its first response.
    pub(crate) startup: Duration,
    /// Resident memory of the server after the requests, in MiB.
    pub(crate) memory: f64,
    pub(crate) outbox: Outbox,
    pub(crate) daily_file: DailyFile,
    pub(crate) sign_ins: SignIns,
}

pub(crate) fn measure(url: &DatabaseUrl) -> Result<Measured> {
    let server = Server::start(url)?;
    // Measures the second start, when the database file is in the page cache.
    drop(server);
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let db = Db::open(url, 8)?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        eprintln!("  {clients} client(s)");
        rows.extend(printed(reads(&server, &db, &token, clients)?)?);
        rows.extend(printed(writes(&server, &db, &token, clients)?)?);
    }
    let (memory, startup) = (server.memory()?, server.startup);
    drop(server);
    rows.extend(printed(search::measure(url)?)?);
    eprintln!("  signing in");
    let sign_ins = sign_in::measure(url)?;
    eprintln!("  importing daily files");
    let daily_file = daily_file::measure(url)?;
    let mut text = String::new();
    report::daily_file(&mut text, &daily_file)?;
    eprint!("{text}");
    eprintln!("  emptying the outbox");
    let outbox = outbox::measure(url)?;
    Ok(Measured { rows, startup, memory, outbox, daily_file, sign_ins })
}

/// Prints the rows, so that they are visible before all measurements are complete. Returns them.
fn printed(rows: Vec<Row>) -> Result<Vec<Row>> {
    for row in &rows {
        let mut text = String::new();
        report::line(&mut text, row)?;
        eprint!("{text}");
    }
    Ok(rows)
}

pub(crate) fn sign_in(server: &Server) -> Result<String> {
    let body = format!(r#"{{"email":"{EMAIL}","password":"{}"}}"#, api::demo::DEMO_PASSWORD);
    let request = Request::post("/api/v1/sessions", "application/json", "", &body);
    let response = server.connect()?.send(&request)?;
    let session: serde_json::Value = serde_json::from_slice(&response.body)?;
    let token = session.get("access_token").and_then(|token| token.as_str());
    Ok(token.with_context(|| format!("no token: {} {session}", response.status))?.to_owned())
}

fn reads(server: &Server, db: &Db, token: &str, clients: usize) -> Result<Vec<Row>> {
    let run_loop = |path: &'static str| {
        let token = token.to_owned();
        closed_loop(&server.address, clients, TIME, 200, move |_| Request::get(path, Some(&token)))
    };
    let http = run_loop("/api/v1/queue")?;
    let response = server.connect()?.send(&Request::get("/api/v1/queue", Some(token)))?;
    let statements = in_process(clients, || async {
        let scope = TeamScope::Only(vec![TeamId(1)]);
        db.read(move |conn| queue::queue(conn, &scope, 50)).await.map(drop)
    })?;
    let same_bytes = bare_endpoint(response.body, clients)?;
    let conversation = {
        let token = token.to_owned();
        closed_loop(&server.address, clients, TIME, 200, move |n| {
            let id = n * 7919 % usize::try_from(OPEN).unwrap_or(1) + 1;
            Request::get(&format!("/api/v1/conversations/{id}/messages"), Some(&token))
        })?
    };
    Ok(vec![
        Row {
            what: "`GET /queue`, 10,000 open of 200,000",
            clients,
            http: http.clone(),
            baseline: Some(("the same statements in process", statements)),
        },
        Row {
            what: "`GET /queue` again",
            clients,
            http,
            baseline: Some(("a bare endpoint, same bytes", same_bytes)),
        },
        Row { what: "`GET /conversations/{id}/messages`", clients, http: conversation, baseline: None },
    ])
}

fn writes(server: &Server, db: &Db, token: &str, clients: usize) -> Result<Vec<Row>> {
    let address = server.address.clone();
    let http = closed_loop(&server.address, clients, TIME, 200, move |_| webhook(&address, new_message()))?;
    let transaction = in_process(clients, || async {
        let message = new_message();
        let now = Clock::System.now();
        db.write(move |conn| receive(conn, &message, now)).await.map(drop)
    })?;
    let token = token.to_owned();
    let replies = closed_loop(&server.address, clients, TIME, 201, move |n| {
        let id = n * 7919 % usize::try_from(OPEN).unwrap_or(1) + 1;
        let headers = format!("Authorization: Bearer {token}\r\n");
        let path = format!("/api/v1/conversations/{id}/messages");
        Request::post(&path, "application/json", &headers, r#"{"body":"Of course. Shall I set it up?"}"#)
    })?;
    Ok(vec![
        Row {
            what: "inbound webhook, a new conversation each",
            clients,
            http,
            baseline: Some(("the same transaction in process", transaction)),
        },
        Row { what: "reply, while the outbox sends", clients, http: replies, baseline: None },
    ])
}

/// Returns a message from a new number.
fn new_message() -> InboundMessage {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = u64::from(std::process::id());
    let number =
        |text: String| text.parse::<PhoneNumber>().unwrap_or_else(|_| unreachable!("{text} is a number"));
    InboundMessage {
        gateway_id: format!("SM{process:016x}{n:016x}"),
        from: number(format!("+4478{:08}", n % 100_000_000)).into(),
        to: number(TEAM_NUMBER.to_owned()),
        body: "Can I pay on Friday?".to_owned(),
        media: Vec::new(),
        opt_out_type: None,
        recovered: None,
    }
}

fn webhook(address: &str, message: InboundMessage) -> Request {
    let form = [
        ("MessageSid", message.gateway_id),
        ("From", message.from.to_string()),
        ("To", message.to.to_string()),
        ("Body", message.body),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let path = "/api/v1/webhooks/twilio/messages";
    let signature = simulator::sign(AUTH_TOKEN, &format!("http://{address}{path}"), &form);
    let body = serde_urlencoded::to_string(form).unwrap_or_default();
    Request::post(
        path,
        "application/x-www-form-urlencoded",
        &format!("X-Twilio-Signature: {signature}\r\n"),
        &body,
    )
}

/// Runs `work` in a closed loop without HTTP.
pub(crate) fn in_process<F, E>(clients: usize, work: impl Fn() -> F) -> Result<Figures>
where
    F: Future<Output = Result<(), E>>,
    anyhow::Error: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = Instant::now();
    let client = || async {
        let mut latencies = Histogram::<u64>::new(3)?;
        while started.elapsed() < TIME {
            let called = Instant::now();
            work().await?;
            latencies.record(u64::try_from(called.elapsed().as_micros())?)?;
        }
        Ok::<_, anyhow::Error>(latencies)
    };
    let all = runtime.block_on(futures_util::future::try_join_all((0..clients).map(|_| client())))?;
    let mut sum = Histogram::<u64>::new(3)?;
    all.into_iter().try_for_each(|latencies| sum.add(latencies))?;
    Ok(Figures::of(&sum, started.elapsed()))
}

/// Measures an actix endpoint that only returns these bytes.
fn bare_endpoint(bytes: Vec<u8>, clients: usize) -> Result<Figures> {
    let bytes = web::Bytes::from(bytes);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let (send, receive) = std::sync::mpsc::channel();
    let served = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let bytes = bytes.clone();
                App::new().default_service(web::to(move || {
                    let bytes = bytes.clone();
                    async move { HttpResponse::Ok().content_type("application/json").body(bytes) }
                }))
            })
            .listen(listener)?
            .disable_signals()
            .run();
            let _ = send.send(server.handle());
            server.await
        })
    });
    let handle = receive.recv()?;
    let figures = closed_loop(&address, clients, TIME, 200, |_| Request::get("/", None));
    let runtime = actix_web::rt::System::new();
    runtime.block_on(handle.stop(false));
    served.join().map_err(|_| anyhow::anyhow!("the bare server panicked"))??;
    figures
}
