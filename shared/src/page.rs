//! A page of a list. Lists use keyset pagination with an opaque cursor, not offsets.

use serde::{Deserialize, Serialize};

/// Default number of items on a page.
pub const DEFAULT_LIMIT: i64 = 50;
/// Maximum number of items on a page.
pub const MAX_LIMIT: i64 = 200;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The `cursor` parameter for the next page; `null` on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Converts each item of the page.
    #[must_use]
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next_cursor: self.next_cursor }
    }
}
