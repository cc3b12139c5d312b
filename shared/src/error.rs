//! Problems (RFC 9457) and their stable codes. Clients match on [`ErrorCode`], never on prose.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{daily_file::Turnover, ids::ConversationId, message::Message};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $word:tt, $status:literal, $title:literal;)*) => {
        /// The stable machine word of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl ErrorCode {
            /// Every code, for documents and tests.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name),*];

            /// The word as it stands in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $word),* }
            }

            /// The HTTP status that this code is always answered with.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(ErrorCode::$name => $status),* }
            }

            /// A short title, the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(ErrorCode::$name => $title),* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not of the documented shape.
    InvalidBody => "invalid_body", 400, "The body cannot be read";
    /// A query parameter is not of the documented form.
    InvalidQuery => "invalid_query", 400, "A query parameter cannot be read";
    /// The cursor was not made by this API.
    InvalidCursor => "invalid_cursor", 400, "The cursor is not valid";
    /// No valid credentials came with the request.
    Unauthenticated => "unauthenticated", 401, "Sign in first";
    /// E-mail and password do not belong together.
    InvalidCredentials => "invalid_credentials", 401, "Wrong e-mail or password";
    /// The access token or session has run out.
    SessionExpired => "session_expired", 401, "The session has ended";
    /// A state-changing request by cookie came without the right `X-CSRF-Token`.
    CsrfMismatch => "csrf_mismatch", 403, "The CSRF token is missing or wrong";
    /// The account lacks a permission.
    Forbidden => "forbidden", 403, "You do not have the permission";
    /// `X-Twilio-Signature` does not match.
    InvalidSignature => "invalid_signature", 403, "The signature is wrong";
    /// Nothing there, or not in a team of the caller.
    NotFound => "not_found", 404, "Not found";
    /// The path exists, the method does not.
    MethodNotAllowed => "method_not_allowed", 405, "The method is not allowed";
    /// The request took too long to arrive.
    RequestTimeout => "request_timeout", 408, "The request took too long";
    /// A closed conversation is read-only for ever.
    ConversationClosed => "conversation_closed", 409, "The conversation is closed";
    /// The customer or a colleague wrote after the last message that the caller saw.
    ConversationMoved => "conversation_moved", 409, "The conversation has new messages";
    /// An open conversation with this number exists.
    ConversationOpen => "conversation_open", 409, "A conversation with this number is in progress";
    /// The first request with this idempotency key is still under way.
    RequestInProgress => "request_in_progress", 409, "The same request is in progress";
    /// The name is taken.
    AlreadyExists => "already_exists", 409, "This already exists";
    /// Conversations are in progress on the number.
    NumberInUse => "number_in_use", 409, "Conversations are in progress on this number";
    /// At least one administrator must remain.
    LastAdmin => "last_admin", 409, "This is the last administrator";
    /// The daily file replaces most customers; it takes a confirmation.
    UnusualDrop => "unusual_drop", 409, "The file replaces most customers";
    /// The gateway has deleted the picture or file.
    MediaGone => "media_gone", 410, "The gateway has deleted this";
    /// The body is larger than allowed.
    BodyTooLarge => "body_too_large", 413, "The body is too large";
    /// The `Host` header names a host that this server does not answer for.
    UnknownHost => "unknown_host", 421, "This is another server's address";
    /// The content type is not the one that the path takes, or the body is compressed.
    UnsupportedMediaType => "unsupported_media_type", 415, "The content type is not supported";
    /// One or more fields break a rule; see `errors`.
    ValidationFailed => "validation_failed", 422, "Some fields are not valid";
    /// The daily file cannot be taken as a whole; see `errors` for the lines.
    InvalidFile => "invalid_file", 422, "The file cannot be used";
    /// The number cannot be a phone number.
    InvalidNumber => "invalid_number", 422, "The number is not valid";
    /// The customer wrote from a short code or a name, which receives no messages.
    SenderNotReachable => "sender_not_reachable", 422, "This sender cannot receive messages";
    /// The customer has opted out of this number's texts.
    NumberOptedOut => "number_opted_out", 422, "The customer has opted out";
    /// The text still holds placeholders without a value.
    MissingPlaceholder => "missing_placeholder", 422, "A placeholder has no value";
    /// The idempotency key came with another body before.
    IdempotencyKeyReused => "idempotency_key_reused", 422, "The idempotency key belongs to another request";
    /// Too many requests.
    TooManyRequests => "too_many_requests", 429, "Too many requests";
    /// A fault of the server; the `request_id` finds it in the log.
    Internal => "internal", 500, "Something went wrong on our side";
    /// The gateway did not hand over what was asked for.
    GatewayUnavailable => "gateway_unavailable", 502, "The gateway cannot be reached";
    /// The picture or file is too large, or lies where the gateway keeps nothing.
    MediaUnusable => "media_unusable", 502, "This cannot be shown";
    /// The server has more to do than it can queue.
    Busy => "busy", 503, "The server is busy";
    /// The disk of the server is full, so nothing can be saved.
    StorageFull => "storage_full", 503, "The server's disk is full";
    /// The server cannot reach its database.
    DatabaseUnavailable => "database_unavailable", 503, "The database cannot be reached";
    /// The gateway took too long.
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
    /// A stable machine word: `required`, `too_long`, `unknown`, ...
    pub code: String,
    /// What is wrong and what would be right, in a sentence.
    pub message: String,
}

/// `application/problem+json` (RFC 9457): the one shape of every error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in a few words.
    pub title: String,
    /// The HTTP status, once more.
    pub status: u16,
    /// What happened here and the way out, in a sentence.
    pub detail: String,
    /// The stable machine word.
    pub code: ErrorCode,
    /// Field by field, where fields are at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For `internal`: what finds the fault in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For `conversation_open`: the conversation to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// For `conversation_moved`: the messages that arrived after the last one that the caller saw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// For `unusual_drop`: how many customers the file would replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnover: Option<Turnover>,
}

impl Problem {
    /// A problem with this code and detail, and nothing more.
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
            turnover: None,
        }
    }

    /// The message for one field, if that field is at fault.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == name).map(|error| error.message.as_str())
    }
}
