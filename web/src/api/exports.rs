//! Requests for exports. The list on the screen and the files have the same rows.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use shared::{Page, ids::TeamId};

use super::{
    Client, RequestError,
    client::{BASE, encoded},
};
use crate::time_zone::iso8601;

/// The rows of an export.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Export {
    /// `messages` or `conversations`.
    pub(crate) noun: &'static str,
    /// All teams of the account if `None`.
    pub(crate) team: Option<TeamId>,
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
}

impl Export {
    fn path(&self, format: &str) -> String {
        let Self { noun, team, from, to } = self;
        let team = team.map(|team| format!("&team_id={team}")).unwrap_or_default();
        let (from, to) = (encoded(&iso8601(*from)), encoded(&iso8601(*to)));
        format!("/exports/{noun}?format={format}&from={from}&to={to}{team}")
    }

    /// Returns the address of the file in a format.
    pub(crate) fn file(&self, format: &str) -> String {
        format!("{BASE}{}", self.path(format))
    }
}

impl Client {
    /// Returns the first rows of an export.
    pub(crate) async fn list_exported<T: DeserializeOwned>(
        self,
        export: &Export,
        limit: u8,
    ) -> Result<Page<T>, RequestError> {
        self.get(&format!("{}&limit={limit}", export.path("json"))).await
    }
}
