//! How the errors of customers become problems.

use shared::ErrorCode;

use super::key_data::CustomerError;
use crate::error::ApiError;

impl From<CustomerError> for ApiError {
    fn from(error: CustomerError) -> Self {
        match error {
            CustomerError::UnknownReference => {
                Self::field(ErrorCode::ValidationFailed, "ref", "unknown", error.to_string())
            }
            CustomerError::Database(error) => error.into(),
        }
    }
}
