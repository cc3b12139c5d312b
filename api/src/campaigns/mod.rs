//! Campaigns: ad-hoc messages to the rows of a CSV file, at a pace.
//!
//! [`upload`] stores the rows of the file, [`change`] sets the text and the state, `preview` shows what would be sent, and
//! `sending` sends. A row and its message are stored in one transaction, with the campaign locked: whenever a server
//! stops, and however many servers send, each row has one message. `results` is the file with the result of each row.

pub mod change;
mod pace;
pub mod preview;
mod problems;
pub(crate) mod queries;
mod results;
pub mod routes;
mod rows;
pub(crate) mod sending;
mod text;
pub mod upload;

use shared::{campaign::Campaign, ids::CampaignId};

use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::DbConnection,
};

/// Returns a campaign of the scope.
///
/// # Errors
/// `NotFound`.
pub fn get(conn: &mut DbConnection, scope: &TeamScope, id: CampaignId) -> Result<Campaign, LookupError> {
    let found = queries::find(conn, id)?.filter(|campaign| scope.includes(campaign.team_id));
    Ok(found.ok_or(NotFound::new(Resource::Campaign))?)
}
