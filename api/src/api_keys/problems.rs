//! How the errors of API keys become problems.

use super::change::CreateApiKeyError;
use crate::error::ApiError;

impl From<CreateApiKeyError> for ApiError {
    fn from(error: CreateApiKeyError) -> Self {
        match error {
            CreateApiKeyError::Invalid(error) => error.into(),
            CreateApiKeyError::Database(error) => error.into(),
        }
    }
}
