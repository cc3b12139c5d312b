//! One page of a list: keyset paging by an opaque cursor, never by offset.

use serde::{Deserialize, Serialize};

/// How many items a page has when the request does not say.
pub const DEFAULT_LIMIT: i64 = 50;
/// How many items a page may have at most.
pub const MAX_LIMIT: i64 = 200;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each item turned into another type.
    #[must_use]
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next_cursor: self.next_cursor }
    }
}
