//! Problems (RFC 9457) and their stable codes. Clients match on [`ErrorCode`], never on prose.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{account::AccountName, daily_file::Turnover, ids::ConversationId, message::Message};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $word:tt, $status:literal, $title:literal;)*) => {
        /// The stable, machine-readable code of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl ErrorCode {
            /// Every code, for documentation and tests.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name),*];

            /// Returns the value used in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $word),* }
            }

            /// Returns the HTTP status of responses with this code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(ErrorCode::$name => $status),* }
            }

            /// Returns the title, which is the same for every problem with this code.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(ErrorCode::$name => $title),* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or does not match the documented schema.
    InvalidBody => "invalid_body", 400, "The body cannot be read";
    /// A query parameter does not match the documented format.
    InvalidQuery => "invalid_query", 400, "A query parameter cannot be read";
    /// The cursor does not come from this API.
    InvalidCursor => "invalid_cursor", 400, "The cursor is not valid";
    /// The request has no valid credentials.
    Unauthenticated => "unauthenticated", 401, "Sign in first";
    /// The e-mail address or the password is wrong.
    InvalidCredentials => "invalid_credentials", 401, "Wrong e-mail or password";
    /// The access token or session has expired.
    SessionExpired => "session_expired", 401, "The session has ended";
    /// The API key has expired, or a rotation has replaced its secret.
    ApiKeyExpired => "api_key_expired", 401, "The API key has expired";
    /// A state-changing request with cookie authentication has a missing or wrong `X-CSRF-Token`.
    CsrfMismatch => "csrf_mismatch", 403, "The CSRF token is missing or wrong";
    /// The caller lacks a permission.
    Forbidden => "forbidden", 403, "You do not have permission";
    /// `X-Twilio-Signature` does not match.
    InvalidSignature => "invalid_signature", 403, "The signature is not valid";
    /// The resource does not exist, or belongs to a team that the caller has no access to.
    NotFound => "not_found", 404, "Not found";
    /// The path does not support the method.
    MethodNotAllowed => "method_not_allowed", 405, "The method is not allowed";
    /// The request took too long to arrive.
    RequestTimeout => "request_timeout", 408, "The request took too long";
    /// The conversation is closed, and so read-only for ever.
    ConversationClosed => "conversation_closed", 409, "The conversation is closed";
    /// The conversation waits for the customer's first reply, and so is not in the queue.
    ConversationPending => "conversation_pending", 409, "The customer has not replied yet";
    /// The customer or a colleague wrote after the last message that the caller saw.
    ConversationMoved => "conversation_moved", 409, "The conversation has new messages";
    /// The campaign's state does not allow the change.
    CampaignState => "campaign_state", 409, "The campaign is in another state";
    /// The message is not scheduled or held any more: it was sent.
    MessageNotScheduled => "message_not_scheduled", 409, "The message was sent already";
    /// The conversation is assigned to another account; see `assigned_to`.
    AlreadyAssigned => "already_assigned", 409, "Another agent has the conversation";
    /// An open conversation with this number exists.
    ConversationOpen => "conversation_open", 409, "A conversation with this number is in progress";
    /// A legal hold keeps the data.
    LegalHold => "legal_hold", 409, "A legal hold keeps the data";
    /// A message to the number has not been sent yet.
    MessageInFlight => "message_in_flight", 409, "A message is being sent";
    /// The first request with this idempotency key is still in progress.
    RequestInProgress => "request_in_progress", 409, "The same request is still in progress";
    /// The name is already in use.
    AlreadyExists => "already_exists", 409, "This already exists";
    /// The number has conversations in progress.
    NumberInUse => "number_in_use", 409, "Conversations are in progress on this number";
    /// The webhook endpoint is disabled.
    EndpointDisabled => "endpoint_disabled", 409, "The webhook endpoint is disabled";
    /// At least one administrator must remain.
    LastAdmin => "last_admin", 409, "This is the last administrator";
    /// The daily file replaces most customers and needs a confirmation.
    UnusualDrop => "unusual_drop", 409, "The file replaces most customers";
    /// The gateway has deleted the attachment.
    MediaGone => "media_gone", 410, "The gateway has deleted this file";
    /// The resource has another version than those in `If-Match`; see `current`.
    PreconditionFailed => "precondition_failed", 412, "This was changed meanwhile";
    /// The body is larger than allowed.
    BodyTooLarge => "body_too_large", 413, "The body is too large";
    /// The `Host` header is not one of the hosts of this server.
    UnknownHost => "unknown_host", 421, "The server does not answer for this host";
    /// The path does not accept the content type, or the body is compressed.
    UnsupportedMediaType => "unsupported_media_type", 415, "The content type is not supported";
    /// One or more fields are not valid; see `errors`.
    ValidationFailed => "validation_failed", 422, "Some fields are not valid";
    /// The daily file as a whole cannot be used; `errors` lists the lines.
    InvalidFile => "invalid_file", 422, "The file cannot be used";
    /// The number is not a possible phone number.
    InvalidNumber => "invalid_number", 422, "The number is not valid";
    /// The customer wrote from a short code or sender name, which cannot receive messages.
    SenderNotReachable => "sender_not_reachable", 422, "This sender cannot receive messages";
    /// The customer has opted out of messages from this number.
    NumberOptedOut => "number_opted_out", 422, "The customer has opted out";
    /// The message contains placeholders without a value.
    MissingPlaceholder => "missing_placeholder", 422, "A placeholder has no value";
    /// The idempotency key was already used with a different body.
    IdempotencyKeyReused => "idempotency_key_reused", 422, "The idempotency key belongs to another request";
    /// The caller exceeds a rate limit; see `Retry-After`.
    TooManyRequests => "too_many_requests", 429, "Too many requests";
    /// The server failed. `request_id` identifies the entry in its log.
    Internal => "internal", 500, "Something went wrong on our side";
    /// The gateway did not return the requested data.
    GatewayUnavailable => "gateway_unavailable", 502, "The gateway cannot be reached";
    /// The attachment is too large, or its URL does not belong to the gateway.
    MediaUnusable => "media_unusable", 502, "This file cannot be shown";
    /// The server's queue of work is full.
    Busy => "busy", 503, "The server is busy";
    /// The server's disk is full, so nothing can be saved.
    StorageFull => "storage_full", 503, "The server's disk is full";
    /// The server cannot reach its database.
    DatabaseUnavailable => "database_unavailable", 503, "The database cannot be reached";
    /// The gateway did not respond in time.
    GatewayTimeout => "gateway_timeout", 504, "The gateway took too long";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name in the request.
    pub field: String,
    /// A stable, machine-readable code: `required`, `too_long`, `unknown`, ...
    pub code: String,
    /// What is wrong and how to correct it, as a sentence.
    pub message: String,
}

/// `application/problem+json` (RFC 9457): the format of every error response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that identifies the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in a few words.
    pub title: String,
    /// The HTTP status of the response.
    pub status: u16,
    /// What happened and what to do next, as a sentence.
    pub detail: String,
    /// The stable, machine-readable code.
    pub code: ErrorCode,
    /// The errors of single fields, if fields are at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For `internal`: the id that identifies the error in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For `conversation_open`: the conversation that is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// For `conversation_moved`: the messages after the last one that the caller saw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// For `already_assigned`: the account that has the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<AccountName>,
    /// For `unusual_drop`: how many customers the file would replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnover: Option<Turnover>,
    /// For `precondition_failed`: the resource as it is now, with its `version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub current: Option<Value>,
}

impl Problem {
    /// Creates a problem with this code and detail, and no further members.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:sms-chat:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            request_id: None,
            conversation_id: None,
            messages: Vec::new(),
            assigned_to: None,
            turnover: None,
            current: None,
        }
    }
}
