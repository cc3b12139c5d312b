//! How the errors of teams become problems.

use shared::ErrorCode;

use super::{
    change::{CreateTeamError, TeamFieldsError, UpdateTeamError},
    members::MembershipError,
    numbers::{AddNumberError, RemoveNumberError},
};
use crate::error::{ApiError, problem_of_inner};

problem_of_inner!(TeamFieldsError: Invalid, Taken, Database);
problem_of_inner!(CreateTeamError: AllTeamsRequired, Fields, Lookup, Database);
problem_of_inner!(UpdateTeamError: Lookup, Changed, Fields, Database);
problem_of_inner!(AddNumberError: Lookup, Invalid, Taken, Database);

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

problem_of_inner!(MembershipError: Team, Account, Database);
