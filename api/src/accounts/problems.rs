//! How the errors of accounts become problems.

use shared::ErrorCode;

use super::{
    change::{CreateAccountError, ManageAccountError, UpdateAccountError},
    preferences::PreferencesError,
    profile::{ChangePasswordError, UpdateProfileError},
};
use crate::error::{ApiError, problem_of_inner};

problem_of_inner!(CreateAccountError: Invalid, Taken, Lookup, Database);
problem_of_inner!(ManageAccountError: Lookup, AllTeamsRequired, Database);

impl From<UpdateAccountError> for ApiError {
    fn from(error: UpdateAccountError) -> Self {
        match error {
            UpdateAccountError::Manage(error) => error.into(),
            UpdateAccountError::Changed(error) => error.into(),
            UpdateAccountError::Invalid(error) => error.into(),
            UpdateAccountError::Taken(error) => error.into(),
            UpdateAccountError::LastAdmin => Self::new(ErrorCode::LastAdmin, error.to_string()),
            UpdateAccountError::Database(error) => error.into(),
        }
    }
}

problem_of_inner!(PreferencesError: Changed, Invalid, Database);
problem_of_inner!(UpdateProfileError: AccountRequired, Changed, Invalid, Confirm, Taken, Database);
problem_of_inner!(ChangePasswordError: AccountRequired, Invalid, Confirm, Password, Database);
