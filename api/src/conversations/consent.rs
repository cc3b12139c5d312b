//! Appends entries to the consent ledger (rule 13). The same transaction applies their effects: an opt-out withdraws
//! queued messages, and the live conversation shows it.

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, PhoneNumber,
    consent::{Consent, ConsentSource, ConsentState, NewConsent},
    conversation::{Conversation, ConversationStatus},
    ids::{ConsentId, MessageId},
    message::{Message, MessageStatus, Sender, SenderKind},
};

use super::{
    conversation::{State, queries::update_state},
    delivery, known_number, queries,
};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    consents::{
        MAX_NOTE_CHARACTERS,
        meaning::Meaning,
        queries::{self as ledger, NewRow},
    },
    db::{DbConnection, DbError, Lock},
    events,
    fields::{Invalid, Validation},
    gateway::failure::FailureCode,
    messages,
    numbers::parse::InvalidNumber,
    teams,
};

/// Why an entry of an account or an API key was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ManualConsentError {
    /// The team number belongs to no team of the caller.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The note is invalid, and perhaps the number too.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Only the customer's number is invalid.
    #[error(transparent)]
    Number(#[from] InvalidNumber),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The attention text of a conversation whose customer has opted out.
pub(super) const ATTENTION: &str =
    "The customer has opted out of our messages. They can send START to opt in again.";

/// Records a customer's opt-out or opt-in by message.
pub(crate) fn record_message(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    inbound: &Message,
    meaning: Meaning,
) -> Result<(), DbError> {
    let Meaning::Consent(state, source) = meaning else { return Ok(()) };
    let (team_number, number) = (conversation.team_number.clone(), conversation.number.clone());
    let new = NewRow {
        team_number: &team_number,
        number: &number,
        state,
        source,
        by: &inbound.sender,
        message: Some(inbound.id),
        note: None,
    };
    append(conn, &new, Some(conversation), inbound.created_at, inbound.recovered).map(drop)
}

/// Records an opt-out after the gateway has rejected a message because its own records list the customer as opted out.
pub(crate) fn record_gateway_opt_out(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (team_number, number) = (conversation.team_number.clone(), conversation.number.clone());
    let by = Sender { kind: SenderKind::System, id: None, name: None };
    let new = NewRow {
        team_number: &team_number,
        number: &number,
        state: ConsentState::OptedOut,
        source: ConsentSource::Gateway,
        by: &by,
        message: Some(message),
        note: None,
    };
    if conversation.status != ConversationStatus::Closed {
        return append(conn, &new, Some(conversation), now, false).map(drop);
    }
    let mut live = queries::live_for_update(conn, &team_number, &number)?;
    append(conn, &new, live.as_mut(), now, false).map(drop)
}

/// Records an opt-out or opt-in that an account or an API key enters.
///
/// # Errors
/// [`ManualConsentError`].
pub fn record_manual_entry(
    conn: &mut DbConnection,
    scope: &TeamScope,
    new: &NewConsent,
    by: &Sender,
    now: DateTime<Utc>,
) -> Result<Consent, ManualConsentError> {
    let owner = teams::queries::owner(conn, &new.team_number)?;
    let team = owner.map_or(Ok(None), |team| teams::queries::team(conn, scope, team))?;
    let team = team.ok_or(NotFound::new(Resource::TeamNumber))?;
    let mut validation = Validation::default();
    let note = validation.text("note", &new.note, MAX_NOTE_CHARACTERS);
    let number = known_number::read(conn, &team.numbers, &new.number, &team.region)?;
    if let (Err(fault), true) = (&number, validation.has_errors()) {
        validation.reject("number", "invalid", fault.to_string());
    }
    validation.finish()?;
    let number = number.map_err(|fault| InvalidNumber { field: "number", fault })?;
    conn.advisory_lock(Lock::Number(number.as_str()))?;
    let row = NewRow {
        team_number: &new.team_number,
        number: &number.into(),
        state: new.state,
        source: ConsentSource::Manual,
        by,
        message: None,
        note: Some(&note),
    };
    Ok(append_manual_entry(conn, &row, now)?)
}

/// Appends an entry of an account or an API key. An entry that repeats the present state is stored too, for its note.
pub(super) fn append_manual_entry(
    conn: &mut DbConnection,
    row: &NewRow<'_>,
    now: DateTime<Utc>,
) -> Result<Consent, DbError> {
    let mut live = queries::live_for_update(conn, row.team_number, row.number)?;
    if let Some(consent) = append(conn, row, live.as_mut(), now, false)? {
        return Ok(consent);
    }
    let consent = ledger::insert(conn, row, now)?;
    insert_event_of_team(conn, row.team_number, consent.id, now)?;
    Ok(consent)
}

/// Appends an entry that changes the state, and applies its effects. Every STOP that the customer sends is stored as
/// evidence, even when it repeats the state. An entry from a recovered message has no effect if a later entry exists.
///
/// `live` is the live conversation of the two numbers. The caller has locked it before the ledger is read here, in the
/// order used wherever a message is queued: no message can be queued in between, and the transactions cannot deadlock.
fn append(
    conn: &mut DbConnection,
    new: &NewRow<'_>,
    mut live: Option<&mut Conversation>,
    occurred_at: DateTime<Utc>,
    recovered: bool,
) -> Result<Option<Consent>, DbError> {
    let before = ledger::last(conn, new.team_number, new.number)?;
    let last_at = before.as_ref().map_or(occurred_at, |consent| consent.created_at);
    let is_late = recovered && last_at > occurred_at;
    // The new entry must be the newest one, even when another replica's clock is ahead.
    let now = if recovered { occurred_at } else { occurred_at.max(last_at) };
    let state = before.map_or(ConsentState::OptedIn, |consent| consent.state);
    let is_repeated = state == new.state;
    if !is_late && is_repeated && (new.state == ConsentState::OptedIn || new.source != ConsentSource::Keyword)
    {
        return Ok(None);
    }
    let consent = ledger::insert(conn, new, now)?;
    if is_late {
        return Ok(Some(consent));
    }
    if recovered
        && new.state == ConsentState::OptedOut
        && let Some((message, at)) = ledger::opted_in_after(conn, new.team_number, new.number, occurred_at)?
    {
        // This opt-in was not recorded when it arrived, because the STOP before it was missing.
        let start = NewRow { state: ConsentState::OptedIn, message: Some(message), ..new.clone() };
        ledger::insert(conn, &start, at)?;
        return Ok(Some(consent));
    }
    if new.state == ConsentState::OptedOut {
        withdraw(conn, new.team_number, new.number, live.as_deref_mut(), now)?;
    }
    if let Some(live) = live.as_deref_mut() {
        let state = match new.state {
            ConsentState::OptedOut => State::from(&*live).opt_out(ATTENTION.to_owned()),
            ConsentState::OptedIn => State::from(&*live).opt_in(),
        };
        if let Ok(state) = state {
            update_state(conn, live, state)?;
        }
    }
    match live {
        Some(live) => events::queries::insert_of_consent(conn, live.team_id, Some(live.id), consent.id, now)?,
        None => insert_event_of_team(conn, new.team_number, consent.id, now)?,
    }
    Ok(Some(consent))
}

/// Withdraws the queued messages that no outbox worker has claimed.
fn withdraw(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
    mut live: Option<&mut Conversation>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (status, code) = (MessageStatus::Failed, Some(&FailureCode::OPTED_OUT));
    for message in messages::queries::withdraw(conn, team_number, number)? {
        if let Some(message) = messages::queries::by_id_for_update(conn, message)? {
            match live.as_deref_mut().filter(|live| live.id == message.conversation_id) {
                Some(live) => delivery::advance_in(conn, live, message, status, code, now)?,
                None => delivery::advance(conn, message, status, code, now)?,
            };
        }
    }
    Ok(())
}

/// Inserts the event that consent has changed for a number with no live conversation.
fn insert_event_of_team(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    consent: ConsentId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match teams::queries::owner(conn, team_number)? {
        Some(team) => events::queries::insert_of_consent(conn, team, None, consent, now),
        None => Ok(()),
    }
}
