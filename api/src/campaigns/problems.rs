//! How the errors of campaigns become problems.

use shared::ErrorCode;

use super::{change::ChangeError, upload::CreateError};
use crate::error::ApiError;

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        let detail = error.to_string();
        match error {
            CreateError::Lookup(error) => error.into(),
            CreateError::Invalid(error) => error.into(),
            CreateError::NoTeamNumber => Self::field(ErrorCode::ValidationFailed, "from", "required", detail),
            CreateError::Parse(error) => error.into(),
            CreateError::TooManyRows => Self::new(ErrorCode::InvalidFile, detail),
            CreateError::Aborted(error) => Self::internal(&error),
            CreateError::Database(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeError::NotFound(error) => error.into(),
            ChangeError::Changed(error) => error.into(),
            ChangeError::Invalid(error) => error.into(),
            ChangeError::NotDraft
            | ChangeError::NoText
            | ChangeError::Ended
            | ChangeError::NotRunning
            | ChangeError::Running => Self::new(ErrorCode::CampaignState, detail),
            ChangeError::Time(fault) => {
                Self::field(ErrorCode::ValidationFailed, "starts_at", fault.code(), detail)
            }
            ChangeError::Database(error) => error.into(),
        }
    }
}
