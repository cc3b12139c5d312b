//! Why a caller cannot use something: it does not exist for them, or they may not change it.

use std::fmt;

use crate::db::DbError;

/// What a path or field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Resource {
    Account,
    ApiKey,
    Campaign,
    ClosureReason,
    Conversation,
    DailyFile,
    LegalHold,
    Media,
    Message,
    NumberOfTheTeam,
    Session,
    Tag,
    Team,
    TeamNumber,
    Template,
    WebhookDelivery,
    WebhookEndpoint,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::ApiKey => "API key",
            Self::Campaign => "campaign",
            Self::ClosureReason => "closure reason",
            Self::Conversation => "conversation",
            Self::DailyFile => "daily file",
            Self::LegalHold => "legal hold",
            Self::Media => "media",
            Self::Message => "message",
            Self::NumberOfTheTeam => "number of the team",
            Self::Session => "session",
            Self::Tag => "tag",
            Self::Team => "team",
            Self::TeamNumber => "team number",
            Self::Template => "template",
            Self::WebhookDelivery => "webhook delivery",
            Self::WebhookEndpoint => "webhook endpoint",
        })
    }
}

/// The resource does not exist, or belongs to a team that the caller is not in. Both cases give the same error, so that
/// a caller cannot find out which ids exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This {resource} does not exist, or it belongs to a team that you are not in.")]
pub struct NotFound {
    /// What was not found.
    pub resource: Resource,
    /// The field of the request that names it; `None` when the path does.
    pub field: Option<&'static str>,
}

impl NotFound {
    /// The path names a resource that was not found.
    #[must_use]
    pub fn new(resource: Resource) -> Self {
        Self { resource, field: None }
    }

    /// The field `team_id` names a team that was not found.
    #[must_use]
    pub fn team_id() -> Self {
        Self { resource: Resource::Team, field: Some("team_id") }
    }
}

/// The change affects teams that the caller is not in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action} affects teams that you are not in. Ask an administrator.")]
pub struct AllTeamsRequired {
    /// The refused action, at the start of a sentence.
    pub action: &'static str,
}

/// Why a caller may not change data of a team, or data that all teams share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerError {
    /// The caller is not in the team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The data belongs to all teams, and the caller is not in all of them.
    #[error(transparent)]
    AllTeamsRequired(#[from] AllTeamsRequired),
}

/// Why a resource could not be loaded for a caller.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// It does not exist, or belongs to a team that the caller is not in.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}
