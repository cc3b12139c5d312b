//! How the errors of the consent ledger become problems.

use shared::ErrorCode;

use super::check::ConsentError;
use crate::error::ApiError;

impl From<ConsentError> for ApiError {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::OptedOut(_) => Self::new(ErrorCode::NumberOptedOut, error.to_string()),
            ConsentError::Database(error) => error.into(),
        }
    }
}
