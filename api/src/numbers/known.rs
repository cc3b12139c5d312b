//! Reads a number for a team. A number that the gateway delivered from is valid, whatever the data about its country
//! says: networks keep old forms for years.

use shared::PhoneNumber;

use super::parse::{NumberFault, parse, refused, spelled_out};
use crate::{
    conversations,
    db::{DbConnection, DbError},
    error::ApiError,
};

/// Reads a number as [`parse`] does, or as it is spelled out when `team_numbers` hold a conversation with it.
pub(crate) fn read(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    typed: &str,
    region: &str,
) -> Result<Result<PhoneNumber, NumberFault>, DbError> {
    let parsed = parse(typed, region);
    match spelled_out(typed) {
        Some(number) if parsed.as_ref() != Ok(&number) && has_conversation(conn, team_numbers, &number)? => {
            Ok(Ok(number))
        }
        _ => Ok(parsed),
    }
}

/// The number of a request's field.
///
/// # Errors
/// `invalid_number`, naming the field.
pub(crate) fn field(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    field: &str,
    typed: &str,
    region: &str,
) -> Result<PhoneNumber, ApiError> {
    read(conn, team_numbers, typed, region)?.map_err(|fault| refused(field, &fault))
}

fn has_conversation(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    number: &PhoneNumber,
) -> Result<bool, DbError> {
    Ok(!conversations::queries::live_in_team(conn, team_numbers, number)?.is_empty()
        || conversations::queries::last_team_number(conn, team_numbers, number)?.is_some())
}
