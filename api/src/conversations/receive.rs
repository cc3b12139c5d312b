//! Stores messages from customers (rules 3 to 5) in the live conversation, or else in a new one, in one transaction. A
//! second delivery of the same message changes nothing. A recovered message counts from the time at which it was
//! written. A closed conversation accepts no messages, so a recovered message can start a conversation with a start
//! time before the closure of the previous one.

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, PhoneNumber,
    conversation::{Conversation, Origin},
    ids::ConversationId,
    message::{Sender, SenderKind},
};

mod queries;

use queries::Arrival;

use super::{
    consent,
    conversation::{Closed, State, queries::update_state},
    help_reply,
    start::queries::{self as start_queries, NewConversation},
};
use crate::{
    consents::{
        erased::{ErasedNumber, restore_opt_out},
        keyword::Keyword,
        meaning::{Meaning, meaning},
    },
    db::{Db, DbConnection, DbError},
    gateway::media::StoredMedia,
    messages::{
        queries::is_known,
        store::{self, NewMessage},
    },
    rejected_messages,
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
    /// The form in which the ledger has the sender's opt-out, if the sender was erased.
    pub erased_as: Option<ErasedNumber>,
    /// The time at which it was written, if its webhook was lost and gap repair found it.
    pub recovered: Option<DateTime<Utc>>,
}

impl InboundMessage {
    /// Returns when it was written, if it is received at `now`.
    fn written_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.recovered.unwrap_or(now)
    }
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

/// The locked conversation is live, so only a concurrent closure can have caused this.
impl From<Closed> for ReceiveError {
    fn from(_: Closed) -> Self {
        Self::Conflict
    }
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
    let meaning = meaning(&inbound.body, inbound.opt_out_type);
    let mut conversation = match queries::live(conn, inbound)? {
        Some(live) if live.is_known => return Ok(Received::Duplicate),
        Some(live) if !live.has_team => return Ok(Received::UnknownRecipient),
        Some(live) => update(conn, live.conversation, inbound, meaning, now)?,
        None => match queries::arrival(conn, inbound)? {
            Some(arrival) if arrival.is_known => return Ok(Received::Duplicate),
            Some(arrival) => start(conn, arrival, inbound, meaning, now)?,
            None if is_known(conn, &inbound.gateway_id)? => return Ok(Received::Duplicate),
            None => return Ok(Received::UnknownRecipient),
        },
    };
    let sender = Sender { kind: SenderKind::Customer, id: None, name: conversation.name.clone() };
    let new = NewMessage {
        conversation: &conversation,
        sender: &sender,
        // PostgreSQL cannot store NUL. Replacing it saves the rest of the message.
        body: &inbound.body.replace('\0', "\u{fffd}"),
        media: inbound.media.clone(),
        created_at: inbound.written_at(now),
        template: None,
        send_to: None,
        send_at: None,
        gateway_id: Some(&inbound.gateway_id),
        idempotency: None,
        recovered: inbound.recovered.is_some(),
    };
    let message = store::insert(conn, &new, now)?.ok_or(ReceiveError::Conflict)?;
    consent::record_message(conn, &mut conversation, &message, meaning)?;
    // A recovered message has no `OptOutType`, so the gateway may have answered it already.
    if meaning == Meaning::Help && inbound.recovered.is_none() {
        help_reply::send(conn, &conversation, now)?;
    }
    if inbound.recovered.is_some() {
        // It was rejected if its recipient number belonged to no team on arrival.
        rejected_messages::queries::delete(conn, &inbound.gateway_id)?;
    }
    Ok(Received::Stored(conversation.id))
}

/// Updates the live conversation.
fn update(
    conn: &mut DbConnection,
    mut live: Conversation,
    inbound: &InboundMessage,
    meaning: Meaning,
    now: DateTime<Utc>,
) -> Result<Conversation, ReceiveError> {
    let state = next_state(State::from(&live), inbound, meaning, now)?;
    update_state(conn, &mut live, state)?;
    Ok(live)
}

/// Starts a conversation. On PostgreSQL, the insert waits for a concurrent transaction that starts the same one; the
/// retry then finds that conversation.
fn start(
    conn: &mut DbConnection,
    arrival: Arrival,
    inbound: &InboundMessage,
    meaning: Meaning,
    now: DateTime<Utc>,
) -> Result<Conversation, ReceiveError> {
    let written_at = inbound.written_at(now);
    let mut state = State::started_by_customer(written_at);
    if let Some(erased) = inbound.erased_as.as_ref().filter(|_| arrival.opted_out_when_erased) {
        restore_opt_out(conn, &inbound.to, &inbound.from, erased, now)?;
    }
    if arrival.opted_out || arrival.opted_out_when_erased {
        state = state.opt_out(consent::ATTENTION.to_owned())?;
    }
    let new = NewConversation {
        team: arrival.team,
        team_number: &inbound.to,
        number: &inbound.from,
        customer: arrival.customer,
        origin: Origin::Inbound,
        previous: arrival.previous,
    };
    let state = next_state(state, inbound, meaning, now)?;
    start_queries::insert(conn, new, state, written_at)?.ok_or(ReceiveError::Conflict)
}

/// Returns the state after the message.
fn next_state(
    state: State,
    inbound: &InboundMessage,
    meaning: Meaning,
    now: DateTime<Utc>,
) -> Result<State, Closed> {
    let state = state.receive(inbound.written_at(now))?;
    match meaning {
        Meaning::PossibleOptOut => state.flag_opt_out(POSSIBLE_OPT_OUT.to_owned()),
        _ => Ok(state),
    }
}
