//! Creates and changes accounts. A caller cannot grant permissions that it does not have, change an account with more
//! permissions, or disable the last administrator.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::{
    account::{AccountChange, AccountDetail, NewAccount, Permission, Role},
    event::EventKind,
    ids::{AccountId, TeamId},
};

use super::queries::{self, AccountRow};
use crate::{
    auth::{self, AllTeamsRequired, Authority, LookupError, NotFound, Resource},
    db::{DbConnection, DbError, Lock},
    events,
    fields::{Invalid, Taken, Validation},
    precondition::{Changed, Expected},
};

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Another account has the e-mail address.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The new account cannot be loaded.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a caller may not change an account.
#[derive(Debug, thiserror::Error)]
pub enum ManageAccountError {
    /// The account does not exist, or is in none of the caller's teams.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The account has more permissions or other teams than the caller.
    #[error(transparent)]
    AllTeamsRequired(#[from] AllTeamsRequired),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAccountError {
    /// The caller may not change it.
    #[error(transparent)]
    Manage(#[from] ManageAccountError),
    /// The account has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Another account has the e-mail address.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// It is the only enabled administrator, and would no longer be one.
    #[error("This is the last administrator. Make another account an administrator first.")]
    LastAdmin,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A new account, validated as far as possible without the database.
#[derive(Debug)]
pub struct CheckedAccount {
    row: AccountRow,
    team_ids: Vec<TeamId>,
    validation: Validation,
}

impl CheckedAccount {
    /// Adds the account to a team.
    pub(super) fn add_team(&mut self, team: TeamId) {
        self.team_ids.push(team);
    }
}

/// Validates a new account. Returns it with its password, which must be hashed before the account is [created](create).
#[must_use]
pub fn check(new: NewAccount, authority: &Authority) -> (CheckedAccount, SecretString) {
    let mut validation = Validation::default();
    let email = validation.email("email", &new.email);
    let display_name = validation.name("display_name", &new.display_name);
    let password = validation.password("password", new.password, &[&email, &display_name]);
    let permissions = permissions(new.role, new.permissions);
    check_role(&mut validation, authority, new.role, &permissions);
    let row = AccountRow { email, display_name, role: new.role, permissions, disabled_at: None };
    (CheckedAccount { row, team_ids: new.team_ids, validation }, password)
}

/// Creates an account.
///
/// # Errors
/// [`CreateAccountError`]; `Invalid` names every invalid field.
pub fn create(
    conn: &mut DbConnection,
    new: CheckedAccount,
    authority: &Authority,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<AccountDetail, CreateAccountError> {
    let CheckedAccount { row, team_ids, mut validation } = new;
    let needed = !authority.has_all_teams();
    authority.check_teams(conn, &mut validation, &team_ids, needed)?;
    validation.finish()?;
    let id = queries::insert(conn, &row, password_hash, now)?.ok_or_else(|| email_taken(&row.email))?;
    set_teams(conn, id, &[], &team_ids, now)?;
    Ok(detail(conn, authority, id)?)
}

/// Returns an account that is in one of the authority's teams.
///
/// # Errors
/// `NotFound` for other accounts.
pub fn detail(
    conn: &mut DbConnection,
    authority: &Authority,
    id: AccountId,
) -> Result<AccountDetail, LookupError> {
    let account = load(conn, id)?;
    if is_visible(authority, &account) { Ok(account) } else { Err(NotFound::new(Resource::Account).into()) }
}

fn load(conn: &mut DbConnection, id: AccountId) -> Result<AccountDetail, LookupError> {
    Ok(queries::find(conn, id)?.ok_or(NotFound::new(Resource::Account))?)
}

/// Changes an account.
///
/// # Errors
/// [`UpdateAccountError`].
pub fn update(
    conn: &mut DbConnection,
    authority: &Authority,
    by: Option<AccountId>,
    id: AccountId,
    expected: &Expected,
    change: AccountChange,
    now: DateTime<Utc>,
) -> Result<AccountDetail, UpdateAccountError> {
    // Serialised, so that two administrators cannot remove each other's role at the same time.
    conn.advisory_lock(Lock::Accounts)?;
    let before = find_manageable(conn, authority, id)?;
    expected.check(&before)?;
    let mut validation = Validation::default();
    let team_ids = change.team_ids.clone().unwrap_or_else(|| before.team_ids.clone());
    let row = changed_row(&mut validation, authority, &before, change, now);
    if team_ids != before.team_ids {
        authority.check_teams(conn, &mut validation, &team_ids, !authority.has_all_teams())?;
    }
    let was_admin = before.role == Role::Admin && before.disabled_at.is_none();
    let is_admin = row.role == Role::Admin && row.disabled_at.is_none();
    if was_admin && !is_admin && !queries::has_other_admin(conn, id)? {
        return Err(UpdateAccountError::LastAdmin);
    }
    let is_disabling = row.disabled_at.is_some() && before.disabled_at.is_none();
    if is_disabling && by == Some(id) {
        let message = "You cannot disable your own account. Ask another administrator.";
        validation.reject("disabled", "yourself", message);
    }
    validation.finish()?;
    queries::update(conn, id, &row).map_err(|error| match error {
        error if error.is_duplicate() => email_taken(&row.email).into(),
        error => UpdateAccountError::from(error),
    })?;
    set_teams(conn, id, &before.team_ids, &team_ids, now)?;
    if is_disabling {
        auth::queries::revoke_sessions(conn, id, None, now)?;
    }
    if row.display_name != before.display_name {
        renamed(conn, now)?;
    }
    events::queries::insert_of_account(conn, Some(id), now)?;
    // Not through `detail`: the change may have moved the account out of the caller's teams.
    Ok(load(conn, id).map_err(ManageAccountError::from)?)
}

/// Appends that an account has a new name, which is shown with its conversations in every team.
pub(super) fn renamed(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    events::queries::insert_of_team(conn, EventKind::TeamChanged, None, now)
}

/// Returns the account's fields after a change. Validates those that change.
fn changed_row(
    validation: &mut Validation,
    authority: &Authority,
    before: &AccountDetail,
    change: AccountChange,
    now: DateTime<Utc>,
) -> AccountRow {
    let role = change.role.unwrap_or(before.role);
    let given = match (change.permissions, change.role) {
        (None, Some(role)) if role != before.role => None,
        (None, _) => Some(before.permissions.clone()),
        (given, _) => given,
    };
    let permissions = permissions(role, given);
    if role != before.role || permissions != before.permissions {
        check_role(validation, authority, role, &permissions);
    }
    let disabled_at = match change.disabled {
        Some(true) => before.disabled_at.or(Some(now)),
        Some(false) => None,
        None => before.disabled_at,
    };
    let email = change.email.map_or_else(|| before.email.clone(), |email| validation.email("email", &email));
    let display_name = change
        .display_name
        .map_or_else(|| before.display_name.clone(), |name| validation.name("display_name", &name));
    AccountRow { email, display_name, role, permissions, disabled_at }
}

/// Sets an account's password, and ends its sessions.
///
/// # Errors
/// [`ManageAccountError`].
pub fn reset_password(
    conn: &mut DbConnection,
    authority: &Authority,
    id: AccountId,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), ManageAccountError> {
    conn.advisory_lock(Lock::Accounts)?;
    find_manageable(conn, authority, id)?;
    queries::set_password(conn, id, password_hash)?;
    auth::queries::revoke_sessions(conn, id, None, now)?;
    Ok(events::queries::insert_of_account(conn, Some(id), now)?)
}

/// Returns an account that the authority may change. Refuses accounts with more permissions or with other teams,
/// because a caller who can set an account's password can sign in as that account.
pub(crate) fn find_manageable(
    conn: &mut DbConnection,
    authority: &Authority,
    id: AccountId,
) -> Result<AccountDetail, ManageAccountError> {
    let account = detail(conn, authority, id)?;
    let all_mine = account.team_ids.iter().all(|team| authority.scope().includes(*team));
    if account.role == Role::Admin || !all_mine || !authority.covers(&account.permissions) {
        authority.require_all_teams("Changing this account")?;
    }
    Ok(account)
}

fn is_visible(authority: &Authority, account: &AccountDetail) -> bool {
    authority.has_all_teams() || account.team_ids.iter().any(|team| authority.scope().includes(*team))
}

/// Returns the permissions of a new or changed account: those given, or the role's preset. An admin has all
/// permissions.
fn permissions(role: Role, given: Option<BTreeSet<Permission>>) -> BTreeSet<Permission> {
    match role {
        Role::Admin => role.preset(),
        Role::Agent | Role::Supervisor => given.unwrap_or_else(|| role.preset()),
    }
}

fn check_role(validation: &mut Validation, authority: &Authority, role: Role, wanted: &BTreeSet<Permission>) {
    if role == Role::Admin && !authority.has_all_teams() {
        validation.reject("role", "not_yours", "Only an administrator can give this role.");
    } else {
        authority.check_permissions(validation, wanted);
    }
}

fn set_teams(
    conn: &mut DbConnection,
    id: AccountId,
    before: &[TeamId],
    after: &[TeamId],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    for team in before.iter().filter(|team| !after.contains(team)) {
        queries::delete_member(conn, *team, id)?;
        events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(*team), now)?;
    }
    for team in after.iter().filter(|team| !before.contains(team)) {
        queries::insert_member(conn, *team, id)?;
        events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(*team), now)?;
    }
    Ok(())
}

/// Returns the error for an e-mail address that another account has.
pub(crate) fn email_taken(email: &str) -> Taken {
    Taken { field: "email", message: format!("An account with {email} already exists.") }
}
