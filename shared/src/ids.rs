//! A type for the id of each noun, so that a team's id cannot be passed where a conversation's id is expected.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(
            #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::number"))]
            pub i64,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// An account's id.
    AccountId;
    /// An API key's id.
    ApiKeyId;
    /// A team's id.
    TeamId;
    /// A conversation's id.
    ConversationId;
    /// A message's id; later messages have larger ids.
    MessageId;
    /// A daily file's id.
    DailyFileId;
    /// A template's id.
    TemplateId;
    /// A closure reason's id.
    ClosureReasonId;
    /// A tag's id.
    TagId;
    /// The id of an entry in the consent ledger; later entries have larger ids, and the latest one applies.
    ConsentId;
    /// A campaign's id.
    CampaignId;
    /// The id of a message that could not be stored.
    RejectedMessageId;
    /// The id of an entry in the audit log; later entries have larger ids.
    AuditEntryId;
    /// A legal hold's id.
    LegalHoldId;
    /// An event's id: the position in the event log, for `Last-Event-ID`.
    EventId;
    /// The id of a webhook endpoint.
    WebhookEndpointId;
    /// The id of a delivery to a webhook endpoint; later deliveries have larger ids.
    WebhookDeliveryId;
}
