//! How the errors of erasures become problems.

use shared::ErrorCode;

use super::{ErasureError, Obstacle};
use crate::error::{ApiError, problem_of_inner};

impl From<Obstacle> for ApiError {
    fn from(error: Obstacle) -> Self {
        let detail = error.to_string();
        match error {
            Obstacle::Live(id) => Self::new(ErrorCode::ConversationOpen, detail).conversation(id),
            Obstacle::Sending => Self::new(ErrorCode::MessageInFlight, detail).retry_after(60),
            Obstacle::Held => Self::new(ErrorCode::LegalHold, detail),
        }
    }
}

problem_of_inner!(ErasureError: Team, Number, Invalid, Obstacle, Signing, Database);
