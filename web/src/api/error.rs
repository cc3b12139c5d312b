//! Errors of API requests, and their messages for the agent.
//!
//! Code matches on [`ErrorCode`], not on the texts of a problem.

use serde::{Deserialize, de::DeserializeOwned};
use shared::{ErrorCode, FieldError, ids::ConversationId, message::Message};

use crate::{
    json,
    language::{plural, received, t},
};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RequestError {
    /// The server refused the request.
    Refused {
        /// The problem in the response.
        problem: Box<Problem>,
        /// Number of seconds after which the request can be repeated.
        retry_after: Option<u32>,
    },
    /// No response arrived: the network or the server is down.
    Unreachable,
    /// The session is over. The sign-in page follows.
    SignedOut,
    /// The response cannot be parsed by this version of the app.
    Unreadable,
}

/// The members of a problem that every page may need. `shared::Problem` also has messages, whose code would be in the
/// first download.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Problem {
    pub(crate) title: String,
    pub(crate) status: u16,
    pub(crate) detail: String,
    pub(crate) code: ErrorCode,
    #[serde(default)]
    pub(crate) errors: Vec<FieldError>,
    #[serde(default)]
    pub(crate) request_id: Option<String>,
    #[serde(default)]
    pub(crate) conversation_id: Option<ConversationId>,
    /// The response that contains the problem.
    #[serde(skip)]
    pub(crate) response: String,
}

impl Problem {
    /// Creates a problem without a request to the server.
    pub(crate) fn new(code: ErrorCode, detail: &str) -> Self {
        Self {
            title: String::new(),
            status: code.status(),
            detail: detail.to_owned(),
            code,
            errors: Vec::new(),
            request_id: None,
            conversation_id: None,
            response: String::new(),
        }
    }

    /// Returns the message for a field, if the problem has one.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.errors.iter().find(|error| error.field == name).map(|error| received(&error.message))
    }

    /// Returns the messages after the last one that the agent saw, for `conversation_moved`.
    ///
    /// # Errors
    /// `Unreadable` if there are none to show.
    pub(crate) fn messages(&self) -> Result<Vec<Message>, RequestError> {
        #[derive(Deserialize)]
        struct Moved {
            messages: Vec<Message>,
        }
        match json::from_str::<Moved>(&self.response) {
            Ok(Moved { messages }) if !messages.is_empty() => Ok(messages),
            _ => Err(RequestError::Unreadable),
        }
    }
}

impl RequestError {
    /// Creates an error for a field without a request to the server.
    pub(crate) fn in_field(field: &str, message: &str) -> Self {
        let mut problem = Problem::new(ErrorCode::ValidationFailed, message);
        problem.errors.push(FieldError {
            field: field.to_owned(),
            code: "required".to_owned(),
            message: message.to_owned(),
        });
        RequestError::Refused { problem: Box::new(problem), retry_after: None }
    }

    /// Returns the problem's code, if the server refused the request.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }

    /// Returns the problem, if the server refused the request.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        match self {
            RequestError::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Returns the resource as it is now, with its version, if a colleague has changed it since the version of the request.
    pub(crate) fn current<T: DeserializeOwned>(&self) -> Option<(T, String)> {
        #[derive(Deserialize)]
        struct Changed<T> {
            current: T,
        }
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        let problem = self.problem().filter(|problem| problem.code == ErrorCode::PreconditionFailed)?;
        let changed = json::from_str::<Changed<T>>(&problem.response).ok()?;
        let version = json::from_str::<Changed<Version>>(&problem.response).ok()?;
        Some((changed.current, version.current.version))
    }

    /// Returns whether the session has expired, so that it must be renewed.
    pub(super) fn is_session_over(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::SessionExpired | ErrorCode::Unauthenticated))
    }

    /// Returns the message for the agent: what happened and what to do next.
    pub(crate) fn message(&self) -> String {
        match self {
            RequestError::Refused { problem, retry_after } => refusal(problem, *retry_after),
            RequestError::Unreachable => {
                t!("The server cannot be reached. Check the connection and try again.").to_owned()
            }
            RequestError::SignedOut => t!("You are signed out. Sign in again.").to_owned(),
            RequestError::Unreadable => {
                t!("This page is out of date. Reload it to get the current version.").to_owned()
            }
        }
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> String {
    match (problem.code, retry_after, &problem.request_id) {
        (ErrorCode::TooManyRequests, Some(seconds), _) => too_many_attempts(seconds),
        (ErrorCode::Internal, _, Some(request)) => {
            t!(
                "Something went wrong on our side. Try again. If it keeps happening, quote request id {request}.",
                request,
            )
        }
        _ if problem.detail.is_empty() => received(&problem.title),
        _ => received(&problem.detail),
    }
}

/// Returns the message for throttled requests: "Too many attempts. Try again in 15 minutes."
fn too_many_attempts(seconds: u32) -> String {
    t!("Too many attempts. Try again in {duration}.", duration = duration(seconds))
}

/// Formats a waiting time, rounded up: "30 seconds", "15 minutes", "2 hours".
fn duration(seconds: u32) -> String {
    match seconds {
        0..60 => plural!(seconds.max(1), "{count} second", "{count} seconds"),
        60..=3600 => plural!(seconds.div_ceil(60), "{count} minute", "{count} minutes"),
        _ => plural!(seconds.div_ceil(3600), "{count} hour", "{count} hours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: ErrorCode, retry_after: Option<u32>) -> RequestError {
        RequestError::Refused { problem: Box::new(Problem::new(code, "Detail.")), retry_after }
    }

    #[test]
    fn a_throttled_request_says_when_to_try_again() {
        let message = refused(ErrorCode::TooManyRequests, Some(30)).message();
        assert_eq!(message, "Too many attempts. Try again in 30 seconds.");
        assert_eq!(refused(ErrorCode::TooManyRequests, None).message(), "Detail.");
    }

    #[test]
    fn the_messages_of_a_moved_conversation_are_in_the_response() {
        let mut problem = Problem::new(ErrorCode::ConversationMoved, "");
        for unreadable in ["", r#"{"messages": []}"#, r#"{"messages": [{"id": 1}]}"#] {
            problem.response = unreadable.to_owned();
            assert!(matches!(problem.messages(), Err(RequestError::Unreadable)), "{unreadable}");
        }
        problem.response = serde_json::json!({"code": "conversation_moved", "messages": [{
            "id": 7, "conversation_id": 1, "direction": "inbound", "sender": {"kind": "customer", "id": null, "name": null},
            "body": "Hi", "media": [], "segments": 1, "encoding": "gsm7", "status": "received", "error": null,
            "created_at": "2026-11-22T09:14:00Z", "sent_at": null, "delivered_at": null, "template_id": null,
        }]})
        .to_string();
        let messages = problem.messages().unwrap_or_default();
        assert_eq!(messages.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["Hi"]);
    }

    #[test]
    fn only_an_expired_session_is_renewed() {
        assert!(refused(ErrorCode::SessionExpired, None).is_session_over());
        assert!(refused(ErrorCode::Unauthenticated, None).is_session_over());
        assert!(!refused(ErrorCode::InvalidCredentials, None).is_session_over());
        assert!(!RequestError::Unreachable.is_session_over());
    }
}
