//! How the errors of retention become problems.

use super::ChangeRetentionError;
use crate::error::problem_of_inner;

problem_of_inner!(ChangeRetentionError: Team, Changed, Invalid, Database);
