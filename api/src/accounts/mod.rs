//! Accounts: the people who sign in. [`change`] creates and changes accounts, `profile` changes the caller's own,
//! and [`preferences`] what it has set for itself.

pub mod change;
pub mod preferences;
mod problems;
pub(crate) mod profile;
pub(crate) mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    account::{AccountDetail, NewAccount},
    audit_entry::{AuditAction, AuditActor, AuditSubjectKind},
};

use crate::{
    auth::{Authority, PasswordError, PasswordPool, audit_log::AuditEvent},
    db::{Db, DbError},
};

/// Why the operator's account was not created.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// No team has this name.
    #[error("There is no team {0:?}.")]
    UnknownTeam(String),
    /// The account is not valid.
    #[error(transparent)]
    Create(#[from] change::CreateAccountError),
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Creates an account for the server's operator, who names its teams.
///
/// # Errors
/// [`OperatorError`].
pub async fn create_by_operator(
    db: &Db,
    passwords: &PasswordPool,
    new: NewAccount,
    teams: Vec<String>,
    now: DateTime<Utc>,
) -> Result<(), OperatorError> {
    let authority = Authority::operator();
    let (mut new, password) = change::check(new, &authority);
    let hash = passwords.hash(password).await?;
    db.write(move |conn| {
        for name in teams {
            let team = queries::team_by_name(conn, &name)?;
            new.add_team(team.ok_or(OperatorError::UnknownTeam(name))?);
        }
        let created = change::create(conn, new, &authority, &hash, now)?;
        Ok(about(AuditAction::AccountCreated, &authority, &created)
            .detail("role", created.role.as_str())
            .record(conn, now)?)
    })
    .await
}

/// Starts an entry of the audit log about an account.
fn about(action: AuditAction, by: impl Into<AuditActor>, account: &AccountDetail) -> AuditEvent {
    AuditEvent::new(action, by).subject(AuditSubjectKind::Account, account.id.0).label(&account.display_name)
}
