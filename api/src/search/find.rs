//! Chooses how to find the conversations of a search. A complete number or reference is looked up in its index, and
//! what it finds is the answer. A part is looked up in the text index, as far as its trigrams are rare; for a part that
//! is too frequent, conversations are read, the newest first, up to a limit.

use std::{cmp::Reverse, collections::HashSet};

use chrono::{DateTime, Utc};
use shared::conversation::Conversation;

use super::{
    complete,
    dialect::Dialect,
    queries::{self, Found},
    rare::{Frequent, RareParts},
    request::SearchRequest,
    term::Term,
};
use crate::{
    db::{DbConnection, DbError},
    teams,
};

/// Maximum number of matches that are sorted.
const MOST_SORTED: i64 = 20_000;

/// Returns the matching conversations, newest activity first, each with the time of its last activity.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
) -> Result<Vec<(Conversation, DateTime<Utc>)>, DbError> {
    if request.term.is_empty() || request.has_no_team() {
        return Ok(Vec::new());
    }
    let regions = match request.term.digits {
        Some(_) => teams::queries::regions(conn, request.scope)?,
        None => Vec::new(),
    };
    let numbers = complete::numbers(request.term, &regions);
    if !numbers.is_empty() {
        let with_numbers =
            |conn: &mut DbConnection, page: &SearchRequest<'_>| queries::with_numbers(conn, page, &numbers);
        if let Some(found) = alone(conn, request, with_numbers)? {
            return Ok(found);
        }
    }
    let found = match with_reference(conn, request)? {
        Some(found) => found,
        None => with_part(conn, request, &regions)?,
    };
    queries::conversations(conn, found)
}

/// Returns what a lookup finds, or `None` if it finds nothing. On a further page, it finds what the first page finds.
fn alone<T>(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    look_up: impl Fn(&mut DbConnection, &SearchRequest<'_>) -> Result<Vec<T>, DbError>,
) -> Result<Option<Vec<T>>, DbError> {
    let found = look_up(conn, request)?;
    let is_found = match request.beginning() {
        Some(beginning) if found.is_empty() => !look_up(conn, &beginning)?.is_empty(),
        _ => !found.is_empty(),
    };
    Ok(is_found.then_some(found))
}

fn with_reference(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
) -> Result<Option<Vec<Found>>, DbError> {
    let Some(reference) = &request.term.reference else { return Ok(None) };
    alone(conn, request, |conn, page| {
        let statement = Dialect::of(conn).with_reference(page, reference);
        queries::found(conn, statement)
    })
}

/// Finds the conversations that contain the term as a part.
fn with_part(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    regions: &[String],
) -> Result<Vec<Found>, DbError> {
    let sample = if request.term.is_indexed() { queries::sample(conn)? } else { Vec::new() };
    if request.term.is_indexed()
        && let Some(parts) = rare_parts(conn, request.term, &sample)?
    {
        return looked_up(conn, request, &parts);
    }
    let dialect = Dialect::of(conn);
    let newest = queries::found(conn, dialect.scan(request, dialect.limits().short_scan))?;
    if request.is_filled_by(&newest) {
        return Ok(newest);
    }
    match RareParts::of(request.term, &sample, Frequent::OneIn4, dialect) {
        Some(parts) => {
            let parts = counted(conn, parts)?;
            looked_up(conn, request, &parts)
        }
        None => walked(conn, request, regions, newest),
    }
}

/// Parts of a term, and whether very many conversations contain them.
struct Counted {
    parts: RareParts,
    are_many: bool,
}

fn counted(conn: &mut DbConnection, parts: RareParts) -> Result<Counted, DbError> {
    let dialect = Dialect::of(conn);
    let enough = dialect.limits().frequent;
    let are_many = queries::count(conn, dialect.count(&parts, enough))? >= enough;
    Ok(Counted { parts, are_many })
}

/// Returns the parts of the term to look up in the text index. `None`, if all its trigrams are frequent.
fn rare_parts(conn: &mut DbConnection, term: &Term, sample: &[String]) -> Result<Option<Counted>, DbError> {
    let dialect = Dialect::of(conn);
    let Some(parts) = RareParts::of(term, sample, Frequent::OneIn16, dialect) else { return Ok(None) };
    let found = counted(conn, parts)?;
    if !found.are_many || found.parts.is_whole {
        return Ok(Some(found));
    }
    RareParts::of(term, sample, Frequent::OneIn4, dialect).map(|parts| counted(conn, parts)).transpose()
}

/// Looks the parts up in the text index. If they are many, the newest conversations are read first, because they
/// usually fill the page.
fn looked_up(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    found: &Counted,
) -> Result<Vec<Found>, DbError> {
    let dialect = Dialect::of(conn);
    let mut newest = Vec::new();
    if found.are_many || found.parts.lacks_alternative {
        newest = queries::found(conn, dialect.scan(request, dialect.limits().scan))?;
        if request.is_filled_by(&newest) {
            return Ok(newest);
        }
    }
    let sorted = queries::found(conn, dialect.sorted(request, &found.parts, MOST_SORTED))?;
    // What was sorted contains the newest ones, except those with an alternative that cannot be looked up.
    Ok(if found.parts.lacks_alternative { merged(newest, sorted, request) } else { sorted })
}

/// Returns the newest of both lists, each conversation once.
fn merged(mut found: Vec<Found>, more: Vec<Found>, request: &SearchRequest<'_>) -> Vec<Found> {
    let known: HashSet<i64> = found.iter().map(|found| found.id).collect();
    found.extend(more.into_iter().filter(|more| !known.contains(&more.id)));
    found.sort_by_key(|found| Reverse((found.active_at.0, found.id)));
    found.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX));
    found
}

/// Adds matches to the `newest` ones without the time of a lookup in the text index, which has no limit: among the
/// conversations with the highest ids, and among those whose numbers begin with the term.
fn walked(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    regions: &[String],
    newest: Vec<Found>,
) -> Result<Vec<Found>, DbError> {
    let dialect = Dialect::of(conn);
    let after = queries::last_id(conn)?.unwrap_or_default().saturating_sub(dialect.limits().walk);
    let beginnings = complete::beginnings(request.term, regions);
    let walked = queries::found(conn, dialect.walked(request, after, &beginnings))?;
    Ok(merged(newest, walked, request))
}
