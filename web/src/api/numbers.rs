//! Requests for checking typed numbers.

use shared::{conversation::NumberCheck, ids::TeamId};

use super::{Client, RequestError, client::encoded};

impl Client {
    /// Parses a number as typed by a member of the team, and returns what prevents sending to it.
    pub(crate) async fn check_number(self, team: TeamId, input: &str) -> Result<NumberCheck, RequestError> {
        self.get(&format!("/numbers?team_id={team}&input={}", encoded(input))).await
    }
}
