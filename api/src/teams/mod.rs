//! Teams and the numbers they own.

pub(crate) mod queries;
