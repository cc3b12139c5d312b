//! Drafts (rule 21): unsent messages of an account, which the server keeps for all its devices.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, TemplateId};

/// Maximum length of a draft, in characters. It can be longer than a message, because it is still being written.
pub const MAX_DRAFT_CHARACTERS: usize = 10_000;

/// `PUT /conversations/{id}/draft` and `PUT /teams/{id}/ad_hoc_draft`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewDraft {
    /// The text so far, 1 to 10,000 characters.
    pub body: String,
    /// The template that the text is based on.
    #[serde(default)]
    pub template_id: Option<TemplateId>,
    /// The idempotency key under which the message will be sent, so that it is sent once even from two devices: 1 to 255
    /// visible ASCII characters. Sending a message with this key deletes the draft.
    pub key: String,
}

/// An account's unsent message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draft {
    /// The text so far.
    pub body: String,
    /// The template that the text is based on.
    pub template_id: Option<TemplateId>,
    /// The idempotency key under which the message will be sent.
    pub key: String,
    /// When the draft was last stored.
    #[serde(deserialize_with = "crate::time::required")]
    pub updated_at: DateTime<Utc>,
}

/// `GET /drafts`: the conversations in which the caller has an unsent reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftedConversations {
    /// Their ids, the newest draft first, at most 500.
    pub conversation_ids: Vec<ConversationId>,
}
