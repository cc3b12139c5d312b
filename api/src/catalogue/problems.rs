//! How the errors of catalogues become problems.

use super::{AccessError, ChangeError};
use crate::error::problem_of_inner;

problem_of_inner!(AccessError: Lookup, Owner, Changed, Database);
problem_of_inner!(ChangeError: Access, Invalid, Taken, Lookup, Database);
