//! How the errors of teams become problems.

use super::ScopeError;
use crate::error::ApiError;

impl From<ScopeError> for ApiError {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::NotFound(error) => error.into(),
            ScopeError::Database(error) => error.into(),
        }
    }
}
