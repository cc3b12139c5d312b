//! Accounts, roles, permissions and sessions.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    api_key::ApiKeyName,
    ids::{AccountId, TeamId},
    team::TeamSummary,
};

/// The longest name of a person, a team, a template, a closure reason or an API key, in characters.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// The shortest new password, in characters. Passwords that are easy to guess are refused whatever their length.
pub const MIN_PASSWORD_CHARACTERS: usize = 8;
/// The longest new password, in characters.
pub const MAX_PASSWORD_CHARACTERS: usize = 128;

/// What an account (or an API key) may do, inside its teams.
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
    /// Bring in daily files.
    Import,
    /// Look after templates and closure reasons.
    ManageTeam,
    /// Look after teams, numbers, accounts and API keys.
    ManageAccounts,
    /// See reports.
    ViewReports,
    /// See the audit log.
    ViewAudit,
}

impl Permission {
    /// Every permission, in the order in which screens show them.
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

    /// The word as it stands in JSON and in the database.
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

/// A preset of permissions. An account may be given more or fewer than its role's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers and closes.
    Agent,
    /// Leads teams: all but accounts and the audit log.
    Supervisor,
    /// Everything, in every team.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Agent, Role::Supervisor, Role::Admin];

    /// The word as it stands in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
        }
    }

    /// The permissions that an account of this role starts with.
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

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The e-mail address it signs in with.
    pub email: String,
    /// The name that colleagues and customers' threads show.
    pub display_name: String,
    /// The role it was made with.
    pub role: Role,
}

/// `GET /me`: who is asking, what they may do, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The account; `null` when an API key asks.
    pub account: Option<Account>,
    /// The API key; `null` when an account asks.
    pub api_key: Option<ApiKeyName>,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// Where: its teams, or every team for an admin, by name.
    pub teams: Vec<TeamSummary>,
    /// Since when the gateway has refused the desk's credentials, so that no text is sent; `null` while all is well.
    #[serde(default)]
    pub gateway_refused_since: Option<DateTime<Utc>>,
}

impl Me {
    /// Whether the permission is held.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// `PUT /me`: what one changes about oneself.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// The name that colleagues and customers' threads show, 1 to 100 characters.
    pub display_name: String,
    /// The e-mail address to sign in with; left out, it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The current password; needed when the e-mail address changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// `PUT /me/password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordChange {
    /// The password until now.
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
    /// The caller's current password; needed for the caller's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// An account as those see it who look after accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountDetail {
    /// Its id.
    pub id: AccountId,
    /// The e-mail address it signs in with.
    pub email: String,
    /// The name that colleagues and customers' threads show.
    pub display_name: String,
    /// Its role.
    pub role: Role,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// The teams that it is a member of; an admin acts in every team all the same.
    pub team_ids: Vec<TeamId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it cannot sign in; `null` when it can.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// `POST /accounts`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAccount {
    /// The e-mail address to sign in with, in any case; each has one account.
    pub email: String,
    /// The name that colleagues and customers' threads show, 1 to 100 characters.
    pub display_name: String,
    /// Its role.
    pub role: Role,
    /// What it may do; the role's preset when left out. An admin always may do everything.
    #[serde(default)]
    pub permissions: Option<BTreeSet<Permission>>,
    /// The teams that it belongs to.
    #[serde(default)]
    pub team_ids: Vec<TeamId>,
    /// Its password, 8 to 128 characters, not easy to guess.
    pub password: String,
}

/// `PUT /accounts/{id}`. What is left out stays as it is.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountChange {
    /// The e-mail address to sign in with.
    #[serde(default)]
    pub email: Option<String>,
    /// The name that colleagues and customers' threads show.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Its role. With another role and no `permissions`, it gets that role's preset.
    #[serde(default)]
    pub role: Option<Role>,
    /// What it may do.
    #[serde(default)]
    pub permissions: Option<BTreeSet<Permission>>,
    /// The teams that it belongs to.
    #[serde(default)]
    pub team_ids: Option<Vec<TeamId>>,
    /// Whether it is shut out. Shutting out ends its sessions at once.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// The caller's current password; needed when the caller changes the e-mail address of their own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// `POST /sessions`: what one signs in with.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// The e-mail address, in any case.
    pub email: String,
    /// The password.
    pub password: String,
}

/// A new or refreshed session.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Who signed in.
    pub account: Account,
    /// A JWT for `Authorization: Bearer`, valid for 15 minutes.
    pub access_token: String,
    /// When the access token runs out.
    pub expires_at: DateTime<Utc>,
    /// What state-changing requests by cookie send as `X-CSRF-Token`.
    pub csrf_token: String,
}

/// One of the caller's own sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnSession {
    /// The session's id.
    pub id: i64,
    /// When the account signed in.
    pub created_at: DateTime<Utc>,
    /// When the session was last refreshed, which browsers in use do every 15 minutes.
    pub last_used_at: DateTime<Utc>,
    /// Browser and system in a few words, such as "Firefox on Windows"; empty when the client named none.
    pub user_agent: String,
    /// The address that the account signed in from.
    pub address: String,
    /// Whether this is the session of the request.
    pub current: bool,
}
