//! What a typed number is.

use shared::{conversation::NumberCheck, ids::TeamId};

use super::{Client, Fault, client::encoded};

impl Client {
    /// What a number is as a team would dial it, and what stands in the way of writing to it.
    pub(crate) async fn check_number(self, team: TeamId, input: &str) -> Result<NumberCheck, Fault> {
        self.get(&format!("/numbers?team_id={team}&input={}", encoded(input))).await
    }
}
