//! Requests for closure reasons.

use gloo_net::http::Method;
use shared::{
    Page,
    closure::{ClosureReason, ClosureReasonChange, NewClosureReason},
    ids::{ClosureReasonId, TeamId},
};

use super::{Client, RequestError};

impl Client {
    /// Returns the closure reasons of a team.
    pub(crate) async fn list_closure_reasons(self, team: TeamId) -> Result<Vec<ClosureReason>, RequestError> {
        let page: Page<ClosureReason> =
            self.get(&format!("/closure_reasons?team_id={team}&limit=200")).await?;
        Ok(page.items)
    }

    /// Returns every active or every archived reason that the caller can see.
    pub(crate) async fn list_every_closure_reason(
        self,
        archived: bool,
    ) -> Result<Vec<ClosureReason>, RequestError> {
        self.get_all(&format!("/closure_reasons?archived={archived}")).await
    }

    /// Creates a reason.
    pub(crate) async fn create_closure_reason(self, reason: &NewClosureReason) -> Result<(), RequestError> {
        self.write_text(Method::POST, "/closure_reasons", reason).await.map(drop)
    }

    /// Changes a reason's name, position or archived state.
    pub(crate) async fn update_closure_reason(
        self,
        id: ClosureReasonId,
        change: &ClosureReasonChange,
        version: &str,
    ) -> Result<(), RequestError> {
        self.change(&format!("/closure_reasons/{id}"), change, version).await.map(drop)
    }

    /// Deletes a reason, or archives it if it was used.
    pub(crate) async fn delete_closure_reason(
        self,
        id: ClosureReasonId,
        version: &str,
    ) -> Result<(), RequestError> {
        self.delete_version(&format!("/closure_reasons/{id}"), version).await
    }
}
