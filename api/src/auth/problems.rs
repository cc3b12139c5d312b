//! How the errors of authentication and permissions become problems.

use shared::ErrorCode;

use super::{
    AccountRequired, AllTeamsRequired, LookupError, MissingPermission, NotFound, OwnerError, PasswordError,
    confirm::ConfirmError,
    own_sessions::OwnSessionError,
    password,
    rate_limit::RateLimited,
    refresh::RefreshError,
    session::SignInError,
    throttle::Throttled,
    token::{SigningError, TokenError},
};
use crate::error::{ApiError, problem_of_inner};

impl From<NotFound> for ApiError {
    fn from(error: NotFound) -> Self {
        match error.field {
            Some(field) => Self::field(ErrorCode::NotFound, field, "unknown", error.to_string()),
            None => Self::new(ErrorCode::NotFound, error.to_string()),
        }
    }
}

impl From<AllTeamsRequired> for ApiError {
    fn from(error: AllTeamsRequired) -> Self {
        Self::new(ErrorCode::Forbidden, error.to_string())
    }
}

problem_of_inner!(OwnerError: NotFound, AllTeamsRequired);
problem_of_inner!(LookupError: NotFound, Database);

impl From<MissingPermission> for ApiError {
    fn from(error: MissingPermission) -> Self {
        Self::new(ErrorCode::Forbidden, error.to_string())
    }
}

impl From<AccountRequired> for ApiError {
    fn from(error: AccountRequired) -> Self {
        Self::new(ErrorCode::Forbidden, error.to_string())
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Invalid => ErrorCode::Unauthenticated,
            TokenError::Expired => ErrorCode::SessionExpired,
        };
        Self::new(code, error.to_string())
    }
}

impl From<SigningError> for ApiError {
    fn from(error: SigningError) -> Self {
        Self::internal(&error)
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => {
                Self::new(ErrorCode::Busy, error.to_string()).retry_after(password::RETRY_AFTER)
            }
            PasswordError::Hash(_) | PasswordError::Closed(_) | PasswordError::Thread(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<Throttled> for ApiError {
    fn from(error: Throttled) -> Self {
        Self::new(ErrorCode::TooManyRequests, error.to_string()).retry_after(error.retry_after)
    }
}

impl From<RateLimited> for ApiError {
    fn from(error: RateLimited) -> Self {
        Self::new(ErrorCode::TooManyRequests, error.to_string()).retry_after(error.retry_after)
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::InvalidCredentials => Self::new(ErrorCode::InvalidCredentials, error.to_string()),
            SignInError::Throttled(error) => error.into(),
            SignInError::Password(error) => error.into(),
            SignInError::Signing(error) => error.into(),
            SignInError::Database(error) => error.into(),
        }
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Ended => Self::new(ErrorCode::SessionExpired, error.to_string()),
            RefreshError::Signing(error) => error.into(),
            RefreshError::Database(error) => error.into(),
        }
    }
}

impl From<ConfirmError> for ApiError {
    fn from(error: ConfirmError) -> Self {
        let invalid =
            |fault| Self::field(ErrorCode::ValidationFailed, "current_password", fault, error.to_string());
        match error {
            ConfirmError::Missing => invalid("required"),
            ConfirmError::Wrong => invalid("wrong"),
            ConfirmError::Throttled(error) => error.into(),
            ConfirmError::Password(error) => error.into(),
            ConfirmError::Database(error) => error.into(),
        }
    }
}

impl From<OwnSessionError> for ApiError {
    fn from(error: OwnSessionError) -> Self {
        match error {
            OwnSessionError::AccountRequired(error) => error.into(),
            OwnSessionError::NotFound => Self::new(ErrorCode::NotFound, error.to_string()),
            OwnSessionError::Database(error) => error.into(),
        }
    }
}
