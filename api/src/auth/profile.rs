//! What people change about themselves: their name and their password.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::{
    ErrorCode,
    account::{Account, PasswordChange, Profile},
};

use super::{Caller, SignInThrottle, Who, password, queries};
use crate::{accounts, db::Db, error::ApiError, events, fields::Fields};

/// Changes the caller's name; what was sent under the old one keeps it.
pub(super) async fn rename(
    db: &Db,
    caller: Caller,
    profile: &Profile,
    now: DateTime<Utc>,
) -> Result<Caller, ApiError> {
    let (account, session) = caller.person()?;
    let mut fields = Fields::default();
    let display_name = fields.name("display_name", &profile.display_name);
    fields.finish()?;
    let account = Account { display_name, ..account.clone() };
    let (id, name) = (account.id, account.display_name.clone());
    db.write(move |conn| {
        // Whoever changes the account at the same moment must not write the old name back.
        conn.take_turns("accounts")?;
        accounts::queries::rename(conn, id, &name)?;
        events::queries::insert_of_account(conn, Some(id), now).map_err(ApiError::from)
    })
    .await?;
    Ok(Caller { who: Who::Account { account, session }, ..caller })
}

/// Changes the caller's password, and ends every session but this one. Guessing the old one is slowed down as at
/// signing in.
pub(super) async fn change_password(
    db: &Db,
    throttle: &SignInThrottle,
    caller: &Caller,
    change: PasswordChange,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let (account, session) = caller.person()?;
    let (id, email) = (account.id, account.email.clone());
    let mut fields = Fields::default();
    let new = fields.password("password", change.password);
    fields.finish()?;
    throttle.attempt(&email, address, now)?;
    let asked = email.clone();
    let row = db.read(move |conn| queries::sign_in_row(conn, &asked)).await?;
    let current = SecretString::from(change.current_password);
    if !password::verify_aside(current, row.map(|row| row.password_hash)).await? {
        let message = "This is not your current password.";
        return Err(ApiError::field(ErrorCode::ValidationFailed, "current_password", "wrong", message));
    }
    throttle.succeeded(&email, address);
    let hash = password::hash_aside(new).await?;
    db.write(move |conn| {
        accounts::queries::set_password(conn, id, &hash)?;
        queries::revoke_sessions(conn, id, Some(session), now)?;
        events::queries::insert_of_account(conn, Some(id), now).map_err(ApiError::from)
    })
    .await
}
