//! Stores messages from customers (rules 3 to 5) in the live conversation, or else in a new one, in one transaction. A
//! second delivery of the same message changes nothing. A recovered message counts from the time at which it was
//! written. A closed conversation accepts no messages, so a recovered message can start a conversation with a start
//! time before the closure of the previous one.

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, PhoneNumber,
    conversation::{Conversation, Origin},
    event::EventKind,
    ids::{ConversationId, TeamId},
    message::{Direction, MessageStatus, Sender, SenderKind},
};

use super::{
    consent,
    conversation::State,
    help_reply,
    queries::{self, NewConversation},
};
use crate::{
    consents::{
        keyword::Keyword,
        meaning::{Meaning, meaning},
    },
    customers,
    db::{Db, DbConnection, DbError},
    events,
    gateway::media::StoredMedia,
    messages::queries::{NewMessageRow, insert, is_known},
    rejected_messages, teams,
};

/// Number of retries after a conflict with a concurrent transaction.
const MAX_RETRIES: usize = 4;

/// The notice of a conversation after a message that sounds like an opt-out.
const POSSIBLE_OPT_OUT: &str = "The customer may have asked for no more messages. If they did, opt them out. \
    A reply or “Dismiss” removes this notice.";

/// A message from a customer, as the gateway delivered or listed it.
#[derive(Clone, Debug)]
pub struct InboundMessage {
    /// The gateway's id of the message.
    pub gateway_id: String,
    /// The sender: the customer's number, a short code or a name.
    pub from: CustomerAddress,
    /// The recipient: the team's number.
    pub to: PhoneNumber,
    /// The text of the message.
    pub body: String,
    /// The attached media.
    pub media: Vec<StoredMedia>,
    /// The keyword that the gateway reports (`OptOutType`).
    pub opt_out_type: Option<Keyword>,
    /// The time at which it was written, if its webhook was lost and gap repair found it.
    pub recovered: Option<DateTime<Utc>>,
}

/// The outcome of [`receive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The message is stored in this conversation.
    Stored(ConversationId),
    /// The message was stored before.
    Duplicate,
    /// No team owns the recipient number.
    UnknownRecipient,
}

/// The reason why a message could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A concurrent transaction changed the same message, conversation or team number. Roll back and retry.
    #[error("a concurrent transaction conflicts with storing the message")]
    Conflict,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Stores a message, and retries after conflicts. The message is committed when this returns.
///
/// # Errors
/// `Conflict` when every retry conflicts.
pub async fn store(db: &Db, inbound: InboundMessage, now: DateTime<Utc>) -> Result<Received, ReceiveError> {
    let mut retries = 0;
    loop {
        let inbound = inbound.clone();
        match db.write(move |conn| receive(conn, &inbound, now)).await {
            Err(ReceiveError::Conflict) if retries < MAX_RETRIES => retries += 1,
            result => return result,
        }
    }
}

/// Stores a message, in the caller's transaction.
///
/// # Errors
/// `Conflict` when a concurrent transaction conflicts. The caller must roll back.
pub fn receive(
    conn: &mut DbConnection,
    inbound: &InboundMessage,
    now: DateTime<Utc>,
) -> Result<Received, ReceiveError> {
    if is_known(conn, &inbound.gateway_id)? {
        return Ok(Received::Duplicate);
    }
    let Some(team) = teams::queries::owner(conn, &inbound.to)? else {
        return Ok(Received::UnknownRecipient);
    };
    let written_at = inbound.recovered.unwrap_or(now);
    let mut live = match queries::live_for_update(conn, &inbound.to, &inbound.from)? {
        Some(live) => live,
        None => start(conn, team, inbound, written_at)?,
    };
    let meaning = meaning(&inbound.body, inbound.opt_out_type);
    let mut state = State::from(&live).receive(written_at).map_err(|_| ReceiveError::Conflict)?;
    if meaning == Meaning::PossibleOptOut {
        state = state.flag_opt_out(POSSIBLE_OPT_OUT.to_owned()).map_err(|_| ReceiveError::Conflict)?;
    }
    queries::update_state(conn, &mut live, state)?;
    let sender = Sender { kind: SenderKind::Customer, id: None, name: live.name.clone() };
    let message = insert(
        conn,
        NewMessageRow {
            conversation: live.id,
            direction: Direction::Inbound,
            sender: &sender,
            // PostgreSQL cannot store NUL. Replacing it saves the rest of the message.
            body: &inbound.body.replace('\0', "\u{fffd}"),
            media: inbound.media.clone(),
            status: MessageStatus::Received,
            created_at: written_at,
            template: None,
            gateway_id: Some(&inbound.gateway_id),
            idempotency: None,
            recovered: inbound.recovered.is_some(),
        },
    )?
    .ok_or(ReceiveError::Conflict)?;
    consent::record_message(conn, &mut live, &message, meaning)?;
    events::queries::insert(conn, EventKind::MessageReceived, live.team_id, live.id, Some(message.id), now)?;
    // A recovered message has no `OptOutType`, so the gateway may have answered it already.
    if meaning == Meaning::Help && inbound.recovered.is_none() {
        help_reply::send(conn, &live, now)?;
    }
    if inbound.recovered.is_some() {
        // It was rejected if its recipient number belonged to no team on arrival.
        rejected_messages::queries::delete(conn, &inbound.gateway_id)?;
    }
    Ok(Received::Stored(live.id))
}

/// Starts a conversation, or returns the one that a concurrent transaction has started.
fn start(
    conn: &mut DbConnection,
    team: TeamId,
    inbound: &InboundMessage,
    written_at: DateTime<Utc>,
) -> Result<Conversation, ReceiveError> {
    if !teams::queries::owns_number(conn, team, &inbound.to)? {
        return Err(ReceiveError::Conflict);
    }
    let new = NewConversation {
        team,
        team_number: &inbound.to,
        number: &inbound.from,
        customer: customers::queries::only_customer(conn, team, &inbound.from)?,
        origin: Origin::Inbound,
        previous: queries::previous(conn, team, &inbound.to, &inbound.from)?,
    };
    queries::insert(conn, new, &State::started_by_customer(written_at), written_at)?;
    // On PostgreSQL, the insert has waited for the commit of a concurrent transaction, so that conversation is visible
    // now. If it is already closed, the caller or the gateway retries.
    let mut live =
        queries::live_for_update(conn, &inbound.to, &inbound.from)?.ok_or(ReceiveError::Conflict)?;
    consent::show_earlier_opt_out(conn, &mut live)?;
    Ok(live)
}
