//! How the errors of exports become problems.

use shared::ErrorCode;

use super::InvalidPeriod;
use crate::error::ApiError;

impl From<InvalidPeriod> for ApiError {
    fn from(error: InvalidPeriod) -> Self {
        let (field, fault) = match error {
            InvalidPeriod::Empty => ("to", "before_from"),
            InvalidPeriod::OutOfRange => ("from", "out_of_range"),
        };
        Self::field(ErrorCode::InvalidQuery, field, fault, error.to_string())
    }
}
