//! Accounts: the people who sign in. [`authority`] says what somebody may hand on, [`change`] makes and changes
//! accounts.

pub mod authority;
pub mod change;
pub(crate) mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::{ErrorCode, account::NewAccount};

use crate::{
    accounts::authority::Authority,
    auth::password,
    db::{DbConnection, DbError},
    demo::{DEMO_EMAILS, DEMO_PASSWORD},
    error::ApiError,
};

/// The e-mail address of an account that still has the demo password, if any.
///
/// # Errors
/// Only faults of the database.
pub fn first_with_demo_password(conn: &mut DbConnection) -> Result<Option<String>, DbError> {
    let demo = SecretString::from(DEMO_PASSWORD);
    let found = queries::password_hashes(conn, &DEMO_EMAILS)?;
    Ok(found.into_iter().find(|(_, hash)| password::verify(&demo, Some(hash))).map(|(email, _)| email))
}

/// Makes an account for whoever runs the machine, who names its teams.
///
/// # Errors
/// As [`change::create`], and `not_found` for a team.
pub fn create_by_operator(
    conn: &mut DbConnection,
    mut new: NewAccount,
    teams: &[String],
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let authority = Authority::of_the_operator();
    for name in teams {
        let team = queries::team_by_name(conn, name)?;
        let unknown = || ApiError::new(ErrorCode::NotFound, format!("There is no team {name:?}."));
        new.team_ids.push(team.ok_or_else(unknown)?);
    }
    let (new, password) = change::check(new, &authority);
    let hash = password::hash(&password).map_err(|error| ApiError::internal(&error))?;
    change::create(conn, new, &authority, &hash, now).map(drop)
}
