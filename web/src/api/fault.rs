//! Why a request has no answer, and what to tell the agent about it.
//!
//! The only place that turns faults into words; it must never match on a problem's prose.

use shared::{ErrorCode, FieldError, Problem, words::duration};

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The server said no, and why.
    Refused {
        /// What it said.
        problem: Box<Problem>,
        /// After how many seconds another try makes sense.
        retry_after: Option<u32>,
    },
    /// No answer came: no network, or no server.
    Unreachable,
    /// The session is over; the sign-in page comes next.
    SignedOut,
    /// An answer came that this version does not understand.
    Unreadable,
}

impl Fault {
    /// What is wrong with a field, before the server is asked.
    pub(crate) fn in_field(field: &str, words: &str) -> Self {
        let mut problem = Problem::new(ErrorCode::ValidationFailed, words);
        problem.errors.push(FieldError {
            field: field.to_owned(),
            code: "required".to_owned(),
            message: words.to_owned(),
        });
        Fault::Refused { problem: Box::new(problem), retry_after: None }
    }

    /// The problem's code, if the server said no.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }

    /// What the server said.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        match self {
            Fault::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether signing in again, or renewing the session, is the way out.
    pub(super) fn is_session_over(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::SessionExpired | ErrorCode::Unauthenticated))
    }

    /// What to tell the agent: what happened and the way out.
    pub(crate) fn words(&self) -> String {
        match self {
            Fault::Refused { problem, retry_after } => refusal(problem, *retry_after),
            Fault::Unreachable => {
                "The server cannot be reached. Check the connection and try again.".to_owned()
            }
            Fault::SignedOut => "You are signed out. Sign in again.".to_owned(),
            Fault::Unreadable => "This page is out of date. Reload it to get the current version.".to_owned(),
        }
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> String {
    match (problem.code, retry_after, &problem.request_id) {
        (ErrorCode::TooManyRequests, Some(seconds), _) => too_many_tries(seconds),
        (ErrorCode::Internal, _, Some(request)) => {
            format!(
                "Something went wrong on our side. Try again. If it keeps happening, quote request id {request}."
            )
        }
        _ if problem.detail.is_empty() => problem.title.clone(),
        _ => problem.detail.clone(),
    }
}

/// "Too many tries. Try again in 15 minutes."
pub(crate) fn too_many_tries(seconds: u32) -> String {
    format!("Too many tries. Try again in {}.", duration(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: ErrorCode, retry_after: Option<u32>) -> Fault {
        Fault::Refused { problem: Box::new(Problem::new(code, "Detail.")), retry_after }
    }

    #[test]
    fn throttling_says_when_to_try_again() {
        let words = refused(ErrorCode::TooManyRequests, Some(30)).words();
        assert_eq!(words, "Too many tries. Try again in 30 seconds.");
        assert_eq!(refused(ErrorCode::TooManyRequests, None).words(), "Detail.");
    }

    #[test]
    fn only_a_session_that_is_over_is_renewed() {
        assert!(refused(ErrorCode::SessionExpired, None).is_session_over());
        assert!(refused(ErrorCode::Unauthenticated, None).is_session_over());
        assert!(!refused(ErrorCode::InvalidCredentials, None).is_session_over());
        assert!(!Fault::Unreachable.is_session_over());
    }
}
