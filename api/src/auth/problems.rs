//! How the errors of authentication and permissions become problems.

use shared::ErrorCode;

use super::{NotEverywhere, NotFound, OwnerError};
use crate::error::ApiError;

impl From<NotFound> for ApiError {
    fn from(error: NotFound) -> Self {
        match error.field {
            Some(field) => Self::field(ErrorCode::NotFound, field, "unknown", error.to_string()),
            None => Self::new(ErrorCode::NotFound, error.to_string()),
        }
    }
}

impl From<NotEverywhere> for ApiError {
    fn from(error: NotEverywhere) -> Self {
        Self::new(ErrorCode::Forbidden, error.to_string())
    }
}

impl From<OwnerError> for ApiError {
    fn from(error: OwnerError) -> Self {
        match error {
            OwnerError::NotFound(error) => error.into(),
            OwnerError::NotEverywhere(error) => error.into(),
        }
    }
}
