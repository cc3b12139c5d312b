//! How the errors of accounts become problems.

use shared::ErrorCode;

use super::{
    change::{CreateAccountError, ManageAccountError, UpdateAccountError},
    profile::{ChangePasswordError, UpdateProfileError},
};
use crate::error::ApiError;

impl From<CreateAccountError> for ApiError {
    fn from(error: CreateAccountError) -> Self {
        match error {
            CreateAccountError::Invalid(error) => error.into(),
            CreateAccountError::Taken(error) => error.into(),
            CreateAccountError::Lookup(error) => error.into(),
            CreateAccountError::Database(error) => error.into(),
        }
    }
}

impl From<ManageAccountError> for ApiError {
    fn from(error: ManageAccountError) -> Self {
        match error {
            ManageAccountError::Lookup(error) => error.into(),
            ManageAccountError::AllTeamsRequired(error) => error.into(),
            ManageAccountError::Database(error) => error.into(),
        }
    }
}

impl From<UpdateAccountError> for ApiError {
    fn from(error: UpdateAccountError) -> Self {
        match error {
            UpdateAccountError::Manage(error) => error.into(),
            UpdateAccountError::Invalid(error) => error.into(),
            UpdateAccountError::Taken(error) => error.into(),
            UpdateAccountError::LastAdmin => Self::new(ErrorCode::LastAdmin, error.to_string()),
            UpdateAccountError::Database(error) => error.into(),
        }
    }
}

impl From<UpdateProfileError> for ApiError {
    fn from(error: UpdateProfileError) -> Self {
        match error {
            UpdateProfileError::AccountRequired(error) => error.into(),
            UpdateProfileError::Invalid(error) => error.into(),
            UpdateProfileError::Confirm(error) => error.into(),
            UpdateProfileError::Taken(error) => error.into(),
            UpdateProfileError::Database(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for ApiError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::AccountRequired(error) => error.into(),
            ChangePasswordError::Invalid(error) => error.into(),
            ChangePasswordError::Confirm(error) => error.into(),
            ChangePasswordError::Password(error) => error.into(),
            ChangePasswordError::Database(error) => error.into(),
        }
    }
}
