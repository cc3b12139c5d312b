//! How the errors of conversations become problems.

use shared::{ErrorCode, FieldError};

use super::{
    assignment::AssignError,
    attention::AttentionError,
    batch::{BatchError, ItemError},
    close::CloseError,
    consent::ManualConsentError,
    drafts::DraftError,
    history::HistoryError,
    known_number::NumberError,
    moved::{Moved, UnseenError},
    notes::{InvalidNote, NoteError},
    opt_out::OptOutError,
    presence::PresenceError,
    queue::{ListError, QueueError},
    receive::ReceiveError,
    rendered_templates::RenderError,
    reply::{InvalidMessage, ReplayError, ReplyError},
    scheduled::ScheduledError,
    snooze::SnoozeError,
    start::{PendingError, StartError},
    tags::TagError,
};
use crate::error::{ApiError, problem_of_inner};

problem_of_inner!(HistoryError: NotFound, Cursor, Database);
problem_of_inner!(ListError: NotFound, Cursor, Database);
problem_of_inner!(NumberError: Invalid, Database);

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::NotFound(error) => error.into(),
            QueueError::Database(error) => error.into(),
            QueueError::Serialize(_) => Self::internal(&error),
        }
    }
}

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Conflict => {
                Self::new(ErrorCode::Busy, "Another request is storing the same message. Try again.")
            }
            ReceiveError::Database(error) => error.into(),
        }
    }
}

problem_of_inner!(RenderError: NotFound, Customer, Database);

impl From<InvalidMessage> for ApiError {
    fn from(error: InvalidMessage) -> Self {
        let detail = error.to_string();
        match error {
            InvalidMessage::Media => Self::field(ErrorCode::ValidationFailed, "media", "unsupported", detail),
            InvalidMessage::Body(fault) => {
                Self::field(ErrorCode::ValidationFailed, "body", fault.code(), detail)
            }
            InvalidMessage::BrokenPlaceholder(_) => {
                Self::field(ErrorCode::MissingPlaceholder, "body", "broken_placeholder", detail)
            }
            InvalidMessage::MissingPlaceholders(names) => {
                let missing = |name: String| FieldError {
                    field: "body".into(),
                    code: "missing_placeholder".into(),
                    message: format!("{{{{{name}}}}} has no value."),
                };
                Self::new(ErrorCode::MissingPlaceholder, detail).errors(names.into_iter().map(missing))
            }
        }
    }
}

problem_of_inner!(ReplayError: KeyReused, Database);

impl From<ReplyError> for ApiError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::NotFound(error) => error.into(),
            ReplyError::Replay(error) => error.into(),
            ReplyError::Closed(_) => Self::new(ErrorCode::ConversationClosed, error.to_string()),
            ReplyError::NotReachable(_) => Self::new(ErrorCode::SenderNotReachable, error.to_string()),
            ReplyError::Consent(error) => error.into(),
            ReplyError::Unseen(error) => error.into(),
            ReplyError::Time(fault) => {
                Self::field(ErrorCode::ValidationFailed, "send_at", fault.code(), error.to_string())
            }
            ReplyError::UnknownTemplate => {
                Self::field(ErrorCode::ValidationFailed, "template_id", "unknown", error.to_string())
            }
            ReplyError::Database(error) => error.into(),
        }
    }
}

impl From<ScheduledError> for ApiError {
    fn from(error: ScheduledError) -> Self {
        match error {
            ScheduledError::NotFound(error) => error.into(),
            ScheduledError::NotScheduled => Self::new(ErrorCode::MessageNotScheduled, error.to_string()),
            ScheduledError::Reply(error) => error.into(),
            ScheduledError::Database(error) => error.into(),
        }
    }
}

impl From<InvalidNote> for ApiError {
    fn from(error: InvalidNote) -> Self {
        let (field, code) = match error {
            InvalidNote::Body(fault) => ("body", fault.code()),
            InvalidNote::TooManyMentions(_) => ("mentions", "too_many"),
        };
        Self::field(ErrorCode::ValidationFailed, field, code, error.to_string())
    }
}

impl From<NoteError> for ApiError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::NotFound(error) => error.into(),
            NoteError::Replay(error) => error.into(),
            NoteError::Closed(_) => Self::new(ErrorCode::ConversationClosed, error.to_string()),
            NoteError::UnknownMention => {
                Self::field(ErrorCode::ValidationFailed, "mentions", "unknown", error.to_string())
            }
            NoteError::Database(error) => error.into(),
        }
    }
}

impl From<StartError> for ApiError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NotFound(error) => error.into(),
            StartError::Replay(error) => error.into(),
            StartError::Number(error) => error.into(),
            StartError::OwnNumber => {
                Self::field(ErrorCode::InvalidNumber, "number", "own_number", error.to_string())
            }
            StartError::ForeignTeamNumber => {
                Self::field(ErrorCode::ValidationFailed, "from", "unknown", error.to_string())
            }
            StartError::NoTeamNumber => {
                Self::field(ErrorCode::ValidationFailed, "from", "required", error.to_string())
            }
            StartError::Pending(error) => error.into(),
            StartError::Reply(error) => error.into(),
            StartError::Signing(error) => error.into(),
            StartError::Database(error) => error.into(),
        }
    }
}

problem_of_inner!(ItemError: Invalid, Start);
problem_of_inner!(BatchError: Invalid, Idempotency, Database);

