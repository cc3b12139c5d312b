//! Chooses how to find the conversations of a search. A complete number or reference is looked up in its index, and
//! what it finds is the answer. A part is looked up in the text index, as far as its trigrams are rare; for a part that
//! is too frequent, conversations are read first, from the newest on, up to a limit.

use std::{cmp::Reverse, collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use shared::conversation::Conversation;

use super::{
    complete,
    dialect::Dialect,
    queries::{self, Found},
    rare::{Frequent, RareParts},
    request::SearchRequest,
    sample::Sample,
    term::Term,
};
use crate::{
    db::{DbConnection, DbError},
    teams,
};

/// Number of matches from which the newest conversations are read first, because they usually fill the page.
const MANY: i64 = 2_000;
/// Maximum number of matches that are sorted.
const MOST_SORTED: i64 = 20_000;

/// Returns the matching conversations, newest activity first, each with the time of its last activity.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut DbConnection,
    sample: &Sample,
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
        None => with_part(conn, sample, request, &regions)?,
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
    sample: &Sample,
    request: &SearchRequest<'_>,
    regions: &[String],
) -> Result<Vec<Found>, DbError> {
    let sample = if request.term.is_indexed() { sample.texts(conn)? } else { Arc::default() };
    let parts = rare_matches(conn, request.term, &sample)?;
    let dialect = Dialect::of(conn);
    if let Some(found) = &parts
        && found.is_all()
    {
        return sorted(conn, request, &found.parts, &found.ids);
    }
    let newest = queries::found(conn, dialect.scan(request))?;
    if request.is_filled_by(&newest) {
        return Ok(newest);
    }
    let newest = merged(newest, walked(conn, request, regions)?, request);
    if request.is_filled_by(&newest) {
        return Ok(newest);
    }
    let parts = parts
        .map(|found| found.parts)
        .or_else(|| RareParts::of(request.term, &sample, Frequent::OneIn4, dialect));
    let Some(parts) = parts else { return Ok(newest) };
    let ids = queries::ids(conn, dialect.highest_matches(&parts, MOST_SORTED))?;
    Ok(merged(newest, sorted(conn, request, &parts, &ids)?, request))
}

/// Parts of a term, and the conversations that contain them, of which there can be more if they are [`MANY`].
struct Matches {
    parts: RareParts,
    ids: Vec<i64>,
}

impl Matches {
    fn find(conn: &mut DbConnection, parts: RareParts) -> Result<Self, DbError> {
        let statement = Dialect::of(conn).some_matches(&parts, MANY);
        let ids = queries::ids(conn, statement)?;
        Ok(Self { parts, ids })
    }

    fn are_many(&self) -> bool {
        i64::try_from(self.ids.len()).is_ok_and(|found| found >= MANY)
    }

    /// Whether these are all conversations that can contain the term.
    fn is_all(&self) -> bool {
        !self.are_many() && !self.parts.lacks_alternative
    }
}

/// Looks the parts of the term up in the text index, without the frequent trigrams. `None`, if it has no others.
fn rare_matches(conn: &mut DbConnection, term: &Term, sample: &[String]) -> Result<Option<Matches>, DbError> {
    let dialect = Dialect::of(conn);
    let Some(parts) = RareParts::of(term, sample, Frequent::OneIn16, dialect) else { return Ok(None) };
    let found = Matches::find(conn, parts)?;
    if !found.are_many() || found.parts.is_whole {
        return Ok(Some(found));
    }
    match RareParts::of(term, sample, Frequent::OneIn4, dialect) {
        Some(more) if more != found.parts => Ok(Some(Matches::find(conn, more)?)),
        _ => Ok(Some(found)),
    }
}

/// Returns the newest of the conversations with these ids, which contain the parts.
fn sorted(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    parts: &RareParts,
    ids: &[i64],
) -> Result<Vec<Found>, DbError> {
    let unchecked = (!parts.is_whole).then_some(request.term);
    let statement = Dialect::of(conn).among(request, ids, unchecked);
    queries::found(conn, statement)
}

/// Returns the newest of both lists, each conversation once.
fn merged(mut found: Vec<Found>, more: Vec<Found>, request: &SearchRequest<'_>) -> Vec<Found> {
    let known: HashSet<i64> = found.iter().map(|found| found.id).collect();
    found.extend(more.into_iter().filter(|more| !known.contains(&more.id)));
    found.sort_by_key(|found| Reverse((found.active_at.0, found.id)));
    found.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX));
    found
}

/// Finds the term among the conversations with the highest ids, and among those whose numbers begin with it.
fn walked(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    regions: &[String],
) -> Result<Vec<Found>, DbError> {
    let dialect = Dialect::of(conn);
    let after = queries::last_id(conn)?.unwrap_or_default().saturating_sub(dialect.limits().walk);
    let beginnings = complete::beginnings(request.term, regions);
    queries::found(conn, dialect.walked(request, after, &beginnings))
}
