//! How an invalid number becomes a problem.

use shared::ErrorCode;

use super::parse::InvalidNumber;
use crate::error::ApiError;

impl From<InvalidNumber> for ApiError {
    fn from(error: InvalidNumber) -> Self {
        Self::field(ErrorCode::InvalidNumber, error.field, "invalid", error.to_string())
    }
}
