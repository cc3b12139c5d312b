//! Customers in the teams' daily files, and their key data (rule 11).

mod file_state;
pub mod key_data;
mod problems;
pub(crate) mod queries;
pub mod routes;

pub(crate) use file_state::DailyFileState;
