//! Creates and changes teams.

use chrono::{DateTime, Utc};
use shared::{
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
    auth::{AllTeamsRequired, Authority, LookupError, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError, Lock},
    events,
    fields::{Invalid, Taken, Validation, same_name},
    numbers,
    precondition::{Changed, Expected, version_of},
};

/// Why the fields of a team are refused.
#[derive(Debug, thiserror::Error)]
pub enum TeamFieldsError {
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Another team has the name.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a team was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateTeamError {
    /// The caller is an API key, which cannot be a member, and is not in all teams.
    #[error(transparent)]
    AllTeamsRequired(#[from] AllTeamsRequired),
    /// The fields are refused.
    #[error(transparent)]
    Fields(#[from] TeamFieldsError),
    /// The new team cannot be loaded.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a team was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateTeamError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The team has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// The fields are refused.
    #[error(transparent)]
    Fields(#[from] TeamFieldsError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns a team with its members.
///
/// # Errors
/// `NotFound` for a team outside the scope.
pub fn detail(conn: &mut DbConnection, scope: &TeamScope, id: TeamId) -> Result<TeamDetail, LookupError> {
    let team = queries::team(conn, scope, id)?.ok_or(NotFound::new(Resource::Team))?;
    let mut members = queries::members(conn, id)?;
    members.sort_by_key(|member| member.display_name.to_lowercase());
    let help_reply = queries::help_reply(conn, id)?;
    let version = version_of(&(&team.name, &team.region, &team.time_zone, &help_reply));
    Ok(TeamDetail {
        id: team.id,
        name: team.name,
        numbers: team.numbers,
        region: team.region,
        time_zone: team.time_zone,
        help_reply,
        members,
        version,
    })
}

/// Creates a team. A creator who is not in all teams becomes its first member, because otherwise the creator could not
/// see the team.
///
/// # Errors
/// [`CreateTeamError`].
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    by: Option<AccountId>,
    new: &NewTeam,
    now: DateTime<Utc>,
) -> Result<TeamDetail, CreateTeamError> {
    if by.is_none() {
        authority.require_all_teams("Creating a team with an API key")?;
    }
    let new = checked(conn, new, None)?;
    let id = queries::insert(conn, &new, now)?;
    if let Some(by) = by.filter(|_| !authority.has_all_teams()) {
        accounts::queries::insert_member(conn, id, by)?;
        events::queries::insert_of_account(conn, Some(by), now)?;
    }
    record_change(conn, id, now)?;
    Ok(detail(conn, &TeamScope::Only(vec![id]), id)?)
}

/// Changes a team.
///
/// # Errors
/// [`UpdateTeamError`].
pub fn update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
    expected: &Expected,
    new: &NewTeam,
    now: DateTime<Utc>,
) -> Result<TeamDetail, UpdateTeamError> {
    conn.advisory_lock(Lock::Teams)?;
    expected.check(&detail(conn, scope, id)?)?;
    let new = checked(conn, new, Some(id))?;
    queries::update(conn, id, &new)?;
    record_change(conn, id, now)?;
    Ok(detail(conn, scope, id)?)
}

/// Records the event of a change.
pub(super) fn record_change(conn: &mut DbConnection, id: TeamId, now: DateTime<Utc>) -> Result<(), DbError> {
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(id), now)
}

/// Validates the fields of a new team, or of the team `id`.
fn checked(conn: &mut DbConnection, new: &NewTeam, id: Option<TeamId>) -> Result<NewTeam, TeamFieldsError> {
    // Serialised, because the unique index does not catch names that differ only in case.
    conn.advisory_lock(Lock::Teams)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &new.name);
    let region = clean_code(&new.region).to_uppercase();
    if !numbers::parse::is_region(&region) {
        let message = "Enter a region in two letters, e.g. GB, IE, US.";
        validation.reject("region", "unknown", message);
    }
    let time_zone = clean_code(&new.time_zone).into_owned();
    if time_zone.parse::<chrono_tz::Tz>().is_err() {
        let message = "Enter a time zone, e.g. Europe/London.";
        validation.reject("time_zone", "unknown", message);
    }
    let help_reply = new.help_reply.clone().map(|reply| reply.map(|text| help_reply(&mut validation, text)));
    validation.finish()?;
    let others = queries::teams(conn, &TeamScope::Every)?;
    if others.iter().any(|team| Some(team.id) != id && same_name(&team.name, &name)) {
        let message = format!("A team named {name} already exists. Choose another name.");
        return Err(Taken { field: "name", message }.into());
    }
    Ok(NewTeam { name, region, time_zone, help_reply })
}

/// Validates the reply to HELP: a message body without placeholders.
fn help_reply(validation: &mut Validation, text: String) -> String {
    let missing = placeholders(&text);
    let broken = broken_placeholder(&text);
    match MessageBody::parse(text) {
        Ok(body) if broken.is_none() && missing.is_empty() => return body.as_str().to_owned(),
        Ok(_) if broken.is_some() => {
            let message = broken.map(|broken| broken.to_string()).unwrap_or_default();
            validation.reject("help_reply", "broken_placeholder", message);
        }
        Ok(_) => {
            let message = format!(
                "This text is sent as written, so it cannot contain placeholders. Replace {{{{{}}}}} with words.",
                missing.join("}}, {{")
            );
            validation.reject("help_reply", "placeholder", message);
        }
        Err(BodyFault::Empty) => {
            validation.reject("help_reply", "required", "Enter a reply, or send null for no reply.");
        }
        Err(fault) => validation.reject("help_reply", fault.code(), fault.to_string()),
    }
    String::new()
}
