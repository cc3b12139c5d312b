//! Takes the next conversation of the queue (rule 16): the one that needs the agent, is the caller's or unassigned, and
//! has waited longest.

use chrono::{DateTime, Utc};
use shared::{
    conversation::{Conversation, ConversationStatus, NextAction, NextRequest},
    event::EventKind,
    ids::{AccountId, ConversationId, TeamId},
};

use super::{AssignedFilter, Filter, queries};
use crate::{
    auth::{self, LookupError, TeamScope},
    conversations::{assignment, cursor::QueueCursor, queries as conversations},
    db::{DbConnection, DbError},
    events, teams,
};

/// Number of conversations of a team that are looked at together. More callers than that at once look again.
const CANDIDATES: i64 = 32;
/// How often a caller looks again, after others have taken all candidates meanwhile.
const ROUNDS: usize = 4;

/// Takes the next conversation for the account, and returns it; `None` when nothing waits.
///
/// After `request.after`, the search continues behind its place in the queue, and then starts again at the beginning.
/// So a caller who asks again and again sees each waiting conversation.
///
/// # Errors
/// [`LookupError`], for the team.
pub fn take_next(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
    request: NextRequest,
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, LookupError> {
    let current = request.after.map_or(Ok(None), |id| conversations::find(conn, scope, id))?;
    let scope = teams::queries::narrow_scope(conn, scope, request.team_id)?;
    let search = Search { teams: auth::queries::team_ids(conn, &scope)?, account, skipped: request.after };
    let place = current.as_ref().and_then(place);
    let mut found = None;
    if let Some(place) = &place {
        found = search.claim(conn, Some(place))?;
    }
    if found.is_none() {
        found = search.claim(conn, None)?;
    }
    let Some(found) = found else { return Ok(None) };
    if found.assigned_to.is_none() {
        assignment::queries::take(conn, found.id, account)?;
        let kind = EventKind::AssignmentChanged;
        events::queries::insert_with_account(conn, kind, found.team_id, found.id, None, Some(account), now)?;
    }
    Ok(Some(found.id))
}

/// Returns the place of a conversation among those that need the agent, if it is one of them.
fn place(conversation: &Conversation) -> Option<QueueCursor> {
    let is_waiting = conversation.status == ConversationStatus::Open
        && conversation.next_action == Some(NextAction::Agent);
    is_waiting.then(|| QueueCursor::after(conversation)).flatten()
}

/// Where to look for the next conversation.
struct Search {
    teams: Vec<TeamId>,
    account: AccountId,
    skipped: Option<ConversationId>,
}

impl Search {
    /// Locks the conversation that has waited longest, of those after a place. Skips those that others lock; the last
    /// round waits for them, because a message or a receipt that is being stored locks its conversation, too.
    fn claim(
        &self,
        conn: &mut DbConnection,
        after: Option<&QueueCursor>,
    ) -> Result<Option<Conversation>, DbError> {
        for round in 1..=ROUNDS {
            let candidates = self.candidates(conn, after)?;
            if candidates.is_empty() {
                return Ok(None);
            }
            if let Some(claimed) = queries::claim(conn, &candidates, self.account, round == ROUNDS)? {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    fn candidates(
        &self,
        conn: &mut DbConnection,
        after: Option<&QueueCursor>,
    ) -> Result<Vec<ConversationId>, DbError> {
        let mut candidates = Vec::new();
        for team in &self.teams {
            for assigned in [AssignedFilter::Unassigned, AssignedFilter::To(self.account)] {
                let filter = Filter { assigned, tag: None };
                candidates.extend(queries::waiting_ids(conn, *team, filter, after, CANDIDATES)?);
            }
        }
        candidates.retain(|id| Some(*id) != self.skipped);
        Ok(candidates)
    }
}
