//! Accounts, roles, permissions and sessions.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    api_key::ApiKeyName,
    ids::{AccountId, TeamId},
    team::TeamSummary,
};

/// Maximum length of the name of a person, team, template, closure reason or API key, in characters.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// Minimum length of a new password, in characters. A password that is easy to guess is refused at any length.
pub const MIN_PASSWORD_CHARACTERS: usize = 8;
/// Maximum length of a new password, in characters.
pub const MAX_PASSWORD_CHARACTERS: usize = 128;

/// A permission of an account or API key. It applies within the teams of the account or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Answer customers.
    Reply,
    /// Close conversations.
    Close,
    /// Search the past 90 days.
    Search,
    /// Start conversations.
    AdHoc,
    /// Upload daily files.
    Import,
    /// Manage templates, closure reasons, tags and webhooks.
    ManageTeam,
    /// Manage teams, numbers, accounts and API keys.
    ManageAccounts,
    /// View reports, and export messages and conversations.
    ViewReports,
    /// View the audit log.
    ViewAudit,
}

impl Permission {
    /// Every permission, in the order that screens show them.
    pub const ALL: [Permission; 9] = [
        Permission::Reply,
        Permission::Close,
        Permission::Search,
        Permission::AdHoc,
        Permission::Import,
        Permission::ManageTeam,
        Permission::ManageAccounts,
        Permission::ViewReports,
        Permission::ViewAudit,
    ];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::Reply => "reply",
            Permission::Close => "close",
            Permission::Search => "search",
            Permission::AdHoc => "ad_hoc",
            Permission::Import => "import",
            Permission::ManageTeam => "manage_team",
            Permission::ManageAccounts => "manage_accounts",
            Permission::ViewReports => "view_reports",
            Permission::ViewAudit => "view_audit",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Permission::ALL.into_iter().find(|permission| permission.as_str() == word).ok_or(())
    }
}

/// A preset of permissions. An account can have more or fewer permissions than its role's preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Replies to and closes conversations.
    Agent,
    /// Leads teams: every permission except `manage_accounts` and `view_audit`.
    Supervisor,
    /// Every permission, in every team.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Agent, Role::Supervisor, Role::Admin];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
        }
    }

    /// Returns the permissions that an account with this role starts with.
    #[must_use]
    pub fn preset(self) -> BTreeSet<Permission> {
        match self {
            Role::Agent => BTreeSet::from([Permission::Reply, Permission::Close]),
            Role::Supervisor => BTreeSet::from([
                Permission::Reply,
                Permission::Close,
                Permission::Search,
                Permission::AdHoc,
                Permission::Import,
                Permission::ManageTeam,
                Permission::ViewReports,
            ]),
            Role::Admin => BTreeSet::from(Permission::ALL),
        }
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Role::ALL.into_iter().find(|role| role.as_str() == word).ok_or(())
    }
}

/// An account, as other members of its team see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountName {
    /// The account's id.
    pub id: AccountId,
    /// The account's display name.
    pub name: String,
}

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The name shown to colleagues and in conversations.
    pub display_name: String,
    /// The account's role.
    pub role: Role,
}

/// `GET /me`: the caller with its permissions and teams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The caller's account; `null` when the caller is an API key.
    pub account: Option<Account>,
    /// The caller's API key; `null` when the caller is an account.
    pub api_key: Option<ApiKeyName>,
    /// The caller's permissions.
    pub permissions: BTreeSet<Permission>,
    /// The caller's teams by name; every team for an admin.
    pub teams: Vec<TeamSummary>,
    /// When the gateway began to refuse the server's credentials, so that no message is sent; `null` while it accepts
    /// them.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub gateway_refused_since: Option<DateTime<Utc>>,
    /// Number of webhook endpoints of the caller's teams that the server has disabled, because they failed or were gone.
    /// 0 without the permission `manage_team`.
    #[serde(default)]
    pub disabled_webhook_endpoints: i64,
}

impl Me {
    /// Returns whether the caller has the permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// `PUT /me`: changes to the caller's own account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// The name shown to colleagues and in conversations, 1 to 100 characters.
    pub display_name: String,
    /// The e-mail address to sign in with; unchanged when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The current password; required when the e-mail address changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// `PUT /me/password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordChange {
    /// The current password.
    pub current_password: String,
    /// The new password, 8 to 128 characters, not easy to guess.
    pub password: String,
}

/// `PUT /accounts/{id}/password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPassword {
    /// The new password, 8 to 128 characters, not easy to guess.
    pub password: String,
    /// The caller's current password; required for the caller's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// An account as shown to callers with the `manage_accounts` permission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountDetail {
    /// The account's id.
    pub id: AccountId,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The name shown to colleagues and in conversations.
    pub display_name: String,
    /// The account's role.
    pub role: Role,
    /// The account's permissions.
    pub permissions: BTreeSet<Permission>,
    /// The teams that the account belongs to. An admin has access to every team regardless.
    pub team_ids: Vec<TeamId>,
    /// When the account was created.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// When the account was disabled; `null` while it can sign in.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

/// `POST /accounts`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAccount {
    /// The e-mail address to sign in with: case-insensitive, unique among accounts.
    pub email: String,
    /// The name shown to colleagues and in conversations, 1 to 100 characters.
    pub display_name: String,
    /// The account's role.
    pub role: Role,
    /// The account's permissions; the role's preset when left out. An admin always has every permission.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::unique::optional"))]
    pub permissions: Option<BTreeSet<Permission>>,
    /// The teams that the account belongs to.
    #[serde(default)]
    pub team_ids: Vec<TeamId>,
    /// The password, 8 to 128 characters, not easy to guess.
    pub password: String,
}

/// `PUT /accounts/{id}`. Fields that are left out stay unchanged.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountChange {
    /// The e-mail address to sign in with.
    #[serde(default)]
    pub email: Option<String>,
    /// The name shown to colleagues and in conversations.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The account's role. A different role without `permissions` sets the permissions to that role's preset.
    #[serde(default)]
    pub role: Option<Role>,
    /// The account's permissions.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::unique::optional"))]
    pub permissions: Option<BTreeSet<Permission>>,
    /// The teams that the account belongs to.
    #[serde(default)]
    pub team_ids: Option<Vec<TeamId>>,
    /// Whether the account is disabled. Disabling an account ends its sessions at once.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// The caller's current password; required when callers change the e-mail address of their own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// `POST /sessions`: the credentials to sign in with.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// The e-mail address, case-insensitive.
    pub email: String,
    /// The password.
    pub password: String,
}

/// A new or refreshed session.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The account that signed in.
    pub account: Account,
    /// A JWT for `Authorization: Bearer`, valid for 15 minutes.
    pub access_token: String,
    /// When the access token expires.
    #[serde(deserialize_with = "crate::time::required")]
    pub expires_at: DateTime<Utc>,
    /// The `X-CSRF-Token` header that state-changing requests need when they authenticate by cookie.
    pub csrf_token: String,
}
