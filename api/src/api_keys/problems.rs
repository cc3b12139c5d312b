//! How the errors of API keys become problems.

use super::change::CreateApiKeyError;
use crate::error::problem_of_inner;

problem_of_inner!(CreateApiKeyError: Invalid, Database);
