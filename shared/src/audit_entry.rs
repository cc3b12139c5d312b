//! The audit log: who did what, when and from which address.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    ids::{AuditEntryId, TeamId},
};

macro_rules! words {
    (
        $(#[$enum_doc:meta])*
        $enum:ident { $($(#[$doc:meta])* $name:ident => $word:tt,)* }
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $enum {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl $enum {
            /// Every value, in the order that screens show them.
            pub const ALL: &[$enum] = &[$($enum::$name),*];

            /// Returns the value used in JSON, in the database and in the log.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($enum::$name => $word),* }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $enum {
            type Err = ();

            fn from_str(word: &str) -> Result<Self, ()> {
                $enum::ALL.iter().copied().find(|known| known.as_str() == word).ok_or(())
            }
        }
    };
}

words! {
    /// What was done. The values are stable.
    AuditAction {
        /// A session began.
        SignedIn => "session.signed_in",
        /// The e-mail address or the password of a sign-in was wrong.
        SignInRefused => "session.refused",
        /// A failed attempt reached a limit, so that further attempts must wait.
        LockedOut => "session.locked_out",
        /// A session ended by signing out.
        SignedOut => "session.signed_out",
        /// A person ended one of their sessions, or all except the current one.
        SessionEnded => "session.ended",
        /// A copied refresh token was used, and its session was ended.
        RefreshTokenReused => "session.token_reused",
        /// The current password that a change requires was wrong.
        CurrentPasswordWrong => "session.password_refused",
        /// Key data of a conversation's customer was read.
        KeyDataViewed => "key_data.viewed",
        /// Conversations were searched.
        ConversationSearched => "conversation.searched",
        /// A conversation was closed.
        ConversationClosed => "conversation.closed",
        /// An account or an API key recorded an opt-out or opt-in.
        ConsentChanged => "consent.changed",
        /// A daily file became current.
        DailyFileImported => "daily_file.imported",
        /// An earlier daily file became current again.
        DailyFileRestored => "daily_file.restored",
        /// The rejected rows of a daily file were read.
        RejectedRowsViewed => "daily_file.rejected_rows_viewed",
        /// The columns of a team's daily files were mapped.
        ColumnMappingChanged => "column_mapping.changed",
        /// A template was created.
        TemplateCreated => "template.created",
        /// A template was changed.
        TemplateChanged => "template.changed",
        /// A template was deleted, or archived if it was used.
        TemplateDeleted => "template.deleted",
        /// A closure reason was created.
        ClosureReasonCreated => "closure_reason.created",
        /// A closure reason was changed.
        ClosureReasonChanged => "closure_reason.changed",
        /// A closure reason was deleted, or archived if it was used.
        ClosureReasonDeleted => "closure_reason.deleted",
        /// A tag was created.
        TagCreated => "tag.created",
        /// A tag was changed.
        TagChanged => "tag.changed",
        /// A tag was deleted, or archived if it was used.
        TagDeleted => "tag.deleted",
        /// A team was created.
        TeamCreated => "team.created",
        /// A team's name, region, time zone or answer to HELP was changed.
        TeamChanged => "team.changed",
        /// A number was added to a team.
        TeamNumberAdded => "team.number_added",
        /// A number was removed from a team.
        TeamNumberRemoved => "team.number_removed",
        /// An account was added to a team.
        TeamMemberAdded => "team.member_added",
        /// An account was removed from a team.
        TeamMemberRemoved => "team.member_removed",
        /// An account was created.
        AccountCreated => "account.created",
        /// An account was changed.
        AccountChanged => "account.changed",
        /// An account's password was changed.
        PasswordChanged => "account.password_changed",
        /// An API key was created.
        ApiKeyCreated => "api_key.created",
        /// An API key got a new secret.
        ApiKeyRotated => "api_key.rotated",
        /// The previous secret of an API key was stopped before its time.
        ApiKeyOverlapEnded => "api_key.overlap_ended",
        /// An API key was revoked.
        ApiKeyRevoked => "api_key.revoked",
        /// A webhook endpoint was created.
        WebhookEndpointCreated => "webhook_endpoint.created",
        /// A webhook endpoint was changed, enabled or disabled.
        WebhookEndpointChanged => "webhook_endpoint.changed",
        /// A webhook endpoint was deleted.
        WebhookEndpointDeleted => "webhook_endpoint.deleted",
        /// A webhook endpoint got a new secret.
        WebhookSecretRotated => "webhook_endpoint.secret_rotated",
        /// A campaign was made from a file.
        CampaignCreated => "campaign.created",
        /// The text, number or pace of a campaign was changed.
        CampaignChanged => "campaign.changed",
        /// A campaign was started, paused, resumed or cancelled.
        CampaignStateChanged => "campaign.state_changed",
        /// A campaign was deleted.
        CampaignDeleted => "campaign.deleted",
        /// Messages, conversations or the results of a campaign were downloaded.
        DataExported => "data.exported",
        /// A customer was erased.
        CustomerErased => "customer.erased",
        /// A legal hold was set.
        LegalHoldSet => "legal_hold.set",
        /// A legal hold was lifted.
        LegalHoldLifted => "legal_hold.lifted",
        /// How long a team's data is kept was changed.
        RetentionChanged => "retention.changed",
        /// Old data of a team was erased and deleted.
        RetentionRan => "retention.ran",
        /// The audit log was exported as a CSV file.
        AuditExported => "audit.exported",
    }
}

words! {
    /// What kind of actor did it.
    AuditActorKind {
        /// An account, in a session.
        Account => "account",
        /// An API key.
        ApiKey => "api_key",
        /// A command on the server's machine, or the server itself.
        System => "system",
        /// A person without a session, known by the e-mail address of a refused sign-in.
        Anonymous => "anonymous",
    }
}

words! {
    /// What kind of thing an entry is about.
    AuditSubjectKind {
        /// An account.
        Account => "account",
        /// A session.
        Session => "session",
        /// An API key.
        ApiKey => "api_key",
        /// A webhook endpoint.
        WebhookEndpoint => "webhook_endpoint",
        /// A team.
        Team => "team",
        /// A template.
        Template => "template",
        /// A closure reason.
        ClosureReason => "closure_reason",
        /// A tag.
        Tag => "tag",
        /// A daily file.
        DailyFile => "daily_file",
        /// A conversation.
        Conversation => "conversation",
        /// A campaign.
        Campaign => "campaign",
        /// An entry of the consent ledger.
        Consent => "consent",
        /// A legal hold.
        LegalHold => "legal_hold",
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditActor {
    /// The kind of actor.
    pub kind: AuditActorKind,
    /// The id of the account or API key; otherwise `null`.
    pub id: Option<i64>,
    /// The name at that time; the e-mail address for a refused sign-in.
    pub name: String,
}

impl From<&Account> for AuditActor {
    fn from(account: &Account) -> Self {
        Self { kind: AuditActorKind::Account, id: Some(account.id.0), name: account.display_name.clone() }
    }
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditSubject {
    /// The kind of thing.
    pub kind: AuditSubjectKind,
    /// Its id.
    pub id: i64,
    /// Its name at that time; `null` where only the id identifies it, as with a conversation.
    pub label: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// The entry's id; later entries have larger ids.
    pub id: AuditEntryId,
    /// When it was done.
    #[serde(deserialize_with = "crate::time::required")]
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: AuditActor,
    /// The team that it concerns; `null` if it concerns no single team.
    pub team_id: Option<TeamId>,
    /// What was done.
    pub action: AuditAction,
    /// What it was done to; `null` if that is no single thing.
    pub subject: Option<AuditSubject>,
    /// More about it, such as the names of changed fields. Never a message or a password.
    pub details: BTreeMap<String, String>,
    /// The client's address; `null` outside requests.
    pub address: Option<String>,
    /// The id of the request, which its log lines and its response contain; `null` outside requests.
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_that_of_the_json() {
        for action in AuditAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
            assert_eq!(action.as_str().parse(), Ok(*action));
        }
        assert_eq!("session".parse::<AuditAction>(), Err(()));
    }
}
