//! Creates and changes teams, their numbers and their members.

use chrono::{DateTime, Utc};
use shared::{
    ErrorCode, PhoneNumber,
    clean::clean_code,
    event::EventKind,
    ids::{AccountId, TeamId},
    message::{BodyFault, MessageBody},
    team::{NewTeam, TeamDetail},
    template::{broken_placeholder, placeholders},
};

use super::queries;
use crate::{
    accounts,
    auth::{Authority, TeamScope},
    db::{DbConnection, Lock},
    error::ApiError,
    events,
    fields::{Fields, Taken, same_name},
    numbers,
};

/// Returns a team with its members.
///
/// # Errors
/// `not_found`.
pub fn detail(conn: &mut DbConnection, scope: &TeamScope, id: TeamId) -> Result<TeamDetail, ApiError> {
    let team = queries::team(conn, scope, id)?.ok_or_else(|| ApiError::not_found("team"))?;
    let mut members = queries::members(conn, id)?;
    members.sort_by_key(|member| member.display_name.to_lowercase());
    Ok(TeamDetail {
        id: team.id,
        name: team.name,
        numbers: team.numbers,
        region: team.region,
        time_zone: team.time_zone,
        help_reply: queries::help_reply(conn, id)?,
        members,
    })
}

/// Creates a team. A creator who is not in all teams becomes its first member, because otherwise the creator could not
/// see the team.
///
/// # Errors
/// `validation_failed`, `already_exists`; `forbidden` for an API key, which cannot be a member.
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    by: Option<AccountId>,
    new: &NewTeam,
    now: DateTime<Utc>,
) -> Result<TeamDetail, ApiError> {
    if by.is_none() {
        authority.require_everywhere("Creating a team with an API key")?;
    }
    let new = checked(conn, new, None)?;
    let id = queries::insert(conn, &new, now)?;
    if let Some(by) = by.filter(|_| !authority.is_everywhere()) {
        accounts::queries::insert_member(conn, id, by)?;
        events::queries::insert_of_account(conn, Some(by), now)?;
    }
    changed(conn, id, now)?;
    detail(conn, &TeamScope::Only(vec![id]), id)
}

/// Changes a team.
///
/// # Errors
/// `not_found`, `validation_failed`, `already_exists`.
pub fn update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
    new: &NewTeam,
    now: DateTime<Utc>,
) -> Result<TeamDetail, ApiError> {
    detail(conn, scope, id)?;
    let new = checked(conn, new, Some(id))?;
    queries::update(conn, id, &new)?;
    changed(conn, id, now)?;
    detail(conn, scope, id)
}

/// Adds a number to a team, in any usual format of the team's region.
///
/// # Errors
/// `not_found`, `invalid_number`, `already_exists` when a team already has the number.
pub fn add_number(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
    typed: &str,
    now: DateTime<Utc>,
) -> Result<TeamDetail, ApiError> {
    let team = detail(conn, scope, id)?;
    let number = numbers::parse::parse_field("number", typed, &team.region)?;
    if !queries::insert_number(conn, id, &number)? {
        let whose = if team.numbers.contains(&number) { "This team" } else { "Another team" };
        let message = format!("{whose} already has {}. A number belongs to one team.", number.display());
        return Err(Taken { field: "number", message }.into());
    }
    changed(conn, id, now)?;
    detail(conn, scope, id)
}

/// Removes a number from a team, unless it has conversations that are not closed.
///
/// # Errors
/// `not_found`, `number_in_use`.
pub fn remove_number(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let team = detail(conn, scope, id)?;
    if !team.numbers.contains(number) {
        return Err(ApiError::new(ErrorCode::NotFound, "The team does not have this number."));
    }
    // Deletes first, so that no conversation can start during the check. An error rolls the deletion back.
    queries::delete_number(conn, id, number)?;
    let live = queries::live_conversations(conn, number)?;
    if live > 0 {
        let detail = format!(
            "{live} conversations on this number are in progress or await a reply. Close them first: without the \
             number, they cannot be answered."
        );
        return Err(ApiError::new(ErrorCode::NumberInUse, detail));
    }
    changed(conn, id, now)
}

/// Adds an account to a team, or removes it.
///
/// # Errors
/// `not_found` for the team or the account, `forbidden` for an account that the authority may not change.
pub fn set_member(
    conn: &mut DbConnection,
    authority: &Authority,
    id: TeamId,
    account: AccountId,
    belongs: bool,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    conn.advisory_lock(Lock::Accounts)?;
    detail(conn, authority.scope(), id)?;
    accounts::change::find_manageable(conn, authority, account)?;
    if belongs {
        accounts::queries::insert_member(conn, id, account)?;
    } else {
        accounts::queries::delete_member(conn, id, account)?;
    }
    events::queries::insert_of_account(conn, Some(account), now)?;
    changed(conn, id, now)
}

fn changed(conn: &mut DbConnection, id: TeamId, now: DateTime<Utc>) -> Result<(), ApiError> {
    Ok(events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(id), now)?)
}

/// Validates the fields of a new team, or of the team `id`.
fn checked(conn: &mut DbConnection, new: &NewTeam, id: Option<TeamId>) -> Result<NewTeam, ApiError> {
    // Serialised, because the unique index does not catch names that differ only in case.
    conn.advisory_lock(Lock::Teams)?;
    let mut fields = Fields::default();
    let name = fields.name("name", &new.name);
    let region = clean_code(&new.region).to_uppercase();
    if !numbers::parse::is_region(&region) {
        let message = "Enter a region in two letters, e.g. GB, IE, US.";
        fields.fault("region", "unknown", message);
    }
    let time_zone = clean_code(&new.time_zone).into_owned();
    if time_zone.parse::<chrono_tz::Tz>().is_err() {
        let message = "Enter a time zone, e.g. Europe/London.";
        fields.fault("time_zone", "unknown", message);
    }
    let help_reply = new.help_reply.clone().map(|reply| reply.map(|text| help_reply(&mut fields, text)));
    fields.finish()?;
    let others = queries::teams(conn, &TeamScope::Every)?;
    if others.iter().any(|team| Some(team.id) != id && same_name(&team.name, &name)) {
        let message = format!("A team named {name} already exists. Choose another name.");
        return Err(Taken { field: "name", message }.into());
    }
    Ok(NewTeam { name, region, time_zone, help_reply })
}

/// Validates the reply to HELP: a message body without placeholders.
fn help_reply(fields: &mut Fields, text: String) -> String {
    let missing = placeholders(&text);
    let broken = broken_placeholder(&text);
    match MessageBody::parse(text) {
        Ok(body) if broken.is_none() && missing.is_empty() => return body.as_str().to_owned(),
        Ok(_) if broken.is_some() => {
            let message = broken.map(|broken| broken.to_string()).unwrap_or_default();
            fields.fault("help_reply", "broken_placeholder", message);
        }
        Ok(_) => {
            let message = format!(
                "This text is sent as written, so it cannot contain placeholders. Replace {{{{{}}}}} with words.",
                missing.join("}}, {{")
            );
            fields.fault("help_reply", "placeholder", message);
        }
        Err(BodyFault::Empty) => {
            fields.fault("help_reply", "required", "Enter a reply, or send null for no reply.");
        }
        Err(fault) => fields.fault("help_reply", fault.code(), fault.to_string()),
    }
    String::new()
}
