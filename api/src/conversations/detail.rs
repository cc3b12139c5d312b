//! A conversation with its team, customer, closure and consent, and the actions that the caller may take.

use shared::{
    account::Permission,
    consent::ConsentState,
    conversation::{Action, ConversationDetail, ConversationStatus},
    ids::ConversationId,
};

use super::{assignment, queries};
use crate::{
    auth::{Caller, LookupError, NotFound, Resource},
    consents, customers,
    db::DbConnection,
    teams,
};

/// Returns the conversation in detail.
///
/// # Errors
/// [`LookupError`].
pub fn detail(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
) -> Result<ConversationDetail, LookupError> {
    let missing = NotFound::new(Resource::Conversation);
    let conversation = queries::find(conn, &caller.scope, id)?.ok_or(missing)?;
    let team = teams::queries::team(conn, &caller.scope, conversation.team_id)?.ok_or(missing)?;
    let customer = customers::key_data::customer_of(conn, &conversation)?;
    let closed = conversation.status == ConversationStatus::Closed;
    let closure = if closed { queries::closure(conn, id)? } else { None };
    let next_id = if closed { queries::next(conn, &conversation)? } else { None };
    let consent = consents::queries::last(conn, &conversation.team_number, &conversation.number)?;
    let opted_out = consent.as_ref().is_some_and(|consent| consent.state == ConsentState::OptedOut);
    let can_reply = conversation.can_reply && !opted_out;
    let is_open = conversation.status == ConversationStatus::Open;
    let actions = [
        (Action::Reply, Permission::Reply),
        (Action::Close, Permission::Close),
        (Action::Assign, Permission::Reply),
        (Action::Tag, Permission::Reply),
        (Action::Snooze, Permission::Reply),
    ];
    let permitted_actions = actions
        .into_iter()
        .filter(|(action, permission)| {
            let is_possible = match action {
                Action::Reply => can_reply,
                Action::Snooze => is_open,
                Action::Close | Action::Assign | Action::Tag => true,
            };
            !closed && is_possible && caller.may(*permission)
        })
        .map(|(action, _)| action)
        .collect();
    let notes = assignment::queries::notes(conn, id, caller.account_id())?;
    Ok(ConversationDetail {
        conversation,
        next_id,
        team,
        customer,
        closure,
        consent,
        assignment_note: notes.assignment,
        snooze: notes.snooze.filter(|_| is_open),
        permitted_actions,
        viewers: Vec::new(),
        has_draft: notes.has_draft,
    })
}
