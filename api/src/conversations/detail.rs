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
    let actions = [
        (Action::Reply, Permission::Reply),
        (Action::Close, Permission::Close),
        (Action::Assign, Permission::Reply),
    ];
    let permitted_actions = actions
        .into_iter()
        .filter(|(action, permission)| {
            !closed && caller.may(*permission) && (*action != Action::Reply || can_reply)
        })
        .map(|(action, _)| action)
        .collect();
    let (assignment_note, has_draft) = assignment::queries::note_and_draft(conn, id, caller.account_id())?;
    Ok(ConversationDetail {
        conversation,
        next_id,
        team,
        customer,
        closure,
        consent,
        assignment_note,
        permitted_actions,
        viewers: Vec::new(),
        has_draft,
    })
}
