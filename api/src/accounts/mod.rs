//! Accounts: the people who sign in. [`change`] creates and changes accounts, `profile` changes the caller's own.

pub mod change;
pub(crate) mod profile;
pub(crate) mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{ErrorCode, account::NewAccount};

use crate::{
    auth::{Authority, PasswordPool},
    db::Db,
    error::ApiError,
};

/// Creates an account for the server's operator, who names its teams.
///
/// # Errors
/// As [`change::create`], and `not_found` for a team.
pub async fn create_by_operator(
    db: &Db,
    passwords: &PasswordPool,
    new: NewAccount,
    teams: Vec<String>,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let authority = Authority::of_the_operator();
    let (mut new, password) = change::check(new, &authority);
    let hash = passwords.hash(password).await?;
    db.write(move |conn| {
        for name in teams {
            let team = queries::team_by_name(conn, &name)?;
            let unknown = || ApiError::new(ErrorCode::NotFound, format!("There is no team {name:?}."));
            new.add_team(team.ok_or_else(unknown)?);
        }
        change::create(conn, new, &authority, &hash, now).map(drop)
    })
    .await
}
