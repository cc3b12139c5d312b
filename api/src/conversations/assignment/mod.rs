//! Assigns conversations to accounts (rule 16): taking, giving, releasing. A reply assigns too, see
//! [`State::reply`].

pub(crate) mod absence;
pub(super) mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    account::AccountName,
    assignment::NewAssignment,
    conversation::Conversation,
    event::EventKind,
    ids::{AccountId, ConversationId},
};

use super::{
    close::note,
    conversation::{Closed, State},
    queries as conversations,
};
use crate::{
    auth::{Caller, LookupError, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    events,
    fields::Invalid,
};

/// Why an assignment was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The conversation is closed.
    #[error("The conversation is closed and cannot be changed.")]
    Closed(#[from] Closed),
    /// Another account than the caller's has the conversation.
    #[error("{} has this conversation. Ask them, or repeat the request with force to change that.", .0.name)]
    AlreadyAssigned(AccountName),
    /// The account cannot answer in the team.
    #[error("This account cannot answer in this team. Choose an enabled member with the permission reply.")]
    NotAssignable,
    /// The note is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Assigns a conversation to an account. Without a note, an assignment to the account that has it already changes
/// nothing.
///
/// # Errors
/// [`AssignError`].
pub fn assign(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
    new: &NewAssignment,
    now: DateTime<Utc>,
) -> Result<(), AssignError> {
    let conversation = lock(conn, &caller.scope, id)?;
    let text = note(new.note.as_deref())?;
    queries::assignable(conn, conversation.team_id, new.account_id)?.ok_or(AssignError::NotAssignable)?;
    let is_same = conversation.assigned_to.as_ref().is_some_and(|holder| holder.id == new.account_id);
    if is_same && text.is_none() {
        return Ok(());
    }
    if !is_same && !new.force {
        require_free(&conversation, caller)?;
    }
    match (text, &conversation.assigned_to) {
        // The note of a returned conversation stays.
        (None, None) => queries::take(conn, id, new.account_id)?,
        (text, _) => {
            let by = text.is_some().then(|| caller.name());
            queries::assign(conn, id, Some(new.account_id), text.as_deref(), by)?;
        }
    }
    if !is_same && Some(new.account_id) != caller.account_id() {
        let (to, team) = (Some(new.account_id), conversation.team_id);
        events::queries::insert_with_account(conn, EventKind::Given, team, id, None, to, now)?;
    }
    changed(conn, &conversation, Some(new.account_id), now)
}

/// Makes a conversation unassigned. Does nothing if it is unassigned.
///
/// # Errors
/// [`AssignError`].
pub fn release(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
    force: bool,
    now: DateTime<Utc>,
) -> Result<(), AssignError> {
    let conversation = lock(conn, &caller.scope, id)?;
    if conversation.assigned_to.is_none() {
        return Ok(());
    }
    if !force {
        require_free(&conversation, caller)?;
    }
    queries::assign(conn, id, None, None, None)?;
    changed(conn, &conversation, None, now)
}

/// Returns the accounts that the conversation can be assigned to, by name.
///
/// # Errors
/// [`LookupError`].
pub fn assignees(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
) -> Result<Vec<AccountName>, LookupError> {
    let conversation = conversations::find(conn, scope, id)?.ok_or(NotFound::new(Resource::Conversation))?;
    let mut members = queries::assignable_members(conn, conversation.team_id)?;
    members.sort_by_key(|member| member.name.to_lowercase());
    Ok(members)
}

/// Returns the conversation, locked, unless it is closed.
fn lock(conn: &mut DbConnection, scope: &TeamScope, id: ConversationId) -> Result<Conversation, AssignError> {
    let found = conversations::find_for_update(conn, scope, id)?;
    let conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
    State::from(&conversation).require_live()?;
    Ok(conversation)
}

/// Checks that no other account than the caller's has the conversation.
fn require_free(conversation: &Conversation, caller: &Caller) -> Result<(), AssignError> {
    match &conversation.assigned_to {
        Some(holder) if Some(holder.id) != caller.account_id() => {
            Err(AssignError::AlreadyAssigned(holder.clone()))
        }
        _ => Ok(()),
    }
}

/// Appends the event of an assignment.
fn changed(
    conn: &mut DbConnection,
    conversation: &Conversation,
    to: Option<AccountId>,
    now: DateTime<Utc>,
) -> Result<(), AssignError> {
    let (kind, team) = (EventKind::AssignmentChanged, conversation.team_id);
    Ok(events::queries::insert_with_account(conn, kind, team, conversation.id, None, to, now)?)
}
