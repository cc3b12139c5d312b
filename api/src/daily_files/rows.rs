//! The customers of a file in the database, in slices, so that other writes wait for one slice at most.

pub(super) mod queries;
