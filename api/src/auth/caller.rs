//! Authenticated callers, with their permissions and teams.

use std::collections::BTreeSet;

use shared::{
    account::{Account, Permission},
    api_key::ApiKeyName,
    ids::AccountId,
    message::{Sender, SenderKind},
};

use super::TeamScope;

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
    ApiKey {
        /// The API key.
        key: ApiKeyName,
        /// The hash of the secret that the caller presented.
        key_hash: String,
    },
}

impl Caller {
    /// Returns the display name of the account, or the name of the API key.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.identity {
            Identity::Account { account, .. } => &account.display_name,
            Identity::ApiKey { key, .. } => &key.name,
        }
    }

    /// Returns the caller as the sender of a message or the author of a change.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let (kind, id) = match &self.identity {
            Identity::Account { account, .. } => (SenderKind::Account, account.id.0),
            Identity::ApiKey { key, .. } => (SenderKind::ApiKey, key.id.0),
        };
        Sender { kind, id: Some(id), name: Some(self.name().to_owned()) }
    }

    /// Returns the account's id, or `None` for an API key.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        match &self.identity {
            Identity::Account { account, .. } => Some(account.id),
            Identity::ApiKey { .. } => None,
        }
    }

    /// Returns the account and its session, for operations that API keys cannot use.
    ///
    /// # Errors
    /// If the caller is an API key.
    pub fn require_account(&self) -> Result<(&Account, i64), AccountRequired> {
        match &self.identity {
            Identity::Account { account, session } => Ok((account, *session)),
            Identity::ApiKey { .. } => Err(AccountRequired),
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
