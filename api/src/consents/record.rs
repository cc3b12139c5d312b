//! Appending to the consent ledger, and what follows from it in the same transaction: texts that wait are withdrawn, the
//! conversation shows it, the streams hear of it (rule 13). And the question before each text: may it be sent?

use std::fmt;

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, ErrorCode, PhoneNumber,
    consent::{Consent, ConsentSource, ConsentState, NewConsent},
    conversation::Conversation,
    event::EventKind,
    ids::{ConversationId, MessageId},
    message::{Message, MessageStatus, Sender, SenderKind},
};

use super::{
    keyword::{Keyword, keyword},
    queries::{self, NewRow},
    wording::sounds_like_opt_out,
};
use crate::{
    auth::TeamScope,
    conversations::{self, conversation::State},
    db::{DbConnection, DbError},
    error::ApiError,
    events,
    fields::Fields,
    gateway::delivery,
    messages::queries::by_id_for_update,
    numbers, outbox, teams,
};

/// The gateway's word for a text to somebody who has opted out (Twilio's error 21610).
pub(crate) const OPTED_OUT_AT_GATEWAY: &str = "21610";
/// The longest note, in characters.
pub(super) const LONGEST_NOTE: usize = 1000;
/// What a conversation shows of it.
const ATTENTION: &str = "The customer has opted out of our messages. They can text START to opt in again.";

