//! How the errors of idempotent requests become problems.

use std::convert::Infallible;

use shared::ErrorCode;

use super::{IdempotencyError, KeyReused};
use crate::error::ApiError;

impl From<KeyReused> for ApiError {
    fn from(error: KeyReused) -> Self {
        Self::new(ErrorCode::IdempotencyKeyReused, error.to_string())
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
            IdempotencyError::SecretShown => Self::new(
                ErrorCode::AlreadyExists,
                "This request was answered before, and its secret is shown only once. If you lost that answer, revoke \
                 what it created and send the request again with a new Idempotency-Key.",
            ),
            IdempotencyError::Answer(error) => Self::internal(&error),
            IdempotencyError::Database(error) => error.into(),
            IdempotencyError::Work(error) => error.into(),
        }
    }
}
