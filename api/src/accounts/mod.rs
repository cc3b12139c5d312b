//! Accounts: the people who sign in.

pub(crate) mod queries;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::{account::Role, ids::AccountId};

use crate::{
    auth::password,
    db::{DbConnection, DbError},
    demo::{DEMO_EMAILS, DEMO_PASSWORD},
};

/// The shortest password (NIST SP 800-63B-4 asks for 15 where it is the only factor; length beats composition rules).
pub const SHORTEST_PASSWORD: usize = 12;

/// An account that is about to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The e-mail address, in any case.
    pub email: String,
    /// The name that colleagues see.
    pub display_name: String,
    /// Its role, and with it its permissions.
    pub role: Role,
    /// The names of its teams.
    pub teams: Vec<String>,
    /// Its password.
    pub password: SecretString,
}

/// Why an account cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NewAccountError {
    /// A value breaks a rule; the sentence says which and how to mend it.
    #[error("{0}")]
    Invalid(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Makes an account.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn create(
    conn: &mut DbConnection,
    new: &NewAccount,
    now: DateTime<Utc>,
) -> Result<AccountId, NewAccountError> {
    use secrecy::ExposeSecret;
    let invalid = |fault: String| Err(NewAccountError::Invalid(fault));
    let email = new.email.trim().to_lowercase();
    let plausible = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !plausible || email.contains(char::is_whitespace) {
        return invalid(format!("{:?} is not an e-mail address; for example: ann@example.com", new.email));
    }
    if new.display_name.trim().is_empty() {
        return invalid("the name is empty; give the name that colleagues know".into());
    }
    if new.password.expose_secret().chars().count() < SHORTEST_PASSWORD {
        return invalid(format!("the password has fewer than {SHORTEST_PASSWORD} characters"));
    }
    let mut teams = Vec::with_capacity(new.teams.len());
    for name in &new.teams {
        match queries::team_by_name(conn, name)? {
            Some(team) => teams.push(team),
            None => return invalid(format!("there is no team {name:?}")),
        }
    }
    let hash = password::hash(&new.password).map_err(|error| NewAccountError::Invalid(error.to_string()))?;
    let account =
        queries::insert(conn, &email, new.display_name.trim(), new.role, &new.role.preset(), &hash, now)?;
    let Some(account) = account else {
        return invalid(format!("there is an account {email} already"));
    };
    for team in teams {
        queries::insert_member(conn, team, account)?;
    }
    Ok(account)
}

/// The e-mail address of an account that still has the demo password, if any.
///
/// # Errors
/// Only faults of the database.
pub fn first_with_demo_password(conn: &mut DbConnection) -> Result<Option<String>, DbError> {
    let demo = SecretString::from(DEMO_PASSWORD);
    let found = queries::password_hashes(conn, &DEMO_EMAILS)?;
    Ok(found.into_iter().find(|(_, hash)| password::verify(&demo, Some(hash))).map(|(email, _)| email))
}
