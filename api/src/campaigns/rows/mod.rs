//! The rows of campaigns.

pub(super) mod queries;

use shared::campaign::RowProblem;

/// A row of a campaign's file.
#[derive(Clone, Debug)]
pub(super) struct CampaignRow {
    pub(super) line: i64,
    /// The number (E.164), or the value that cannot be used.
    pub(super) number: String,
    pub(super) reference: String,
    pub(super) name: String,
    /// The values of the further columns.
    pub(super) key_data: Vec<String>,
    /// Why it was not sent.
    pub(super) problem: Option<RowProblem>,
}
