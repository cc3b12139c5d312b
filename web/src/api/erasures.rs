//! Requests for erasures, legal holds and retention.

use gloo_net::http::Method;
use shared::{
    erasure::{ErasedData, ErasurePreview, NewErasure},
    ids::{LegalHoldId, TeamId},
    legal_hold::{LegalHold, NewLegalHold},
    retention::Retention,
};

use super::{
    Client, RequestError,
    client::{encoded, read},
};

impl Client {
    /// Returns what an erasure would remove.
    pub(crate) async fn preview_erasure(
        self,
        team: TeamId,
        number: &str,
    ) -> Result<ErasurePreview, RequestError> {
        self.get(&format!("/teams/{team}/erasures?number={}", encoded(number))).await
    }

    /// Erases a customer.
    pub(crate) async fn create_erasure(
        self,
        team: TeamId,
        erasure: &NewErasure,
    ) -> Result<ErasedData, RequestError> {
        self.write(Method::POST, &format!("/teams/{team}/erasures"), erasure).await
    }

    /// Returns the team's legal holds.
    pub(crate) async fn list_legal_holds(self, team: TeamId) -> Result<Vec<LegalHold>, RequestError> {
        self.get_all(&format!("/teams/{team}/legal_holds")).await
    }

    /// Sets a legal hold.
    pub(crate) async fn create_legal_hold(
        self,
        team: TeamId,
        hold: &NewLegalHold,
    ) -> Result<LegalHold, RequestError> {
        self.write(Method::POST, &format!("/teams/{team}/legal_holds"), hold).await
    }

    /// Lifts a legal hold.
    pub(crate) async fn delete_legal_hold(self, team: TeamId, id: LegalHoldId) -> Result<(), RequestError> {
        self.delete(&format!("/teams/{team}/legal_holds/{id}")).await
    }

    /// Returns how long the team's data is kept, with the version.
    pub(crate) async fn get_retention(self, team: TeamId) -> Result<(Retention, String), RequestError> {
        self.get_version(&format!("/teams/{team}/retention")).await
    }

    /// Sets how long the team's data is kept.
    pub(crate) async fn update_retention(
        self,
        team: TeamId,
        retention: &Retention,
        version: &str,
    ) -> Result<(Retention, String), RequestError> {
        let saved = self.change(&format!("/teams/{team}/retention"), retention, version).await?;
        Ok((read(&saved.text)?, saved.version()))
    }
}
