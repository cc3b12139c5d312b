//! How the errors of webhook deliveries become problems.

use shared::ErrorCode;

use super::replay::ReplayError;
use crate::error::ApiError;

impl From<ReplayError> for ApiError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Lookup(error) => error.into(),
            ReplayError::Disabled => Self::new(ErrorCode::EndpointDisabled, error.to_string()),
            ReplayError::Database(error) => error.into(),
        }
    }
}
