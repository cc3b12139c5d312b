//! How the errors of the audit log become problems.

use shared::ErrorCode;

use super::filter::TextTooLong;
use crate::error::ApiError;

impl From<TextTooLong> for ApiError {
    fn from(error: TextTooLong) -> Self {
        Self::field(ErrorCode::InvalidQuery, error.field, "too_long", error.to_string())
    }
}
