//! Ad-hoc messages (rule 10): outbound messages to any number, which start a conversation. It stays pending, and out of
//! the queue, until the customer replies.

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
    known_number,
    number_check::OWN_NUMBER,
    queries::{self, NewConversation},
    reply::{Replied, Reply, replay},
};
use crate::{
    auth::TeamScope,
    customers,
    db::{DbConnection, DbError, Lock},
    error::ApiError,
    idempotency::RequestKey,
    teams,
};

/// An ad-hoc message that has passed the checks that need no database.
#[derive(Clone, Debug)]
pub struct Start {
    team: TeamId,
    typed: String,
    from: Option<PhoneNumber>,
    message: Reply,
}

/// The outcome of an ad-hoc message.
#[derive(Clone, Debug)]
pub enum Started {
    /// The message is stored in this conversation and queued for sending.
    Queued(Conversation),
    /// An earlier request with the same idempotency key created a message in this conversation.
    Replayed(Conversation),
}

impl Start {
    /// Checks the message like a reply.
    ///
    /// # Errors
    /// `validation_failed` or `missing_placeholder`, naming the field.
    pub fn parse(new: AdHoc) -> Result<Self, ApiError> {
        let AdHoc { team_id, number, body, from, template_id, media } = new;
        let message = Reply::parse(NewMessage { body, template_id, last_seen_message_id: None, media })?;
        Ok(Self { team: team_id, typed: number, from, message })
    }

    /// Stores the message in the team's pending conversation with the number, or in a new one, and queues it.
    ///
    /// # Errors
    /// `not_found` for the team, `invalid_number`, `validation_failed` for `from` or the template, `conversation_open`
    /// with the conversation to reply in, `number_opted_out`, `idempotency_key_reused`.
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
            return Ok(Started::Replayed(find(conn, scope, message.conversation_id)?));
        }
        let number = known_number::field(conn, &team.numbers, "number", &self.typed, &team.region)?;
        if teams::queries::owner(conn, &number)?.is_some() {
            return Err(ApiError::field(ErrorCode::InvalidNumber, "number", "own_number", OWN_NUMBER));
        }
        conn.advisory_lock(Lock::Number(number.as_str()))?;
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
            Replied::Queued(_) => Ok(Started::Queued(find(conn, scope, id)?)),
            Replied::Replayed(_) => Ok(Started::Replayed(find(conn, scope, id)?)),
        }
    }

    /// Returns the requested number, or else the [default](default_team_number).
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
        match default_team_number(conn, team, pending, number)? {
            Some(from) => Ok(from),
            None => {
                refuse("required", "The team has no number to send from. Ask an administrator to add one.")
            }
        }
    }
}

/// Returns the team number that sends an ad-hoc message when the request names none: that of the pending conversation,
/// or that of the last closed conversation with this customer, or the team's first.
pub(crate) fn default_team_number(
    conn: &mut DbConnection,
    team: &TeamSummary,
    pending: Option<&Conversation>,
    number: &PhoneNumber,
) -> Result<Option<PhoneNumber>, DbError> {
    if let Some(pending) = pending {
        return Ok(Some(pending.team_number.clone()));
    }
    let last = queries::last_team_number(conn, &team.numbers, number)?;
    Ok(last.or_else(|| team.numbers.first().cloned()))
}

/// Starts a pending conversation. The caller adds its first message with [`Reply::queue`].
///
/// # Errors
/// `conversation_open` when the two numbers have an open conversation; `validation_failed` for the team number.
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
    if let Some(id) = queries::insert(conn, new, &State::started_by_team(now), now)? {
        return Ok(id);
    }
    // A concurrent transaction has started it, and PostgreSQL has waited for its commit.
    match queries::live_for_update(conn, team_number, number)? {
        Some(live) if live.status == ConversationStatus::Pending => Ok(live.id),
        Some(live) => Err(conversation_open(live.id)),
        None => Err(ApiError::new(
            ErrorCode::Busy,
            "Another request is starting a conversation with this number. Try again.",
        )),
    }
}

fn conversation_open(id: ConversationId) -> ApiError {
    let detail = "A conversation with this number is in progress. Reply there.";
    ApiError::new(ErrorCode::ConversationOpen, detail).conversation(id)
}

fn find(conn: &mut DbConnection, scope: &TeamScope, id: ConversationId) -> Result<Conversation, ApiError> {
    queries::find(conn, scope, id)?.ok_or_else(|| ApiError::not_found("conversation"))
}
