//! How a changed resource becomes a problem.

use shared::ErrorCode;

use super::Changed;
use crate::error::ApiError;

impl From<Changed> for ApiError {
    fn from(error: Changed) -> Self {
        Self::new(ErrorCode::PreconditionFailed, error.to_string()).current(error.current)
    }
}
