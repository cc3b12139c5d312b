//! The customers of a file in the database, in slices: nobody who writes waits longer than for one of them.

pub(super) mod queries;
