//! Changes that callers make to their own account: display name, e-mail address and password.

use shared::{
    account::{Account, AccountDetail, PasswordChange, Profile},
    audit_entry::{AuditAction, AuditSubjectKind},
};

use super::{change::email_taken, queries};
use crate::{
    auth::{
        self, AccountRequired, Authenticator, Caller, Identity, PasswordError,
        audit_log::AuditEvent,
        confirm::{ConfirmError, confirm_password},
    },
    db::{DbError, Lock},
    events,
    fields::{Invalid, Taken, Validation},
    precondition::{Changed, Expected, OwnAccount},
};

/// Why a caller's profile was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateProfileError {
    /// The caller is an API key, which has no profile.
    #[error(transparent)]
    AccountRequired(#[from] AccountRequired),
    /// The profile has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The current password is not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// Another account has the e-mail address.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a caller's password was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangePasswordError {
    /// The caller is an API key, which has no password.
    #[error(transparent)]
    AccountRequired(#[from] AccountRequired),
    /// The new password is not acceptable.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The current password is not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The new password cannot be hashed at the moment.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Changes the caller's display name and e-mail address. A new e-mail address requires the current password. Earlier
/// messages keep the old name.
pub(crate) async fn update(
    authenticator: &Authenticator,
    caller: Caller,
    expected: Expected,
    profile: Profile,
) -> Result<Caller, UpdateProfileError> {
    let (before, session) = caller.require_account()?;
    let mut validation = Validation::default();
    let display_name = validation.name("display_name", &profile.display_name);
    let email = profile.email.map_or_else(|| before.email.clone(), |email| validation.email("email", &email));
    validation.finish()?;
    let account = Account { display_name, email, ..before.clone() };
    let changes_email = account.email != before.email;
    let renames = account.display_name != before.display_name;
    let confirmed = match changes_email {
        true => Some(confirm_password(authenticator, before, session, profile.current_password).await?),
        false => None,
    };
    let (changed, now) = (account.clone(), authenticator.clock.now());
    let fields = [(changes_email, "email"), (renames, "display_name")];
    let fields: Vec<&str> = fields.iter().filter(|(changes, _)| *changes).map(|(_, name)| *name).collect();
    let event = AuditEvent::new(AuditAction::AccountChanged, &caller)
        .subject(AuditSubjectKind::Account, changed.id.0)
        .label(&before.display_name)
        .detail("fields", fields.join(", "));
    authenticator
        .db
        .write(move |conn| {
            // Serialises changes of accounts, so that a concurrent one cannot restore the old values.
            conn.advisory_lock(Lock::Accounts)?;
            if let Some(AccountDetail { id, email, display_name, role, .. }) =
                queries::find(conn, changed.id)?
            {
                expected.check(&OwnAccount { account: Account { id, email, display_name, role } })?;
            }
            if let Some(hash) = confirmed {
                if !auth::queries::has_password_hash(conn, changed.id, &hash)? {
                    return Err(ConfirmError::Wrong.into());
                }
                queries::set_email(conn, changed.id, &changed.email).map_err(|error| match error {
                    error if error.is_duplicate() => email_taken(&changed.email).into(),
                    error => UpdateProfileError::from(error),
                })?;
            }
            queries::rename(conn, changed.id, &changed.display_name)?;
            if renames {
                super::change::renamed(conn, now)?;
            }
            if renames || changes_email {
                event.record(conn, now)?;
            }
            Ok::<_, UpdateProfileError>(events::queries::insert_of_account(conn, Some(changed.id), now)?)
        })
        .await?;
    Ok(Caller { identity: Identity::Account { account, session }, ..caller })
}

/// Changes the caller's password and ends all other sessions.
pub(crate) async fn change_password(
    authenticator: &Authenticator,
    caller: &Caller,
    change: PasswordChange,
) -> Result<(), ChangePasswordError> {
    let (account, session) = caller.require_account()?;
    let mut validation = Validation::default();
    let new = validation.password("password", change.password, &[&account.email, &account.display_name]);
    validation.finish()?;
    let old_hash = confirm_password(authenticator, account, session, Some(change.current_password)).await?;
    let hash = authenticator.passwords.hash(new).await?;
    let (id, now) = (account.id, authenticator.clock.now());
    let changed = AuditEvent::new(AuditAction::PasswordChanged, caller)
        .subject(AuditSubjectKind::Account, id.0)
        .label(&account.display_name)
        .detail("sessions", "other sessions are ended");
    authenticator
        .db
        .write(move |conn| {
            if !auth::queries::has_password_hash(conn, id, &old_hash)? {
                return Err(ConfirmError::Wrong.into());
            }
            queries::set_password(conn, id, &hash)?;
            auth::queries::revoke_sessions(conn, id, Some(session), now)?;
            events::queries::insert_of_account(conn, Some(id), now)?;
            Ok(changed.record(conn, now)?)
        })
        .await
}

/// Checks the caller's current password if `id` is the caller's own account. Needed where a manager of accounts changes
/// an e-mail address or password.
///
/// # Errors
/// As [`confirm_password`].
pub(crate) async fn confirm_own_change(
    authenticator: &Authenticator,
    caller: &Caller,
    id: shared::ids::AccountId,
    current: Option<String>,
) -> Result<(), ConfirmError> {
    match &caller.identity {
        Identity::Account { account, session } if account.id == id => {
            confirm_password(authenticator, account, *session, current).await.map(drop)
        }
        _ => Ok(()),
    }
}
