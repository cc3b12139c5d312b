//! The error type of all handlers. Every error response is a problem document (RFC 9457) without internal details.
//! Only the HTTP layer uses it: operations return errors of their own, which `problems.rs` and `routes.rs` map to it.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::Value;
use shared::{
    ErrorCode, FieldError, Problem, account::AccountName, daily_file::Turnover, ids::ConversationId,
    message::Message,
};

use crate::{
    db::DbError,
    fields::{Invalid, Taken},
    paging::{InvalidCursor, InvalidLimit},
    request_id::RequestId,
};

/// Makes a problem of an error whose variants each contain an error that becomes a problem. Names every variant, because
/// the `match` has no `_`.
macro_rules! problem_of_inner {
    ($error:ident: $($variant:ident),+) => {
        impl From<$error> for $crate::error::ApiError {
            fn from(error: $error) -> Self {
                match error {
                    $($error::$variant(error) => error.into(),)+
                }
            }
        }
    };
}
pub(crate) use problem_of_inner;

/// An error whose response is a problem document.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    retry_after: Option<u64>,
    allow: Option<String>,
}

impl ApiError {
    /// Creates an error with this code. `detail` says what happened and what the client can do about it.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(code, detail)), retry_after: None, allow: None }
    }

    /// One field is invalid.
    #[must_use]
    pub fn field(code: ErrorCode, field: &str, fault: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(code, message.clone());
        error.problem.errors.push(FieldError { field: field.into(), code: fault.into(), message });
        error
    }

    /// Adds field errors.
    #[must_use]
    pub fn errors(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.problem.errors.extend(errors);
        self
    }

    /// An internal error. Logs `fault` under the request's id; the response contains only the id.
    #[must_use]
    pub fn internal(fault: &dyn fmt::Display) -> Self {
        let request_id = RequestId::current().to_string();
        tracing::error!(%request_id, %fault, "internal error");
        let detail = format!(
            "Something went wrong on our side. Try again; if it keeps happening, quote request id {request_id}."
        );
        let mut error = Self::new(ErrorCode::Internal, detail);
        error.problem.request_id = Some(request_id);
        error
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Sets `Allow`: the methods that the path supports (RFC 9110, 15.5.6).
    #[must_use]
    pub fn allow(mut self, methods: impl Into<String>) -> Self {
        self.allow = Some(methods.into());
        self
    }

    /// Links the conversation that the client should open instead.
    #[must_use]
    pub fn conversation(mut self, id: ConversationId) -> Self {
        self.problem.conversation_id = Some(id);
        self
    }

    /// Names the account that has the conversation.
    #[must_use]
    pub fn assigned_to(mut self, holder: AccountName) -> Self {
        self.problem.assigned_to = Some(holder);
        self
    }

    /// Adds the messages that the caller has not seen yet.
    #[must_use]
    pub fn messages(mut self, messages: Vec<Message>) -> Self {
        self.problem.messages = messages;
        self
    }

    /// Adds how many customers a daily file would replace.
    #[must_use]
    pub fn turnover(mut self, turnover: Turnover) -> Self {
        self.problem.turnover = Some(turnover);
        self
    }

    /// Adds the resource as it is now.
    #[must_use]
    pub fn current(mut self, resource: Value) -> Self {
        self.problem.current = Some(resource);
        self
    }

    /// Returns the problem if the request is at fault, or else the error.
    pub(crate) fn into_problem(self) -> Result<Problem, Self> {
        if self.problem.status < 500 { Ok(*self.problem) } else { Err(self) }
    }

    /// The problem of the response, for tests of mappings.
    #[cfg(test)]
    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem.code, self.problem.detail)
    }
}

impl std::error::Error for ApiError {}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        if matches!(error, DbError::Busy) {
            return Self::new(ErrorCode::Busy, "The server is busy. Try again in a moment.").retry_after(1);
        }
        if matches!(error, DbError::Storage(_)) {
            tracing::error!(%error, "the database disk is full or failing");
            return Self::new(
                ErrorCode::StorageFull,
                "The server's disk is full, so nothing was saved. Try again in a minute, and tell an administrator.",
            )
            .retry_after(60);
        }
        if matches!(error, DbError::Unreachable(_)) {
            tracing::error!(%error, "the database cannot be reached");
            return Self::new(
                ErrorCode::DatabaseUnavailable,
                "The server cannot reach its database. Try again in a few seconds; if it keeps failing, tell an \
                 administrator.",
            )
            .retry_after(5);
        }
        if error.is_conversation_closed() {
            return Self::new(
                ErrorCode::ConversationClosed,
                "The conversation is closed. It cannot be changed.",
            );
        }
        Self::internal(&error)
    }
}

impl From<Invalid> for ApiError {
    fn from(error: Invalid) -> Self {
        Self::new(ErrorCode::ValidationFailed, error.to_string()).errors(error.errors)
    }
}

impl From<Taken> for ApiError {
    fn from(error: Taken) -> Self {
        Self::field(ErrorCode::AlreadyExists, error.field, "taken", error.message)
    }
}

impl From<InvalidLimit> for ApiError {
    fn from(error: InvalidLimit) -> Self {
        Self::field(ErrorCode::InvalidQuery, "limit", "out_of_range", error.to_string())
    }
}

impl From<InvalidCursor> for ApiError {
    fn from(error: InvalidCursor) -> Self {
        Self::field(ErrorCode::InvalidCursor, "cursor", "invalid", error.to_string())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type("application/problem+json").insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.allow {
            response.insert_header((header::ALLOW, methods.as_str()));
        }
        if self.problem.status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        match serde_json::to_string(&self.problem) {
            Ok(body) => response.body(body),
            Err(_) => response.finish(),
        }
    }
}
