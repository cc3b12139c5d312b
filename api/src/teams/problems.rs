//! How the errors of teams become problems.

use shared::ErrorCode;

use super::{
    change::{CreateTeamError, TeamFieldsError, UpdateTeamError},
    members::MembershipError,
    numbers::{AddNumberError, RemoveNumberError},
};
use crate::error::ApiError;

impl From<TeamFieldsError> for ApiError {
    fn from(error: TeamFieldsError) -> Self {
        match error {
            TeamFieldsError::Invalid(error) => error.into(),
            TeamFieldsError::Taken(error) => error.into(),
            TeamFieldsError::Database(error) => error.into(),
        }
    }
}

impl From<CreateTeamError> for ApiError {
    fn from(error: CreateTeamError) -> Self {
        match error {
            CreateTeamError::AllTeamsRequired(error) => error.into(),
            CreateTeamError::Fields(error) => error.into(),
            CreateTeamError::Lookup(error) => error.into(),
            CreateTeamError::Database(error) => error.into(),
        }
    }
}

impl From<UpdateTeamError> for ApiError {
    fn from(error: UpdateTeamError) -> Self {
        match error {
            UpdateTeamError::Lookup(error) => error.into(),
            UpdateTeamError::Fields(error) => error.into(),
            UpdateTeamError::Database(error) => error.into(),
        }
    }
}

impl From<AddNumberError> for ApiError {
    fn from(error: AddNumberError) -> Self {
        match error {
            AddNumberError::Lookup(error) => error.into(),
            AddNumberError::Invalid(error) => error.into(),
            AddNumberError::Taken(error) => error.into(),
            AddNumberError::Database(error) => error.into(),
        }
    }
}

impl From<RemoveNumberError> for ApiError {
    fn from(error: RemoveNumberError) -> Self {
        match error {
            RemoveNumberError::Lookup(error) => error.into(),
            RemoveNumberError::NotOfTeam => Self::new(ErrorCode::NotFound, error.to_string()),
            RemoveNumberError::InUse { .. } => Self::new(ErrorCode::NumberInUse, error.to_string()),
            RemoveNumberError::Database(error) => error.into(),
        }
    }
}

impl From<MembershipError> for ApiError {
    fn from(error: MembershipError) -> Self {
        match error {
            MembershipError::Team(error) => error.into(),
            MembershipError::Account(error) => error.into(),
            MembershipError::Database(error) => error.into(),
        }
    }
}
