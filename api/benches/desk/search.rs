//! Searches a million conversations, most of them with consecutive numbers, as real blocks have: by complete number and
//! reference, by parts of a number, by surname, and by first names that one in a hundred or all conversations have.
//! Compared with the same statements in process.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result};
use api::{
    auth::TeamScope,
    clock::Clock,
    db::{DatabaseUrl, Db},
    search::{Sample, SearchRequest, find, term::Term},
};
use chrono::TimeDelta;
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use shared::ids::TeamId;

use crate::{
    client::{Figures, Request, closed_loop},
    figures::{Aim, Figure, Topic},
    scenarios::{TIME, in_process, sign_in},
    seed::{CONVERSATIONS, FIRST_NAME_OF_ALL, SEARCHED, SURNAMES, add_closed_conversations, seed},
    server::Server,
};

/// Number of concurrent clients.
const CLIENTS: usize = 8;

/// A kind of search: its name in the report, the term of the n-th search, and the aims on SQLite and PostgreSQL.
type Kind = (&'static str, fn(usize) -> String, Option<Aims>);

/// What is aimed at, on SQLite and on PostgreSQL.
#[derive(Clone, Copy)]
enum Aims {
    /// Searches per second.
    PerSecond([f64; 2]),
    /// The time within which 95 of 100 searches are answered, in milliseconds.
    P95([f64; 2]),
}

/// The aims of a part of a number.
const OF_PART: Option<Aims> = Some(Aims::P95([20.0, 25.0]));

const KINDS: [Kind; 10] = [
    ("`GET /search` of 1,000,000 by 4 digits of a number", |n| format!("{:04}", n * 7919 % 10_000), OF_PART),
    ("`GET /search` by a reference", |n| format!("R-{}", searched(n)), None),
    ("`GET /search` by a surname of 1,000", |n| format!("Ln{}", letters(n * 31 % SURNAMES)), None),
    ("`GET /search` by a first name of 100", |n| format!("Fn{}", letters(n * 31 % 100)), None),
    ("`GET /search` by a complete number", complete_number, Some(Aims::PerSecond([5_000.0, 4_000.0]))),
    ("`GET /search` by 4 digits of consecutive numbers", |n| part(n, 4), OF_PART),
    ("`GET /search` by 6 digits of consecutive numbers", |n| part(n, 6), OF_PART),
    ("`GET /search` by 8 digits of consecutive numbers", |n| part(n, 8), OF_PART),
    ("`GET /search` by a surname and a letter", surname_and_letter, None),
    ("`GET /search` by a first name of all", |_| FIRST_NAME_OF_ALL.to_owned(), None),
];

/// Measures in a separate database, because the other measurements leave conversations that are newer than all that
/// are searched for.
pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let url = separate_database(url)?;
    eprintln!("  seeding {SEARCHED} conversations to search");
    seed(&url)?;
    add_closed_conversations(&url)?;
    let server = Server::start(&url)?;
    let (token, db) = (sign_in(&server)?, Db::open(&url, 8)?);
    let mut figures = Vec::new();
    for (what, term, aims) in KINDS {
        let (http, statements) = measure_kind(&server, &db, &token, term)?;
        let figure = Figure::per_second(Topic::Search, database, what, &http)
            .compared_with("the same statements in process", statements.per_second);
        let of_database = |[sqlite, postgres]: [f64; 2]| if database == "SQLite" { sqlite } else { postgres };
        match aims {
            None => figures.push(figure),
            Some(Aims::PerSecond(aims)) => figures.push(figure.aim(Aim::AtLeast(of_database(aims)))),
            Some(Aims::P95(aims)) => {
                let p95 = Figure::new(Topic::Search, database, &format!("p95 of {what}"), http.p95, "ms");
                figures.extend([figure, p95.aim(Aim::AtMost(of_database(aims)))]);
            }
        }
    }
    Ok(figures)
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

/// Measures the searches over HTTP, and the same statements in process.
fn measure_kind(
    server: &Server,
    db: &Db,
    token: &str,
    term: fn(usize) -> String,
) -> Result<(Figures, Figures)> {
    let bearer = token.to_owned();
    let http = closed_loop(&server.address, CLIENTS, TIME, 200, move |n| {
        Request::get(&format!("/api/v1/search?q={}", term(n)), Some(&bearer))
    })?;
    let next = AtomicUsize::new(0);
    let sample = Arc::new(Sample::new(Clock::System));
    let statements = in_process(CLIENTS, || {
        let text = term(next.fetch_add(1, Ordering::Relaxed));
        let sample = Arc::clone(&sample);
        async move {
            let since = Clock::System.now() - TimeDelta::days(90);
            let term = Term::parse(&text.replace("%20", " ").replace("%2B", "+"))?;
            db.read(move |conn| {
                let scope = TeamScope::Only(vec![TeamId(1)]);
                let request = SearchRequest {
                    scope: &scope,
                    term: &term,
                    status: None,
                    tag: None,
                    since,
                    after: None,
                    limit: 51,
                };
                find(conn, &sample, &request).map(drop)
            })
            .await?;
            Ok::<_, anyhow::Error>(())
        }
    })?;
    Ok((http, statements))
}

/// Returns the place of the conversation of the n-th search among those that the seed adds.
fn searched(n: usize) -> usize {
    n * 7919 % usize::try_from(SEARCHED - CONVERSATIONS).unwrap_or(1) + 1
}

/// Returns the number of the conversation of the n-th search, without the country code.
fn number(n: usize) -> String {
    format!("75{:08}", searched(n))
}

/// Returns the number of the n-th search, typed in one of the usual ways.
fn complete_number(n: usize) -> String {
    let digits = number(n);
    match n % 3 {
        0 => format!("0{digits}"),
        1 => format!("%2B44%20{digits}"),
        _ => format!("0044{digits}"),
    }
}

fn surname_and_letter(n: usize) -> String {
    format!("Ln{}%20{}", letters(n * 31 % SURNAMES), letter(n))
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
