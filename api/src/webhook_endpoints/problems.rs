//! How the errors of webhook endpoints become problems.

use super::change::EndpointError;
use crate::error::problem_of_inner;

problem_of_inner!(EndpointError: Lookup, Changed, Invalid, Database);
