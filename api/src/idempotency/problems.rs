//! How the errors of idempotent requests become problems.

use std::convert::Infallible;

use shared::ErrorCode;

use super::{IdempotencyError, KeyReused, SecretShown};
use crate::error::ApiError;

impl From<KeyReused> for ApiError {
    fn from(error: KeyReused) -> Self {
        Self::new(ErrorCode::IdempotencyKeyReused, error.to_string())
    }
}

impl From<SecretShown> for ApiError {
    fn from(error: SecretShown) -> Self {
        Self::new(ErrorCode::AlreadyExists, error.to_string())
    }
}

/// Work that cannot fail.
impl From<Infallible> for ApiError {
    fn from(error: Infallible) -> Self {
        match error {}
    }
}

impl<E> From<IdempotencyError<E>> for ApiError
where
    ApiError: From<E>,
{
    fn from(error: IdempotencyError<E>) -> Self {
        match error {
            IdempotencyError::KeyReused(error) => error.into(),
            IdempotencyError::SecretShown(error) => error.into(),
            IdempotencyError::Serialize(error) => Self::internal(&error),
            IdempotencyError::Database(error) => error.into(),
            IdempotencyError::Work(error) => error.into(),
        }
    }
}
