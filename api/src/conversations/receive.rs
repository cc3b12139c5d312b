//! A text from a customer (rules 3 to 5): into the live conversation, or into a new one. One transaction, and the same
//! text twice changes nothing the second time. One that is recovered late counts from when it was written; it must never
//! go into a closed conversation either, so it may begin one before the last was closed.

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, PhoneNumber,
    conversation::{Conversation, Origin},
    event::EventKind,
    ids::{ConversationId, TeamId},
    message::{Direction, MessageStatus, Sender, SenderKind},
};

use super::{
    conversation::State,
    help_reply,
    queries::{self, NewConversation},
};
use crate::{
    consents::{
        self,
        keyword::Keyword,
        record::{Meaning, meaning},
    },
    customers,
    db::{Db, DbConnection, DbError},
    events,
    messages::{
        media::KeptMedia,
        queries::{NewMessageRow, insert, is_known},
    },
    rejected_messages, teams,
};

/// How often a text is tried to be kept that somebody else is keeping at the same moment.
const TRIES: usize = 4;

/// What a conversation shows after a message that sounds like an opt-out.
const POSSIBLE_OPT_OUT: &str = "The customer may have asked for no more messages. Opt them out if they did. A reply or “Dismiss” removes this.";

/// A text as the gateway brought it.
#[derive(Clone, Debug)]
pub struct InboundText {
    /// The gateway's id of it.
    pub gateway_id: String,
    /// What the customer wrote from.
    pub from: CustomerAddress,
    /// The team's number.
    pub to: PhoneNumber,
    /// What it says.
    pub body: String,
    /// What came with it.
    pub media: Vec<KeptMedia>,
    /// The gateway's own reading of it (`OptOutType`).
    pub opt_out_type: Option<Keyword>,
    /// When it was written, if its webhook was lost and it was found later.
    pub recovered: Option<DateTime<Utc>>,
}

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is kept, in this conversation.
    Kept(ConversationId),
    /// It was kept before.
    Repeated,
    /// No team owns the number that it was sent to.
    NobodysNumber,
}

/// Why a text could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The same text is being kept by somebody else right now; what this one wrote must be rolled back.
    #[error("the same text arrived twice at once")]
    Raced,
}

/// Keeps a text, durably once this answers, whoever else is keeping it at the same moment.
///
/// # Errors
/// `Raced` when that goes on and on.
pub async fn keep(db: &Db, text: InboundText, now: DateTime<Utc>) -> Result<Received, ReceiveError> {
    let mut tries = 0;
    loop {
        let text = text.clone();
        match db.write(move |conn| receive(conn, &text, now)).await {
            Err(ReceiveError::Raced) if tries < TRIES => tries += 1,
            received => return received,
        }
    }
}

/// Keeps a text, in the transaction.
///
/// # Errors
/// `Raced` when the same text was kept between our look and our write: the other one stands.
pub fn receive(
    conn: &mut DbConnection,
    text: &InboundText,
    now: DateTime<Utc>,
) -> Result<Received, ReceiveError> {
    if is_known(conn, &text.gateway_id)? {
        return Ok(Received::Repeated);
    }
    let Some(team) = teams::queries::owner(conn, &text.to)? else {
        return Ok(Received::NobodysNumber);
    };
    let written = text.recovered.unwrap_or(now);
    let live = match queries::live_for_update(conn, &text.to, &text.from)? {
        Some(live) => live,
        None => begin(conn, team, text, written)?,
    };
    let meaning = meaning(&text.body, text.opt_out_type);
    let mut state = State::from(&live).receive(written).map_err(|_| ReceiveError::Raced)?;
    if meaning == Meaning::PossibleOptOut {
        state = state.flag_opt_out(POSSIBLE_OPT_OUT.to_owned()).map_err(|_| ReceiveError::Raced)?;
    }
    queries::update_state(conn, live.id, &state)?;
    let sender = Sender { kind: SenderKind::Customer, id: None, name: live.name.clone() };
    let message = insert(
        conn,
        NewMessageRow {
            conversation: live.id,
            direction: Direction::Inbound,
            sender: &sender,
            // PostgreSQL keeps no NUL; a text must not be lost for one.
            body: &text.body.replace('\0', "\u{fffd}"),
            media: text.media.clone(),
            status: MessageStatus::Received,
            created_at: written,
            template: None,
            gateway_id: Some(&text.gateway_id),
            idempotency: None,
            recovered: text.recovered.is_some(),
        },
    )?
    .ok_or(ReceiveError::Raced)?;
    consents::record::of_text(conn, &live, &message, meaning)?;
    events::queries::insert(conn, EventKind::MessageReceived, live.team_id, live.id, Some(message.id), now)?;
    // A message that was recovered came without `OptOutType`, so the gateway may have answered it.
    if meaning == Meaning::Help && text.recovered.is_none() {
        help_reply::send(conn, &live, now)?;
    }
    if text.recovered.is_some() {
        // Its number had no team when it came in.
        rejected_messages::queries::delete(conn, &text.gateway_id)?;
    }
    Ok(Received::Kept(live.id))
}

/// A new conversation, or the one that somebody else has begun at the same moment.
fn begin(
    conn: &mut DbConnection,
    team: TeamId,
    text: &InboundText,
    written: DateTime<Utc>,
) -> Result<Conversation, ReceiveError> {
    if !teams::queries::keeps(conn, team, &text.to)? {
        return Err(ReceiveError::Raced);
    }
    let new = NewConversation {
        team,
        team_number: &text.to,
        number: &text.from,
        customer: customers::queries::only_customer(conn, team, &text.from)?,
        origin: Origin::Inbound,
        previous: queries::previous(conn, team, &text.to, &text.from)?,
    };
    queries::insert(conn, new, &State::begun_by_customer(written), written)?;
    consents::record::show(conn, &text.to, &text.from)?;
    // PostgreSQL has waited for the other one to commit, so it is visible now; if it is closed by now, the text is
    // brought again by the gateway or by our caller.
    queries::live_for_update(conn, &text.to, &text.from)?.ok_or(ReceiveError::Raced)
}

impl From<&Conversation> for State {
    fn from(conversation: &Conversation) -> Self {
        Self {
            status: conversation.status,
            next_action: conversation.next_action,
            waiting_since: conversation.waiting_since,
            last_message_at: conversation.last_message_at,
            attention: conversation.attention.clone(),
            unread: conversation.unread,
            active_at: None,
        }
    }
}