impl From<PendingError> for ApiError {
    fn from(error: PendingError) -> Self {
        match error {
            PendingError::TeamNumberMoved => {
                Self::field(ErrorCode::ValidationFailed, "from", "unknown", error.to_string())
            }
            PendingError::Open(id) => {
                Self::new(ErrorCode::ConversationOpen, error.to_string()).conversation(id)
            }
            PendingError::Conflict => Self::new(ErrorCode::Busy, error.to_string()),
            PendingError::Database(error) => error.into(),
        }
    }
}

impl From<CloseError> for ApiError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::NotFound(error) => error.into(),
            CloseError::AlreadyClosed(_) => Self::new(ErrorCode::ConversationClosed, error.to_string()),
            CloseError::UnknownReason => {
                Self::field(ErrorCode::ValidationFailed, "closure_reason_id", "unknown", error.to_string())
            }
            CloseError::Invalid(error) => error.into(),
            CloseError::Unseen(error) => error.into(),
            CloseError::Database(error) => error.into(),
        }
    }
}

problem_of_inner!(UnseenError: Moved, Database);

impl From<Moved> for ApiError {
    fn from(error: Moved) -> Self {
        Self::new(ErrorCode::ConversationMoved, error.to_string()).messages(error.unseen)
    }
}

impl From<AssignError> for ApiError {
    fn from(error: AssignError) -> Self {
        let detail = error.to_string();
        match error {
            AssignError::NotFound(error) => error.into(),
            AssignError::Closed(_) => Self::new(ErrorCode::ConversationClosed, detail),
            AssignError::AlreadyAssigned(holder) => {
                Self::new(ErrorCode::AlreadyAssigned, detail).assigned_to(holder)
            }
            AssignError::NotAssignable => {
                Self::field(ErrorCode::ValidationFailed, "account_id", "not_assignable", detail)
            }
            AssignError::Invalid(error) => error.into(),
            AssignError::Database(error) => error.into(),
        }
    }
}

impl From<TagError> for ApiError {
    fn from(error: TagError) -> Self {
        let detail = error.to_string();
        match error {
            TagError::NotFound(error) => error.into(),
            TagError::Closed(_) => Self::new(ErrorCode::ConversationClosed, detail),
            TagError::UnknownTag(_) => Self::field(ErrorCode::ValidationFailed, "tag_ids", "unknown", detail),
            TagError::Database(error) => error.into(),
        }
    }
}

impl From<SnoozeError> for ApiError {
    fn from(error: SnoozeError) -> Self {
        let detail = error.to_string();
        match error {
            SnoozeError::NotFound(error) => error.into(),
            SnoozeError::Closed(_) => Self::new(ErrorCode::ConversationClosed, detail),
            SnoozeError::Pending => Self::new(ErrorCode::ConversationPending, detail),
            SnoozeError::Time(fault) => {
                Self::field(ErrorCode::ValidationFailed, "until", fault.code(), detail)
            }
            SnoozeError::Invalid(error) => error.into(),
            SnoozeError::Unseen(error) => error.into(),
            SnoozeError::Database(error) => error.into(),
        }
    }
}

impl From<AttentionError> for ApiError {
    fn from(error: AttentionError) -> Self {
        match error {
            AttentionError::NotFound(error) => error.into(),
            AttentionError::Closed(_) => Self::new(ErrorCode::ConversationClosed, error.to_string()),
            AttentionError::OptedOut => Self::new(ErrorCode::NumberOptedOut, error.to_string()),
            AttentionError::Database(error) => error.into(),
        }
    }
}

impl From<DraftError> for ApiError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::NotFound(error) => error.into(),
            DraftError::Closed(_) => Self::new(ErrorCode::ConversationClosed, error.to_string()),
            DraftError::Invalid(error) => error.into(),
            DraftError::Database(error) => error.into(),
        }
    }
}

problem_of_inner!(ManualConsentError: NotFound, Invalid, Number, Database);
problem_of_inner!(OptOutError: NotFound, Invalid, Database);
problem_of_inner!(PresenceError: NotFound, Invalid, Database);

#[cfg(test)]
mod tests {
    use shared::{Problem, ids::ConversationId};

    use super::*;

    fn problem(error: impl Into<ApiError>) -> Problem {
        error.into().problem().clone()
    }

    fn field(error: impl Into<ApiError>) -> (ErrorCode, String, String) {
        let Problem { code, mut errors, .. } = problem(error);
        let error = errors.remove(0);
        assert!(errors.is_empty());
        (code, error.field, error.code)
    }

    #[test]
    fn errors_that_only_concurrent_requests_cause_have_their_problems() {
        assert_eq!(problem(ReceiveError::Conflict).code, ErrorCode::Busy);
        assert_eq!(problem(StartError::from(PendingError::Conflict)).code, ErrorCode::Busy);
        let moved = field(StartError::from(PendingError::TeamNumberMoved));
        assert_eq!(moved, (ErrorCode::ValidationFailed, "from".to_owned(), "unknown".to_owned()));
        let open = problem(PendingError::Open(ConversationId(7)));
        assert_eq!((open.code, open.conversation_id), (ErrorCode::ConversationOpen, Some(ConversationId(7))));
    }

    #[test]
    fn a_problem_says_what_to_do() {
        for (error, detail) in [
            (
                ApiError::from(CloseError::UnknownReason),
                "This closure reason is not available to the team. Choose another one.",
            ),
            (
                ReplyError::UnknownTemplate.into(),
                "The team cannot use this template. Leave template_id out to send the message as it is.",
            ),
            (ReceiveError::Conflict.into(), "Another request is storing the same message. Try again."),
        ] {
            assert_eq!(problem(error).detail, detail);
        }
    }
}
