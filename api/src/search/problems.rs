//! How an invalid search term becomes a problem.

use shared::ErrorCode;

use super::term::InvalidTerm;
use crate::error::ApiError;

impl From<InvalidTerm> for ApiError {
    fn from(error: InvalidTerm) -> Self {
        Self::field(ErrorCode::InvalidQuery, "q", "invalid", error.to_string())
    }
}
