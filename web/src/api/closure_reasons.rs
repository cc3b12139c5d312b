//! The reasons to close with.

use shared::{Page, closure::ClosureReason, ids::TeamId};

use super::{Client, Fault};

impl Client {
    /// The reasons that a team closes with.
    pub(crate) async fn list_closure_reasons(self, team: TeamId) -> Result<Vec<ClosureReason>, Fault> {
        let page: Page<ClosureReason> =
            self.get(&format!("/closure_reasons?team_id={team}&limit=200")).await?;
        Ok(page.items)
    }
}
