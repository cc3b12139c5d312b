//! How the errors of conversations become problems.

use shared::{ErrorCode, FieldError};

use super::{
    attention::AttentionError,
    close::CloseError,
    consent::ManualConsentError,
    known_number::NumberError,
    moved::{Moved, UnseenError},
    opt_out::OptOutError,
    queue::ListError,
    receive::ReceiveError,
    rendered_templates::RenderError,
    reply::{InvalidMessage, ReplayError, ReplyError},
    start::{PendingError, StartError},
};
use crate::error::ApiError;

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::NotFound(error) => error.into(),
            ListError::Cursor(error) => error.into(),
            ListError::Database(error) => error.into(),
        }
    }
}

impl From<NumberError> for ApiError {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::Invalid(error) => error.into(),
            NumberError::Database(error) => error.into(),
        }
    }
}

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Conflict => Self::new(ErrorCode::Busy, error.to_string()),
            ReceiveError::Database(error) => error.into(),
        }
    }
}

impl From<RenderError> for ApiError {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::NotFound(error) => error.into(),
            RenderError::Customer(error) => error.into(),
            RenderError::Database(error) => error.into(),
        }
    }
}

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

impl From<ReplayError> for ApiError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::KeyReused(error) => error.into(),
            ReplayError::Database(error) => error.into(),
        }
    }
}

impl From<ReplyError> for ApiError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::NotFound(error) => error.into(),
            ReplyError::Replay(error) => error.into(),
            ReplyError::Closed(_) => Self::new(ErrorCode::ConversationClosed, error.to_string()),
            ReplyError::NotReachable(_) => Self::new(ErrorCode::SenderNotReachable, error.to_string()),
            ReplyError::Consent(error) => error.into(),
            ReplyError::Unseen(error) => error.into(),
            ReplyError::UnknownTemplate => {
                Self::field(ErrorCode::ValidationFailed, "template_id", "unknown", error.to_string())
            }
            ReplyError::Database(error) => error.into(),
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
            StartError::Database(error) => error.into(),
        }
    }
}

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
            CloseError::NoteTooLong { .. } => {
                Self::field(ErrorCode::ValidationFailed, "note", "too_long", error.to_string())
            }
            CloseError::NulInNote => {
                Self::field(ErrorCode::ValidationFailed, "note", "invalid_character", error.to_string())
            }
            CloseError::Unseen(error) => error.into(),
            CloseError::Database(error) => error.into(),
        }
    }
}

impl From<UnseenError> for ApiError {
    fn from(error: UnseenError) -> Self {
        match error {
            UnseenError::Moved(error) => error.into(),
            UnseenError::Database(error) => error.into(),
        }
    }
}

impl From<Moved> for ApiError {
    fn from(error: Moved) -> Self {
        Self::new(ErrorCode::ConversationMoved, error.to_string()).messages(error.unseen)
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

impl From<ManualConsentError> for ApiError {
    fn from(error: ManualConsentError) -> Self {
        match error {
            ManualConsentError::NotFound(error) => error.into(),
            ManualConsentError::Invalid(error) => error.into(),
            ManualConsentError::Number(error) => error.into(),
            ManualConsentError::Database(error) => error.into(),
        }
    }
}

impl From<OptOutError> for ApiError {
    fn from(error: OptOutError) -> Self {
        match error {
            OptOutError::NotFound(error) => error.into(),
            OptOutError::Invalid(error) => error.into(),
            OptOutError::Database(error) => error.into(),
        }
    }
}
