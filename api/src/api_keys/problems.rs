//! How the errors of API keys become problems.

use shared::ErrorCode;

use super::change::{ChangeApiKeyError, CreateApiKeyError};
use crate::error::{ApiError, problem_of_inner};

problem_of_inner!(CreateApiKeyError: Invalid, Database);

impl From<ChangeApiKeyError> for ApiError {
    fn from(error: ChangeApiKeyError) -> Self {
        match error {
            ChangeApiKeyError::Lookup(error) => error.into(),
            ChangeApiKeyError::Changed(error) => error.into(),
            ChangeApiKeyError::ExceedsCaller(_) => Self::new(ErrorCode::Forbidden, error.to_string()),
            ChangeApiKeyError::Invalid(error) => error.into(),
            ChangeApiKeyError::Database(error) => error.into(),
        }
    }
}
