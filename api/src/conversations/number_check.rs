//! Checks whether a team can send to a number: the number is valid and belongs to no team, and the team has no open
//! conversation with it. Also reports opt-outs. Reads only.

use shared::{
    PhoneNumber,
    consent::{Consent, ConsentState},
    conversation::{ConversationStatus, NumberCheck},
    customer::Customer,
    ids::TeamId,
};

use super::{known_number, queries, start::default_team_number};
use crate::{
    auth::{LookupError, NotFound, TeamScope},
    consents, customers,
    db::{DbConnection, DbError},
    teams,
};

/// Checks a typed number for a team.
///
/// # Errors
/// [`LookupError`].
pub fn check(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    typed: &str,
) -> Result<NumberCheck, LookupError> {
    let team = teams::queries::team(conn, scope, team)?.ok_or(NotFound::team_id())?;
    let refused = |number: Option<PhoneNumber>, reason: String| NumberCheck {
        international: number.as_ref().map(PhoneNumber::display),
        number,
        valid: false,
        reason: Some(reason),
        customer: None,
        from: None,
        conversation_id: None,
        opted_out: Vec::new(),
    };
    let number = match known_number::read(conn, &team.numbers, typed, &team.region)? {
        Ok(number) => number,
        Err(fault) => return Ok(refused(None, fault.to_string())),
    };
    if teams::queries::owner(conn, &number)?.is_some() {
        return Ok(refused(Some(number), OWN_NUMBER.to_owned()));
    }
    let customer = customers::queries::only_customer(conn, team.id, &(&number).into())?
        .map(|(reference, name)| Customer { reference, name });
    let live = queries::live_in_team(conn, &team.numbers, &number)?;
    let conversation_id =
        live.iter().find(|live| live.status == ConversationStatus::Open).map(|open| open.id);
    Ok(NumberCheck {
        international: Some(number.display()),
        from: default_team_number(conn, &team, live.first(), &number)?,
        customer,
        conversation_id,
        opted_out: opted_out(conn, &team.numbers, &number)?,
        number: Some(number),
        valid: true,
        reason: None,
    })
}

/// The error for a number that belongs to a team.
pub(crate) const OWN_NUMBER: &str = "This is one of our own numbers. Enter the customer's number.";

fn opted_out(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    number: &PhoneNumber,
) -> Result<Vec<Consent>, DbError> {
    let mut found = Vec::new();
    for team_number in team_numbers {
        let last = consents::queries::last(conn, team_number, &number.into())?;
        found.extend(last.filter(|consent| consent.state == ConsentState::OptedOut));
    }
    Ok(found)
}
