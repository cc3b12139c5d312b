//! `--scale`: the same requests with 10,000 and with 1,000,000 conversations of 10 messages each. In both, 10,000
//! conversations are open.

use anyhow::Result;
use api::db::DatabaseUrl;

use crate::{
    client::{Figures, Request, closed_loop},
    database::{Separate, wait_for_background_tasks},
    figures::{Aim, Figure, Topic},
    requests::{QUEUE, Requests},
    scenarios::{TIME, printed, sign_in},
    seed::{Size, number_of, seed_with},
    server::Server,
};

const SMALL: Size = Size { conversations: 10_000, messages: 10, team_of_closed: 1, is_searched: true };
const LARGE: Size = Size { conversations: 1_000_000, ..SMALL };
/// Number of concurrent clients.
const CLIENTS: usize = 8;
/// Aim of the ratio for requests, and for searches.
const AIMS: [f64; 2] = [1.2, 2.0];

/// A measured path: its name, its aim, and the mean time of a request in milliseconds.
type Measured = (&'static str, f64, Figures);

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let small = measure_size(url, SMALL)?;
    let large = measure_size(url, LARGE)?;
    let figures = large.iter().zip(&small).map(|((what, aim, large), (_, _, small))| {
        Figure::new(Topic::Scale, database, what, mean_ms(large), "ms")
            .with_latency(large)
            .compared_with("10,000 conversations", mean_ms(small))
            .ratio_aim(Aim::AtMost(*aim))
    });
    printed(figures.collect())
}

/// Returns the mean time of a request, in milliseconds.
fn mean_ms(figures: &Figures) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "8 clients")]
    let clients = CLIENTS as f64;
    clients / figures.per_second * 1000.0
}

fn measure_size(beside: &DatabaseUrl, size: Size) -> Result<Vec<Measured>> {
    let Size { conversations, messages, .. } = size;
    eprintln!("  seeding {conversations} conversations, {messages} messages each");
    let separate = Separate::create(&format!("scale_{conversations}"), beside)?;
    let url = &separate.url;
    seed_with(url, size)?;
    let server = Server::start(url)?;
    eprintln!("  waiting for the server's background tasks");
    wait_for_background_tasks(url)?;
    let token = sign_in(&server)?;
    let requests = Requests { database: "", server: &server, token: &token, time: TIME };
    let get = |path: fn(usize, u32) -> String| {
        let bearer = token.clone();
        closed_loop(&server.address, CLIENTS, TIME, 200, move |n| {
            // Spread over all conversations.
            let id = u32::try_from(n * 7919 % conversations as usize).unwrap_or_default() + 1;
            Request::get(&path(n, id), Some(&bearer))
        })
    };
    let [request, search] = AIMS;
    Ok(vec![
        ("`GET /queue`", request, get(|_, _| QUEUE.to_owned())?),
        (
            "`GET /conversations/{id}/messages`",
            request,
            get(|_, id| format!("/api/v1/conversations/{id}/messages"))?,
        ),
        (
            "`GET /search` by a complete number",
            search,
            get(|_, id| format!("/api/v1/search?q={}", number_of(id).replace('+', "%2B")))?,
        ),
        (
            "`GET /search` by 8 digits of a number",
            search,
            get(|_, id| format!("/api/v1/search?q={}", 10_000_000 + id))?,
        ),
        (
            "`GET /search` by 4 digits of a number",
            search,
            get(|n, _| format!("/api/v1/search?q={:04}", n * 7919 % 10_000))?,
        ),
        ("`GET /search` by a reference", search, get(|_, id| format!("/api/v1/search?q=A-{id}"))?),
        ("inbound webhook, a new conversation each", request, requests.webhooks(CLIENTS)?),
        ("reply, while the outbox sends", request, requests.replies(CLIENTS)?),
    ])
}
