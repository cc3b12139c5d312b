//! What a search asks for.

use chrono::{DateTime, Utc};
use shared::{conversation::ConversationStatus, ids::TagId};

use super::term::Term;
use crate::{auth::TeamScope, conversations::cursor::TimeCursor};

/// A search request.
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// The teams to search in.
    pub scope: &'a TeamScope,
    /// The search term.
    pub term: &'a Term,
    /// Only conversations with this status.
    pub status: Option<ConversationStatus>,
    /// Only conversations with this tag.
    pub tag: Option<TagId>,
    /// Only conversations with activity since this time.
    pub since: DateTime<Utc>,
    /// The end of the previous page.
    pub after: Option<&'a TimeCursor>,
    /// Maximum number of results.
    pub limit: i64,
}

impl SearchRequest<'_> {
    /// Whether these results fill the page.
    pub(super) fn is_filled_by<T>(&self, found: &[T]) -> bool {
        i64::try_from(found.len()).is_ok_and(|found| found >= self.limit)
    }

    /// Returns the same request for one result of the first page, or `None` if it asks for the first page.
    pub(super) fn beginning(&self) -> Option<Self> {
        self.after.map(|_| Self { after: None, limit: 1, ..*self })
    }

    /// Whether the caller may search in no team.
    pub(super) fn has_no_team(&self) -> bool {
        matches!(self.scope, TeamScope::Only(teams) if teams.is_empty())
    }
}
