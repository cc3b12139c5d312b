//! Batches of ad-hoc messages.

use serde::{Deserialize, Serialize};

use crate::{
    Problem,
    conversation::NewConversation,
    ids::{ConversationId, MessageId},
};

/// Maximum number of messages in a batch.
pub const MAX_BATCH_ITEMS: usize = 1000;

/// `POST /conversations/batch`: ad-hoc messages, each with its own result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewBatch {
    /// The messages, 1 to 1000. They are queued in this order.
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub items: Vec<NewConversation>,
}

/// The results of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResult {
    /// Number of messages that are queued for sending.
    pub queued: i64,
    /// Number of messages that were refused.
    pub refused: i64,
    /// The result of each message, in the order of the request.
    pub items: Vec<BatchItem>,
}

/// The result of a message: the ids if it is queued for sending, or the problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchItem {
    /// The position of the message in the request, from 0.
    pub index: i64,
    /// The conversation of the message.
    pub conversation_id: Option<ConversationId>,
    /// The message.
    pub message_id: Option<MessageId>,
    /// The problem that `POST /conversations` would have returned for the message alone.
    pub problem: Option<Problem>,
}