/// Refuses to write to a number that has opted out.
///
/// # Errors
/// `number_opted_out`, saying since when and how we know.
pub(crate) fn require_consent(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<(), ApiError> {
    let last = queries::last(conn, team_number, number)?;
    match last.filter(|consent| consent.state == ConsentState::OptedOut) {
        None => Ok(()),
        Some(consent) => Err(ApiError::new(ErrorCode::NumberOptedOut, in_words(&consent))),
    }
}

/// Whether a number has opted out of a team number's texts.
pub(crate) fn has_opted_out(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<bool, DbError> {
    let last = queries::last(conn, team_number, number)?;
    Ok(last.is_some_and(|consent| consent.state == ConsentState::OptedOut))
}

fn in_words(consent: &Consent) -> String {
    let how = match (consent.source, &consent.by.name) {
        (ConsentSource::Keyword, _) => "by a message".to_owned(),
        (ConsentSource::Gateway, _) => "reported by the gateway".to_owned(),
        (ConsentSource::Manual, Some(name)) => format!("as {name} recorded"),
        (ConsentSource::Manual, None) => "recorded by hand".to_owned(),
    };
    format!(
        "{} opted out of messages from {} on {} UTC, {how}. They can text START to opt in again.",
        consent.number.display(),
        consent.team_number.display(),
        consent.created_at.format("%-d %B %Y, %H:%M"),
    )
}

/// What a message says about consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing.
    Other,
    /// It sets the state of consent. The source is the customer where the message says so itself, else the gateway.
    Consent(ConsentState, ConsentSource),
    /// It asks for help, and the gateway has not answered.
    Help,
    /// It sounds like an opt-out; an agent decides.
    PossibleOptOut,
}

/// Reads a message. `gateway` is the gateway's own reading (`OptOutType`), which precedes ours.
pub(crate) fn meaning(body: &str, gateway: Option<Keyword>) -> Meaning {
    let said = keyword(body);
    let state = match gateway.or(said) {
        Some(Keyword::OptOut) => ConsentState::OptedOut,
        Some(Keyword::OptIn) => ConsentState::OptedIn,
        Some(Keyword::Help) if gateway.is_none() => return Meaning::Help,
        Some(Keyword::Help) => return Meaning::Other,
        None if sounds_like_opt_out(body) => return Meaning::PossibleOptOut,
        None => return Meaning::Other,
    };
    let is_said = gateway.is_none() || gateway == said;
    Meaning::Consent(state, if is_said { ConsentSource::Keyword } else { ConsentSource::Gateway })
}

/// Records what a customer's message says about consent.
pub(crate) fn of_text(
    conn: &mut DbConnection,
    conversation: &Conversation,
    text: &Message,
    meaning: Meaning,
) -> Result<(), DbError> {
    let Meaning::Consent(state, source) = meaning else { return Ok(()) };
    let new = NewRow {
        team_number: &conversation.team_number,
        number: &conversation.number,
        state,
        source,
        by: &text.sender,
        message: Some(text.id),
        note: None,
    };
    append(conn, &new, text.created_at, text.recovered).map(drop)
}

/// The gateway refused a text because the customer has opted out there.
pub(crate) fn of_gateway(
    conn: &mut DbConnection,
    conversation: &Conversation,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let by = Sender { kind: SenderKind::System, id: None, name: None };
    let new = NewRow {
        team_number: &conversation.team_number,
        number: &conversation.number,
        state: ConsentState::OptedOut,
        source: ConsentSource::Gateway,
        by: &by,
        message: Some(message),
        note: None,
    };
    append(conn, &new, now, false).map(drop)
}

/// Somebody records by hand what they have been told.
///
/// # Errors
/// `not_found` for a number of none of the scope's teams, `invalid_number`, `validation_failed` for the note.
pub fn by_hand(
    conn: &mut DbConnection,
    scope: &TeamScope,
    new: &NewConsent,
    by: &Sender,
    now: DateTime<Utc>,
) -> Result<Consent, ApiError> {
    let owner = teams::queries::owner(conn, &new.team_number)?;
    let team = owner.map_or(Ok(None), |team| teams::queries::team(conn, scope, team))?;
    let team = team.ok_or_else(|| ApiError::not_found("team number"))?;
    let mut fields = Fields::default();
    let note = fields.note("note", &new.note, LONGEST_NOTE);
    let number = numbers::known::read(conn, &team.numbers, &new.number, &team.region)?;
    if let (Err(fault), true) = (&number, fields.any()) {
        fields.fault("number", "invalid", fault.to_string());
    }
    fields.finish()?;
    let number = number.map_err(|fault| numbers::parse::refused("number", &fault))?;
    conn.take_turns(&turn(&number))?;
    let row = NewRow {
        team_number: &new.team_number,
        number: &number.into(),
        state: new.state,
        source: ConsentSource::Manual,
        by,
        message: None,
        note: Some(&note),
    };
    Ok(append_by_hand(conn, &row, now)?)
}

/// Appends an entry that an account or an API key makes. One that repeats the state is kept too, for its note.
pub(super) fn append_by_hand(
    conn: &mut DbConnection,
    row: &NewRow<'_>,
    now: DateTime<Utc>,
) -> Result<Consent, DbError> {
    if let Some(consent) = append(conn, row, now, false)? {
        return Ok(consent);
    }
    let consent = queries::insert(conn, row, now)?;
    announce(conn, row.team_number, None, now)?;
    Ok(consent)
}

/// Who begins a conversation with a number and who records its consent by hand take turns, before there is a
/// conversation to lock.
pub(crate) fn turn(number: &impl fmt::Display) -> String {
    format!("writing to {number}")
}

/// Appends what is news, and does what follows. A customer's own STOP is kept each time: it is evidence. One that was
/// recovered late changes nothing any more when there is a later word.
fn append(
    conn: &mut DbConnection,
    new: &NewRow<'_>,
    said_at: DateTime<Utc>,
    recovered: bool,
) -> Result<Option<Consent>, DbError> {
    // The conversation comes first, as it does wherever a text is queued: whoever is about to queue one is waited for,
    // and nobody waits in a circle.
    conversations::queries::live_for_update(conn, new.team_number, new.number)?;
    let before = queries::last(conn, new.team_number, new.number)?;
    let last_at = before.as_ref().map_or(said_at, |consent| consent.created_at);
    let is_late = recovered && last_at > said_at;
    // What is said now is the last word, even where another desk's clock is ahead.
    let now = if recovered { said_at } else { said_at.max(last_at) };
    let state = before.map_or(ConsentState::OptedIn, |consent| consent.state);
    let said_again = state == new.state;
    if !is_late && said_again && (new.state == ConsentState::OptedIn || new.source != ConsentSource::Keyword)
    {
        return Ok(None);
    }
    let consent = queries::insert(conn, new, now)?;
    if is_late {
        return Ok(Some(consent));
    }
    if recovered
        && new.state == ConsentState::OptedOut
        && let Some((message, at)) = queries::opted_in_after(conn, new.team_number, new.number, said_at)?
    {
        // It was no news then, because nothing was known of the STOP.
        let start = NewRow { state: ConsentState::OptedIn, message: Some(message), ..new.clone() };
        queries::insert(conn, &start, at)?;
        return Ok(Some(consent));
    }
    if new.state == ConsentState::OptedOut {
        withdraw(conn, new.team_number, new.number, now)?;
    }
    let live = conversations::queries::live_for_update(conn, new.team_number, new.number)?;
    if let Some(live) = &live {
        let state = match new.state {
            ConsentState::OptedOut => State::from(live).opt_out(ATTENTION.to_owned()),
            ConsentState::OptedIn => State::from(live).opt_in(),
        };
        if let Ok(state) = state {
            conversations::queries::update_state(conn, live.id, &state)?;
        }
    }
    announce(conn, new.team_number, live.map(|live| live.id), now)?;
    Ok(Some(consent))
}

/// A conversation that has just begun shows that its customer has opted out before.
pub(crate) fn show(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<(), DbError> {
    if has_opted_out(conn, team_number, number)?
        && let Some(live) = conversations::queries::live_for_update(conn, team_number, number)?
        && let Ok(state) = State::from(&live).opt_out(ATTENTION.to_owned())
    {
        conversations::queries::update_state(conn, live.id, &state)?;
    }
    Ok(())
}

/// Texts that nobody has handed to the gateway yet are not sent any more.
fn withdraw(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    for message in outbox::queries::withdraw(conn, team_number, number)? {
        if let Some(message) = by_id_for_update(conn, message)? {
            delivery::advance(conn, message, MessageStatus::Failed, Some(OPTED_OUT_AT_GATEWAY), now)?;
        }
    }
    Ok(())
}

fn announce(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    conversation: Option<ConversationId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(team) = teams::queries::owner(conn, team_number)? else {
        return Ok(());
    };
    match conversation {
        Some(id) => events::queries::insert(conn, EventKind::ConsentChanged, team, id, None, now),
        None => events::queries::insert_of_team(conn, EventKind::ConsentChanged, Some(team), now),
    }
}
