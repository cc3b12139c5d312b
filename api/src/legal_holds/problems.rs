//! How the errors of legal holds become problems.

use super::SetHoldError;
use crate::error::problem_of_inner;

problem_of_inner!(SetHoldError: Team, Number, Invalid, Database);
