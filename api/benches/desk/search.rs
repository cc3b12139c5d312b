//! Searches a million conversations, most of them with consecutive numbers, as real blocks have: by complete number and
//! reference, by parts of a number, by surname, and by first names that one in a hundred or all conversations have.
//! Compared with the same statements in process.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use api::{
    auth::TeamScope,
    clock::Clock,
    db::{DatabaseUrl, Db},
    search::{SearchRequest, find, term::Term},
};
use chrono::TimeDelta;
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use shared::ids::TeamId;

use crate::{
    client::{Request, closed_loop},
    scenarios::{Row, TIME, in_process, sign_in},
    seed::{CONVERSATIONS, FIRST_NAME_OF_ALL, SEARCHED, SURNAMES, add_closed_conversations, seed},
    server::Server,
};

/// Number of concurrent clients.
const CLIENTS: usize = 8;

/// A kind of search: its name in the report, and the term of the n-th search.
type Kind = (&'static str, fn(usize) -> String);

const KINDS: [Kind; 10] = [
    ("`GET /search` of 1,000,000 by 4 digits of a number", |n| format!("{:04}", n * 7919 % 10_000)),
    ("`GET /search` by a reference", |n| format!("R-{}", searched(n))),
    ("`GET /search` by a surname of 1,000", |n| format!("Ln{}", letters(n * 31 % SURNAMES))),
    ("`GET /search` by a first name of 100", |n| format!("Fn{}", letters(n * 31 % 100))),
    ("`GET /search` by a complete number", |n| {
        let digits = number(n);
        match n % 3 {
            0 => format!("0{digits}"),
            1 => format!("%2B44%20{digits}"),
            _ => format!("0044{digits}"),
        }
    }),
    ("`GET /search` by 4 digits of consecutive numbers", |n| part(n, 4)),
    ("`GET /search` by 6 digits of consecutive numbers", |n| part(n, 6)),
    ("`GET /search` by 8 digits of consecutive numbers", |n| part(n, 8)),
    ("`GET /search` by a surname and a letter", |n| {
        format!("Ln{}%20{}", letters(n * 31 % SURNAMES), letter(n))
    }),
    ("`GET /search` by a first name of all", |_| FIRST_NAME_OF_ALL.to_owned()),
];

/// Measures in a separate database, because the other measurements leave conversations that are newer than all that
/// are searched for.
pub(crate) fn measure(url: &DatabaseUrl) -> Result<Vec<Row>> {
    let url = separate_database(url)?;
    eprintln!("  seeding {SEARCHED} conversations to search");
    seed(&url)?;
    add_closed_conversations(&url)?;
    let server = Server::start(&url)?;
    let (token, db) = (sign_in(&server)?, Db::open(&url, 8)?);
    KINDS.into_iter().map(|kind| measure_kind(&server, &db, &token, kind)).collect()
}

fn separate_database(url: &DatabaseUrl) -> Result<DatabaseUrl> {
    match url {
        DatabaseUrl::Sqlite(path) => Ok(DatabaseUrl::Sqlite(path.with_file_name("searched.db"))),
        DatabaseUrl::Postgres(url) => {
            PgConnection::establish(url)?.batch_execute("CREATE DATABASE searched")?;
            let (server, _) = url.rsplit_once('/').context("the URL names no database")?;
            Ok(DatabaseUrl::Postgres(format!("{server}/searched")))
        }
    }
}

fn measure_kind(server: &Server, db: &Db, token: &str, (what, term): Kind) -> Result<Row> {
    let bearer = token.to_owned();
    let http = closed_loop(&server.address, CLIENTS, TIME, 200, move |n| {
        Request::get(&format!("/api/v1/search?q={}", term(n)), Some(&bearer))
    })?;
    let next = AtomicUsize::new(0);
    let statements = in_process(CLIENTS, || {
        let text = term(next.fetch_add(1, Ordering::Relaxed));
        async move {
            let since = Clock::System.now() - TimeDelta::days(90);
            let term = Term::parse(&text.replace("%20", " ").replace("%2B", "+"))?;
            db.read(move |conn| {
                let scope = TeamScope::Only(vec![TeamId(1)]);
                let request =
                    SearchRequest { scope: &scope, term: &term, status: None, since, after: None, limit: 51 };
                find(conn, &request).map(drop)
            })
            .await?;
            Ok::<_, anyhow::Error>(())
        }
    })?;
    Ok(Row { what, clients: CLIENTS, http, baseline: Some(("the same statements in process", statements)) })
}

/// Returns the place of the conversation of the n-th search among those that the seed adds.
fn searched(n: usize) -> usize {
    n * 7919 % usize::try_from(SEARCHED - CONVERSATIONS).unwrap_or(1) + 1
}

/// Returns the number of the conversation of the n-th search, without the country code.
fn number(n: usize) -> String {
    format!("75{:08}", searched(n))
}

/// Returns a part of the number of the n-th search: in turn its beginning, its middle and its end.
fn part(n: usize, digits: usize) -> String {
    let number = number(n);
    let place = (number.len() - digits) * (n % 3) / 2;
    number.chars().skip(place).take(digits).collect()
}

/// Returns the first letter of a first name.
fn letter(n: usize) -> char {
    if n.is_multiple_of(2) { 'f' } else { 'm' }
}

/// Formats a number below 1,000 as three letters, like the seed.
fn letters(n: usize) -> String {
    [n, n / 10, n / 100]
        .into_iter()
        .filter_map(|n| char::from_digit(u32::try_from(n % 10).ok()? + 10, 20))
        .collect()
}
