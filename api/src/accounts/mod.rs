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
    auth::password::PasswordPool,
    db::Db,
    demo::{DEMO_EMAILS, DEMO_PASSWORD},
    error::ApiError,
};

/// The e-mail address of an account that still has the demo password, if any.
///
/// # Errors
/// Faults of the database and of the password pool.
pub async fn first_with_demo_password(db: &Db, passwords: &PasswordPool) -> Result<Option<String>, ApiError> {
    for (email, hash) in db.read(|conn| queries::password_hashes(conn, &DEMO_EMAILS)).await? {
        if passwords.verify(SecretString::from(DEMO_PASSWORD), Some(hash)).await? {
            return Ok(Some(email));
        }
    }
    Ok(None)
}

/// Creates an account at the request of the machine's operator, who gives the names of its teams.
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
