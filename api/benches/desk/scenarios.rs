//! What is asked of the server, and the raw work that it is held against: the same statements in process, and a bare
//! actix endpoint that answers the same bytes.

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
        receive::{InboundText, ReceiveError, receive},
    },
    db::{DatabaseUrl, Db},
    error::ApiError,
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

/// How long each loop runs.
pub(crate) const TIME: Duration = Duration::from_secs(3);
/// How many clients ask at once.
pub(crate) const CLIENTS: [usize; 2] = [1, 8];

/// One row of the report: over HTTP, and the raw work beside it.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) clients: usize,
    pub(crate) http: Figures,
    pub(crate) raw: Option<(&'static str, Figures)>,
}

/// Everything that was measured on one database.
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    pub(crate) start: Duration,
    pub(crate) memory: f64,
    pub(crate) outbox: Outbox,
    pub(crate) daily_file: DailyFile,
    pub(crate) sign_ins: SignIns,
}

pub(crate) fn measure(url: &DatabaseUrl) -> Result<Measured> {
    let server = Server::start(url)?;
    // The second start is the one that counts: the first has just laid the file's pages into memory.
    drop(server);
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let db = Db::open(url, 8)?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        eprintln!("  {clients} client(s)");
        rows.extend(said(reads(&server, &db, &token, clients)?)?);
        rows.extend(said(writes(&server, &db, &token, clients)?)?);
    }
    let (memory, start) = (server.memory()?, server.start);
    drop(server);
    rows.extend(said(search::measure(url)?)?);
    eprintln!("  signing in");
    let sign_ins = sign_in::measure(url)?;
    eprintln!("  bringing in daily files");
    let daily_file = daily_file::measure(url)?;
    let mut text = String::new();
    report::daily_file(&mut text, &daily_file)?;
    eprint!("{text}");
    eprintln!("  emptying the outbox");
    let outbox = outbox::measure(url)?;
    Ok(Measured { rows, start, memory, outbox, daily_file, sign_ins })
}

/// Shows figures while the others are still being measured.
fn said(rows: Vec<Row>) -> Result<Vec<Row>> {
    for row in &rows {
        let mut text = String::new();
        report::line(&mut text, row)?;
        eprint!("{text}");
    }
    Ok(rows)
}

pub(crate) fn sign_in(server: &Server) -> Result<String> {
    let body = format!(r#"{{"email":"{EMAIL}","password":"{}"}}"#, api::demo::DEMO_PASSWORD);
    let answer = server.connect()?.ask(&Request::post("/api/v1/sessions", "application/json", "", &body))?;
    let session: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let token = session.get("access_token").and_then(|token| token.as_str());
    Ok(token.with_context(|| format!("no token: {} {session}", answer.status))?.to_owned())
}

fn reads(server: &Server, db: &Db, token: &str, clients: usize) -> Result<Vec<Row>> {
    let asks = |path: &'static str| {
        let token = token.to_owned();
        closed_loop(&server.address, clients, TIME, 200, move |_| Request::get(path, Some(&token)))
    };
    let http = asks("/api/v1/queue")?;
    let answer = server.connect()?.ask(&Request::get("/api/v1/queue", Some(token)))?;
    let raw = in_process(clients, || async {
        let scope = TeamScope::Only(vec![TeamId(1)]);
        db.read(move |conn| queue::queue(conn, &scope, 50)).await.map(drop)
    })?;
    let same_bytes = bare(answer.body, clients)?;
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
            raw: Some(("the same statements in process", raw)),
        },
        Row {
            what: "`GET /queue` again",
            clients,
            http,
            raw: Some(("a bare endpoint, same bytes", same_bytes)),
        },
        Row { what: "`GET /conversations/{id}/messages`", clients, http: conversation, raw: None },
    ])
}

fn writes(server: &Server, db: &Db, token: &str, clients: usize) -> Result<Vec<Row>> {
    let address = server.address.clone();
    let http = closed_loop(&server.address, clients, TIME, 200, move |_| webhook(&address, new_text()))?;
    let raw = in_process(clients, || async {
        let text = new_text();
        let now = Clock::System.now();
        let kept = db.write(move |conn| receive(conn, &text, now)).await;
        kept.map(drop).map_err(|error| match error {
            ReceiveError::Db(error) => ApiError::from(error),
            ReceiveError::Raced => ApiError::internal(&error),
        })
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
            raw: Some(("the same transaction in process", raw)),
        },
        Row { what: "reply, while the outbox sends", clients, http: replies, raw: None },
    ])
}

/// A text from a number that has never written before.
fn new_text() -> InboundText {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = u64::from(std::process::id());
    let number =
        |text: String| text.parse::<PhoneNumber>().unwrap_or_else(|_| unreachable!("{text} is a number"));
    InboundText {
        gateway_id: format!("SM{process:016x}{n:016x}"),
        from: number(format!("+4478{:08}", n % 100_000_000)).into(),
        to: number(TEAM_NUMBER.to_owned()),
        body: "Can I pay on Friday?".to_owned(),
        media: Vec::new(),
        opt_out_type: None,
        recovered: None,
    }
}

fn webhook(address: &str, text: InboundText) -> Request {
    let form = [
        ("MessageSid", text.gateway_id),
        ("From", text.from.to_string()),
        ("To", text.to.to_string()),
        ("Body", text.body),
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

/// The same closed loop without HTTP.
pub(crate) fn in_process<F>(clients: usize, work: impl Fn() -> F) -> Result<Figures>
where
    F: Future<Output = Result<(), ApiError>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let one = || async {
        let mut latencies = Histogram::<u64>::new(3)?;
        while begun.elapsed() < TIME {
            let asked = Instant::now();
            work().await?;
            latencies.record(u64::try_from(asked.elapsed().as_micros())?)?;
        }
        Ok::<_, anyhow::Error>(latencies)
    };
    let all = runtime.block_on(futures_util::future::try_join_all((0..clients).map(|_| one())))?;
    let mut sum = Histogram::<u64>::new(3)?;
    all.into_iter().try_for_each(|latencies| sum.add(latencies))?;
    Ok(Figures::of(&sum, begun.elapsed()))
}

/// An actix endpoint that does nothing but answer these bytes.
fn bare(bytes: Vec<u8>, clients: usize) -> Result<Figures> {
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
    let stopped = actix_web::rt::System::new();
    stopped.block_on(handle.stop(false));
    served.join().map_err(|_| anyhow::anyhow!("the bare server panicked"))??;
    figures
}
