//! Ad-hoc messages (rule 10): outbound messages to any number, which start a conversation. It stays pending, and out of
//! the queue, until the customer replies.

pub(super) mod queries;

use chrono::{DateTime, Utc};
use shared::{
    PhoneNumber,
    conversation::{Conversation, ConversationStatus, NewConversation as AdHoc, Origin},
    ids::{ConversationId, TeamId},
    message::{NewMessage, Sender},
    team::TeamSummary,
};

use queries::{NewConversation, insert};

use super::{
    conversation::State,
    drafts,
    known_number::{self, NumberError},
    number_check::OWN_NUMBER,
    queries as conversations,
    reply::{InvalidMessage, ReplayError, Replied, Reply, ReplyError, replay},
};
use crate::{
    auth::{NotFound, Resource, TeamScope, TokenKeys, token::SigningError},
    consents::erased::{ErasedNumber, restore_opt_out},
    customers,
    db::{DbConnection, DbError, Lock},
    idempotency::RequestKey,
    numbers::parse::parse,
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

/// Why an ad-hoc message was not queued.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The team, or the conversation of the replayed message, does not exist, or the caller is not in the team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The idempotency key was used with another request, or could not be looked up.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The customer's number is invalid.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The number belongs to a team.
    #[error("{OWN_NUMBER}")]
    OwnNumber,
    /// The number to send from is not one of the team's.
    #[error("This number does not belong to the team. Choose one of the team's numbers.")]
    ForeignTeamNumber,
    /// The team has no number.
    #[error("The team has no number to send from. Ask an administrator to add one.")]
    NoTeamNumber,
    /// The pending conversation was not started.
    #[error(transparent)]
    Pending(#[from] PendingError),
    /// The message was not queued in its conversation.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The keyed hash of the number cannot be computed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a pending conversation was not started.
#[derive(Debug, thiserror::Error)]
pub enum PendingError {
    /// The team number has moved to another team.
    #[error("This number no longer belongs to the team. Choose another one.")]
    TeamNumberMoved,
    /// The two numbers have this open conversation.
    #[error("A conversation with this number is in progress. Reply there.")]
    Open(ConversationId),
    /// A concurrent request started a conversation with the number and closed it.
    #[error("Another request is starting a conversation with this number. Try again.")]
    Conflict,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Start {
    /// Checks the message like a reply.
    ///
    /// # Errors
    /// [`InvalidMessage`].
    pub fn parse(new: AdHoc) -> Result<Self, InvalidMessage> {
        let AdHoc { team_id, number, body, from, template_id, media } = new;
        let message =
            Reply::parse(NewMessage { body, template_id, last_seen_message_id: None, send_at: None, media })?;
        Ok(Self { team: team_id, typed: number, from, message })
    }

    /// Stores the message in the team's pending conversation with the number, or in a new one, and queues it.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn queue(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        keys: &TokenKeys,
        now: DateTime<Utc>,
    ) -> Result<Started, StartError> {
        Ok(match self.store(conn, scope, sender, idempotency, keys, now)? {
            Replied::Queued(message) => Started::Queued(find(conn, scope, message.conversation_id)?),
            Replied::Replayed(message) => Started::Replayed(find(conn, scope, message.conversation_id)?),
        })
    }

    /// Like [`Start::queue`], but returns the message.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) fn store(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        keys: &TokenKeys,
        now: DateTime<Utc>,
    ) -> Result<Replied, StartError> {
        let team = teams::queries::team(conn, scope, self.team)?.ok_or(NotFound::team_id())?;
        if let Some(message) = idempotency.map(|given| replay(conn, given, now)).transpose()?.flatten() {
            drafts::delete_sent(conn, sender, idempotency)?;
            return Ok(Replied::Replayed(message));
        }
        let number = known_number::field(conn, &team.numbers, "number", &self.typed, &team.region)?;
        if teams::queries::owner(conn, &number)?.is_some() {
            return Err(StartError::OwnNumber);
        }
        conn.advisory_lock(Lock::Number(number.as_str()))?;
        let live = conversations::live_in_team(conn, &team.numbers, &number)?;
        if let Some(open) = live.iter().find(|live| live.status == ConversationStatus::Open) {
            return Err(PendingError::Open(open.id).into());
        }
        let from = self.sending_number(conn, &team, live.first(), &number)?;
        let customer = (&number).into();
        restore_opt_out(conn, &from, &customer, &ErasedNumber::of(keys, &customer)?, now)?;
        let id = match conversations::live_for_update(conn, &from, &customer)? {
            Some(live) if live.status == ConversationStatus::Pending => live.id,
            Some(live) => return Err(PendingError::Open(live.id).into()),
            None => pending(conn, team.id, &from, &number, now)?,
        };
        Ok(self.message.queue(conn, scope, id, sender, idempotency, now)?)
    }

    /// The team that sends the message.
    pub(super) fn team(&self) -> TeamId {
        self.team
    }

    /// Parses the number by the rules of its country alone.
    pub(super) fn usual_number(&self, region: &str) -> Option<PhoneNumber> {
        parse(&self.typed, region).ok()
    }

    /// Returns the requested number, or else the [default](default_team_number).
    fn sending_number(
        &self,
        conn: &mut DbConnection,
        team: &TeamSummary,
        pending: Option<&Conversation>,
        number: &PhoneNumber,
    ) -> Result<PhoneNumber, StartError> {
        match &self.from {
            Some(from) if team.numbers.contains(from) => Ok(from.clone()),
            Some(_) => Err(StartError::ForeignTeamNumber),
            None => default_team_number(conn, team, pending, number)?.ok_or(StartError::NoTeamNumber),
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
    let last = conversations::last_team_number(conn, &team.numbers, number)?;
    Ok(last.or_else(|| team.numbers.first().cloned()))
}

/// Starts a pending conversation. The caller adds its first message with [`Reply::queue`].
///
/// # Errors
/// [`PendingError`].
pub(crate) fn pending(
    conn: &mut DbConnection,
    team: TeamId,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<ConversationId, PendingError> {
    if !teams::queries::owns_number(conn, team, team_number)? {
        return Err(PendingError::TeamNumberMoved);
    }
    let number = &number.into();
    let new = NewConversation {
        team,
        team_number,
        number,
        customer: customers::queries::only_customer(conn, team, number)?,
        origin: Origin::Outbound,
        previous: conversations::previous(conn, team, team_number, number)?,
    };
    if let Some(started) = insert(conn, new, State::started_by_team(now), now)? {
        return Ok(started.id);
    }
    // A concurrent transaction has started it, and PostgreSQL has waited for its commit.
    match conversations::live_for_update(conn, team_number, number)? {
        Some(live) if live.status == ConversationStatus::Pending => Ok(live.id),
        Some(live) => Err(PendingError::Open(live.id)),
        None => Err(PendingError::Conflict),
    }
}

fn find(conn: &mut DbConnection, scope: &TeamScope, id: ConversationId) -> Result<Conversation, StartError> {
    Ok(conversations::find(conn, scope, id)?.ok_or(NotFound::new(Resource::Conversation))?)
}
