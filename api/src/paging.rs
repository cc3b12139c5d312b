//! Cursor-based pagination for all lists: a limit, and an opaque cursor that says where the previous page ended. There
//! are no offsets.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, Utc};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use shared::{
    Page,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};
use utoipa::IntoParams;

/// The page size is outside 1 to 200.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("A page has 1 to {MAX_LIMIT} items, not {0}.")]
pub struct InvalidLimit(i64);

/// This list did not issue the cursor, or the last item of the previous page no longer exists.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("The cursor is not from this list. Pass the next_cursor of the previous page, or omit it.")]
pub struct InvalidCursor;

/// The query parameters of a list without filters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<i64>,
    /// `next_cursor` of the previous page.
    pub(crate) cursor: Option<String>,
}

/// Checks the page size, with a default when none is given.
///
/// # Errors
/// Outside 1 to 200.
pub(crate) fn page_size(given: Option<i64>) -> Result<i64, InvalidLimit> {
    let limit = given.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) { Ok(limit) } else { Err(InvalidLimit(limit)) }
}

/// Encodes a cursor as the text that clients pass back.
pub(crate) fn encode_cursor<T: Serialize>(cursor: &T) -> Option<String> {
    serde_json::to_vec(cursor).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// Decodes a cursor that a client passed back.
///
/// # Errors
/// When this list did not issue it.
pub(crate) fn decode_cursor<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, InvalidCursor> {
    let Some(text) = text else { return Ok(None) };
    let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok());
    cursor.map(Some).ok_or(InvalidCursor)
}

/// Deserializes a time that the database can store. PostgreSQL cannot store all times that chrono can parse.
pub(crate) fn storable_time<'de, D: Deserializer<'de>>(given: D) -> Result<DateTime<Utc>, D::Error> {
    let time = DateTime::<Utc>::deserialize(given)?;
    if is_storable(time) { Ok(time) } else { Err(D::Error::custom("a time outside the years 0 to 9999")) }
}

/// Whether the database can store a time.
pub(crate) fn is_storable(time: DateTime<Utc>) -> bool {
    (0..=9999).contains(&time.year())
}

/// Builds a page of `limit` items. `found` holds one more when there is a next page.
pub(crate) fn page<T>(mut found: Vec<T>, limit: i64, cursor: impl Fn(&T) -> Option<String>) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).and_then(cursor);
    Page { items: found, next_cursor }
}

/// Builds a page of a list, in any order, that is short enough to load completely (the teams, a team's templates).
///
/// # Errors
/// When this list did not issue the cursor, or when the last item of the previous page no longer exists.
pub(crate) fn of_short_list<T>(
    items: Vec<T>,
    limit: i64,
    cursor: Option<&str>,
    id: impl Fn(&T) -> i64,
) -> Result<Page<T>, InvalidCursor> {
    let rest = match decode_cursor::<i64>(cursor)? {
        None => items,
        Some(last) => {
            let place = items.iter().position(|item| id(item) == last).ok_or(InvalidCursor)?;
            items.into_iter().skip(place + 1).collect()
        }
    };
    Ok(page(rest, limit, |last| encode_cursor(&id(last))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_pages_of_a_short_list_add_up_to_the_list(length in 0..30_i64, limit in 1..10_i64) {
            let items: Vec<i64> = (0..length).rev().collect();
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page = of_short_list(items.clone(), limit, cursor.as_deref(), |id| *id).unwrap();
                prop_assert!(page.items.len() <= usize::try_from(limit).unwrap());
                seen.extend(page.items);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, items);
        }

        #[test]
        fn an_arbitrary_cursor_is_refused(text: String) {
            let read = of_short_list(vec![1_i64], 1, Some(&text), |id| *id);
            prop_assert_eq!(read, Err(InvalidCursor));
        }
    }
}
