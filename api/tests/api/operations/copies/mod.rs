//! Copies of a database: moves to another database, backups and restores.

mod backup;
mod coverage;
mod filled;
mod interruptions;
mod moves;
mod refusals;
mod restore;
