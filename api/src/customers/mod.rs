//! Customers in the teams' daily files, and their key data (rule 11).

pub mod key_data;
pub(crate) mod queries;
pub mod routes;
