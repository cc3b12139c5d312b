//! A conversation that we begin (rule 10): an ad-hoc message to a number. Pending, and in no queue, until the person
//! replies.

use chrono::{DateTime, Utc};
use shared::{
    ErrorCode, PhoneNumber,
    conversation::{Conversation, ConversationStatus, NewConversation as AdHoc, Origin},
    ids::{ConversationId, TeamId},
    message::{NewMessage, Sender},
    team::TeamSummary,
};

use super::{
    conversation::State,
    queries::{self, NewConversation},
    reply::{Replied, Reply, replay},
};
use crate::{
    auth::TeamScope,
    consents::record::turn,
    customers,
    db::{DbConnection, DbError},
    error::ApiError,
    idempotency::RequestKey,
    numbers::{self, check::OUR_OWN},
    teams,
};

/// An ad-hoc message that is fit to be sent, as far as it can be told without the database.
#[derive(Clone, Debug)]
pub struct Start {
    team: TeamId,
    typed: String,
    from: Option<PhoneNumber>,
    message: Reply,
}

/// What became of an ad-hoc message.
#[derive(Clone, Debug)]
pub enum Started {
    /// It is kept, and will be sent; the conversation that it is in.
    Queued(Conversation),
    /// The same request was answered before, with this conversation.
    Replayed(Conversation),
}

impl Start {
    /// Checks the text as that of a reply.
    ///
    /// # Errors
    /// `validation_failed` or `missing_placeholder`, naming the field.
    pub fn parse(new: AdHoc) -> Result<Self, ApiError> {
        let AdHoc { team_id, number, body, from, template_id, media } = new;
        let message = Reply::parse(NewMessage { body, template_id, last_seen_message_id: None, media })?;
        Ok(Self { team: team_id, typed: number, from, message })
    }

    /// Keeps the message and queues it for sending: in the team's pending conversation with the number, or in a new one.
    ///
    /// # Errors
    /// `not_found` for the team, `invalid_number`, `validation_failed` for `from` or the template, `conversation_open`
    /// with the conversation to write in instead, `number_opted_out`, `idempotency_key_reused`.
    pub fn queue(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        now: DateTime<Utc>,
    ) -> Result<Started, ApiError> {
        let team = teams::queries::team(conn, scope, self.team)?
            .ok_or_else(|| ApiError::not_found("team").about_team_id())?;
        if let Some(message) = idempotency.map(|given| replay(conn, given, now)).transpose()?.flatten() {
            return Ok(Started::Replayed(found(conn, scope, message.conversation_id)?));
        }
        let number = numbers::known::field(conn, &team.numbers, "number", &self.typed, &team.region)?;
        if teams::queries::owner(conn, &number)?.is_some() {
            return Err(ApiError::field(ErrorCode::InvalidNumber, "number", "own_number", OUR_OWN));
        }
        conn.take_turns(&turn(&number))?;
        let live = queries::live_in_team(conn, &team.numbers, &number)?;
        if let Some(open) = live.iter().find(|live| live.status == ConversationStatus::Open) {
            return Err(conversation_open(open.id));
        }
        let from = self.sending_number(conn, &team, live.first(), &number)?;
        let id = match queries::live_for_update(conn, &from, &(&number).into())? {
            Some(live) if live.status == ConversationStatus::Pending => live.id,
            Some(live) => return Err(conversation_open(live.id)),
            None => pending(conn, team.id, &from, &number, now)?,
        };
        match self.message.queue(conn, scope, id, sender, idempotency, now)? {
            Replied::Queued(_) => Ok(Started::Queued(found(conn, scope, id)?)),
            Replied::Replayed(_) => Ok(Started::Replayed(found(conn, scope, id)?)),
        }
    }

    /// The number asked for, else the [usual one](usual_number).
    fn sending_number(
        &self,
        conn: &mut DbConnection,
        team: &TeamSummary,
        pending: Option<&Conversation>,
        number: &PhoneNumber,
    ) -> Result<PhoneNumber, ApiError> {
        let refuse = |code: &str, message: &str| {
            Err(ApiError::field(ErrorCode::ValidationFailed, "from", code, message))
        };
        if let Some(from) = &self.from {
            if team.numbers.contains(from) {
                return Ok(from.clone());
            }
            return refuse(
                "unknown",
                "This number does not belong to the team. Choose one of the team's numbers.",
            );
        }
        match usual_number(conn, team, pending, number)? {
            Some(from) => Ok(from),
            None => {
                refuse("required", "The team has no number to send from. Ask an administrator to add one.")
            }
        }
    }
}

/// The team's number that a number is written from when nobody chooses: that of the message before which awaits a reply;
/// else the one that the customer knows; else the team's first.
pub(crate) fn usual_number(
    conn: &mut DbConnection,
    team: &TeamSummary,
    pending: Option<&Conversation>,
    number: &PhoneNumber,
) -> Result<Option<PhoneNumber>, DbError> {
    if let Some(pending) = pending {
        return Ok(Some(pending.team_number.clone()));
    }
    let known = queries::last_team_number(conn, &team.numbers, number)?;
    Ok(known.or_else(|| team.numbers.first().cloned()))
}

/// Begins a pending conversation; its first message is a [`Reply`] into it.
///
/// # Errors
/// `conversation_open` when the two numbers hold one already.
pub(crate) fn pending(
    conn: &mut DbConnection,
    team: TeamId,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<ConversationId, ApiError> {
    if !teams::queries::keeps(conn, team, team_number)? {
        let message = "This number no longer belongs to the team. Choose another one.";
        return Err(ApiError::field(ErrorCode::ValidationFailed, "from", "unknown", message));
    }
    let number = &number.into();
    let new = NewConversation {
        team,
        team_number,
        number,
        customer: customers::queries::only_customer(conn, team, number)?,
        origin: Origin::Outbound,
        previous: queries::previous(conn, team, team_number, number)?,
    };
    if let Some(id) = queries::insert(conn, new, &State::begun_by_us(now), now)? {
        return Ok(id);
    }
    // Somebody else has begun it at the same moment, and PostgreSQL has waited for them.
    match queries::live_for_update(conn, team_number, number)? {
        Some(live) if live.status == ConversationStatus::Pending => Ok(live.id),
        Some(live) => Err(conversation_open(live.id)),
        None => Err(ApiError::new(ErrorCode::Busy, "Another request is doing the same. Try again.")),
    }
}

fn conversation_open(id: ConversationId) -> ApiError {
    let detail = "A conversation with this number is in progress. Reply there.";
    ApiError::new(ErrorCode::ConversationOpen, detail).conversation(id)
}

fn found(conn: &mut DbConnection, scope: &TeamScope, id: ConversationId) -> Result<Conversation, ApiError> {
    queries::find(conn, scope, id)?.ok_or_else(|| ApiError::not_found("conversation"))
}
