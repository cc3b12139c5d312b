//! What people change about themselves: name, e-mail address and password.

use shared::account::{Account, PasswordChange, Profile};

use super::{
    Caller, Who,
    confirm::{confirm_password, wrong_password},
    queries,
    security_log::SecurityEvent,
};
use crate::{
    accounts::{self, change::email_taken},
    desk::Desk,
    error::ApiError,
    events,
    fields::Fields,
};

/// Changes the caller's name, and with the current password the e-mail address. Messages sent before keep the old name.
pub(super) async fn update(desk: &Desk, caller: Caller, profile: Profile) -> Result<Caller, ApiError> {
    let (before, session) = caller.person()?;
    let mut fields = Fields::default();
    let display_name = fields.name("display_name", &profile.display_name);
    let email = profile.email.map_or_else(|| before.email.clone(), |email| fields.email("email", &email));
    fields.finish()?;
    let account = Account { display_name, email, ..before.clone() };
    let changes_email = account.email != before.email;
    let confirmed = match changes_email {
        true => Some(confirm_password(desk, before, session, profile.current_password).await?),
        false => None,
    };
    let (changed, now) = (account.clone(), desk.clock.now());
    desk.db
        .write(move |conn| {
            // Another change of the account at the same moment must not write the old values back.
            conn.take_turns("accounts")?;
            if let Some(hash) = confirmed {
                if !queries::still_has(conn, changed.id, &hash)? {
                    return Err(wrong_password());
                }
                accounts::queries::set_email(conn, changed.id, &changed.email).map_err(|error| {
                    if error.is_duplicate() { email_taken(&changed.email) } else { error.into() }
                })?;
            }
            accounts::queries::rename(conn, changed.id, &changed.display_name)?;
            events::queries::insert_of_account(conn, Some(changed.id), now).map_err(ApiError::from)
        })
        .await?;
    if changes_email {
        SecurityEvent::new("account_changed").account(account.id).by(&caller).detail("email").log();
    }
    Ok(Caller { who: Who::Account { account, session }, ..caller })
}

/// Changes the caller's password, and ends every other session.
pub(super) async fn change_password(
    desk: &Desk,
    caller: &Caller,
    change: PasswordChange,
) -> Result<(), ApiError> {
    let (account, session) = caller.person()?;
    let mut fields = Fields::default();
    let new = fields.password("password", change.password, &[&account.email, &account.display_name]);
    fields.finish()?;
    let old_hash = confirm_password(desk, account, session, Some(change.current_password)).await?;
    let hash = desk.passwords.hash(new).await?;
    let (id, now) = (account.id, desk.clock.now());
    desk.db
        .write(move |conn| {
            if !queries::still_has(conn, id, &old_hash)? {
                return Err(wrong_password());
            }
            accounts::queries::set_password(conn, id, &hash)?;
            queries::revoke_sessions(conn, id, Some(session), now)?;
            events::queries::insert_of_account(conn, Some(id), now).map_err(ApiError::from)
        })
        .await?;
    SecurityEvent::new("password_changed").account(id).by(caller).detail("other sessions are ended").log();
    Ok(())
}

/// Checks the current password when the caller changes the e-mail address or password of their own account among the
/// accounts that they manage.
///
/// # Errors
/// As [`confirm_password`].
pub(crate) async fn confirm_own_change(
    desk: &Desk,
    caller: &Caller,
    id: shared::ids::AccountId,
    current: Option<String>,
) -> Result<(), ApiError> {
    match &caller.who {
        Who::Account { account, session } if account.id == id => {
            confirm_password(desk, account, *session, current).await.map(drop)
        }
        _ => Ok(()),
    }
}
