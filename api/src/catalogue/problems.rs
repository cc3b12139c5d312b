//! How the errors of catalogues become problems.

use super::{AccessError, ChangeError};
use crate::error::ApiError;

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Lookup(error) => error.into(),
            AccessError::Owner(error) => error.into(),
            AccessError::Database(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Access(error) => error.into(),
            ChangeError::Invalid(error) => error.into(),
            ChangeError::Taken(error) => error.into(),
            ChangeError::Lookup(error) => error.into(),
            ChangeError::Database(error) => error.into(),
        }
    }
}
