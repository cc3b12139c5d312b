//! What stands in the way of writing to a number: that it is none, that the desk itself has it, a conversation in
//! progress, an opt-out. Pure look-ups; nothing is written.

use shared::{
    PhoneNumber,
    consent::{Consent, ConsentState},
    conversation::{ConversationStatus, NumberCheck},
    customer::Customer,
    ids::TeamId,
};

use super::known;
use crate::{
    auth::TeamScope,
    consents,
    conversations::{self, start::usual_number},
    customers,
    db::DbConnection,
    error::ApiError,
    teams,
};

/// Says what a typed number is for a team.
///
/// # Errors
/// `not_found` for the team.
pub fn check(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    typed: &str,
) -> Result<NumberCheck, ApiError> {
    let team = teams::queries::team(conn, scope, team)?
        .ok_or_else(|| ApiError::not_found("team").about_team_id())?;
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
    let number = match known::read(conn, &team.numbers, typed, &team.region)? {
        Ok(number) => number,
        Err(fault) => return Ok(refused(None, fault.to_string())),
    };
    if teams::queries::owner(conn, &number)?.is_some() {
        return Ok(refused(Some(number), OUR_OWN.to_owned()));
    }
    let customer = customers::queries::only_customer(conn, team.id, &(&number).into())?
        .map(|(reference, name)| Customer { reference, name });
    let live = conversations::queries::live_in_team(conn, &team.numbers, &number)?;
    let conversation_id =
        live.iter().find(|live| live.status == ConversationStatus::Open).map(|open| open.id);
    Ok(NumberCheck {
        international: Some(number.display()),
        from: usual_number(conn, &team, live.first(), &number)?,
        customer,
        conversation_id,
        opted_out: opted_out(conn, &team.numbers, &number)?,
        number: Some(number),
        valid: true,
        reason: None,
    })
}

/// Why a number of the desk itself is not written to.
pub(crate) const OUR_OWN: &str = "This is one of our own numbers. Enter the customer's number.";

fn opted_out(
    conn: &mut DbConnection,
    ours: &[PhoneNumber],
    number: &PhoneNumber,
) -> Result<Vec<Consent>, ApiError> {
    let mut found = Vec::new();
    for team_number in ours {
        let last = consents::queries::last(conn, team_number, &number.into())?;
        found.extend(last.filter(|consent| consent.state == ConsentState::OptedOut));
    }
    Ok(found)
}
