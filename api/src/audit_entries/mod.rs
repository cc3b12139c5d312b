//! Reads the audit log: pages of entries, and the export as a CSV file. `auth/audit_log` writes it.

mod export;
pub(crate) mod filter;
mod problems;
mod queries;
pub mod routes;
