//! Authenticated callers, with their permissions and teams.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use shared::{
    account::{Account, Permission},
    api_key::ApiKeyName,
    ids::AccountId,
    message::{Sender, SenderKind},
};

use super::{TeamScope, queries};
use crate::db::{Db, DbConnection, DbError};

/// The caller does not have the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("You need the permission {0}. Ask an administrator.")]
pub struct MissingPermission(pub Permission);

/// The operation is for accounts, and the caller is an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This path is for accounts. An API key cannot use it.")]
pub struct AccountRequired;

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The caller's identity.
    pub identity: Identity,
    /// The caller's permissions.
    pub permissions: BTreeSet<Permission>,
    /// The teams in which the caller may act.
    pub scope: TeamScope,
}

/// The identity of a caller.
#[derive(Clone, Debug)]
pub enum Identity {
    /// An account, in a session.
    Account {
        /// The account.
        account: Account,
        /// The session's id.
        session: i64,
    },
    /// An API key.
    ApiKey(ApiKeyName),
}

impl Caller {
    /// Returns the display name of the account, or the name of the API key.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.identity {
            Identity::Account { account, .. } => &account.display_name,
            Identity::ApiKey(key) => &key.name,
        }
    }

    /// Returns the caller as the sender of a message or the author of a change.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let (kind, id) = match &self.identity {
            Identity::Account { account, .. } => (SenderKind::Account, account.id.0),
            Identity::ApiKey(key) => (SenderKind::ApiKey, key.id.0),
        };
        Sender { kind, id: Some(id), name: Some(self.name().to_owned()) }
    }

    /// Returns the account's id, or `None` for an API key.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        match &self.identity {
            Identity::Account { account, .. } => Some(account.id),
            Identity::ApiKey(_) => None,
        }
    }

    /// Returns the account and its session, for operations that API keys cannot use.
    ///
    /// # Errors
    /// If the caller is an API key.
    pub fn require_account(&self) -> Result<(&Account, i64), AccountRequired> {
        match &self.identity {
            Identity::Account { account, session } => Ok((account, *session)),
            Identity::ApiKey(_) => Err(AccountRequired),
        }
    }

    /// Whether the caller has the permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Checks that the caller has the permission.
    ///
    /// # Errors
    /// If it does not.
    pub fn require(&self, permission: Permission) -> Result<(), MissingPermission> {
        if self.may(permission) { Ok(()) } else { Err(MissingPermission(permission)) }
    }
}

impl Caller {
    /// Loads the caller again, with its current permissions and teams. Returns `None` if the session or the API key has
    /// ended.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn reload(&self, db: &Db, now: DateTime<Utc>) -> Result<Option<Self>, DbError> {
        let identity = self.identity.clone();
        db.read(move |conn| match identity {
            Identity::Account { session, .. } => of_session(conn, session, now),
            Identity::ApiKey(key) => {
                queries::live_api_key_by_id(conn, key.id).map(|found| found.map(of_api_key))
            }
        })
        .await
    }
}

/// Loads the caller of a session. Returns `None` if the session has ended.
pub(super) fn of_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, DbError> {
    let Some(live) = queries::live_session(conn, session, now)? else {
        return Ok(None);
    };
    let (account, permissions) = (live.account, live.permissions);
    let scope = queries::scope(conn, &account)?;
    Ok(Some(Caller { identity: Identity::Account { account, session }, permissions, scope }))
}

/// Returns the caller of an API key.
pub(super) fn of_api_key(found: queries::ApiKeyRow) -> Caller {
    Caller {
        identity: Identity::ApiKey(found.name),
        permissions: found.permissions,
        scope: TeamScope::Only(found.teams),
    }
}
