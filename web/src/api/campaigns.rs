//! Requests for campaigns.

use shared::{
    Page,
    campaign::{Campaign, CampaignChange, CampaignPreview, CampaignStateChange},
    ids::{CampaignId, TeamId},
};
use web_sys::File;

use super::{
    Client, RequestError,
    client::{BASE, encoded, read},
    upload::upload,
};

impl Client {
    /// Returns a page of the campaigns, newest first.
    pub(crate) async fn list_campaigns(self, cursor: Option<&str>) -> Result<Page<Campaign>, RequestError> {
        let cursor = cursor.map(|cursor| format!("?cursor={}", encoded(cursor))).unwrap_or_default();
        self.get(&format!("/campaigns{cursor}")).await
    }

    /// Uploads a file and makes a draft of it.
    pub(crate) async fn create_campaign(
        self,
        team: TeamId,
        name: &str,
        file: &File,
    ) -> Result<Campaign, RequestError> {
        // Renews the session first if necessary, so that a large file is not sent and then refused.
        self.get_text("/me").await?;
        let path = format!("/teams/{team}/campaigns?name={}", encoded(name));
        read(&upload(&path, file, Box::new(|_| {})).await?)
    }

    pub(crate) async fn get_campaign(self, id: CampaignId) -> Result<Campaign, RequestError> {
        self.get(&format!("/campaigns/{id}")).await
    }

    pub(crate) async fn get_campaign_preview(self, id: CampaignId) -> Result<CampaignPreview, RequestError> {
        self.get(&format!("/campaigns/{id}/preview")).await
    }

    pub(crate) async fn update_campaign(
        self,
        id: CampaignId,
        change: &CampaignChange,
        version: &str,
    ) -> Result<Campaign, RequestError> {
        read(&self.change(&format!("/campaigns/{id}"), change, version).await?.text)
    }

    pub(crate) async fn update_campaign_state(
        self,
        id: CampaignId,
        change: &CampaignStateChange,
        version: &str,
    ) -> Result<Campaign, RequestError> {
        read(&self.change(&format!("/campaigns/{id}/state"), change, version).await?.text)
    }

    pub(crate) async fn delete_campaign(self, id: CampaignId) -> Result<(), RequestError> {
        self.delete(&format!("/campaigns/{id}")).await
    }
}

/// Returns the address to download the results of a campaign from.
pub(crate) fn campaign_results(id: CampaignId) -> String {
    format!("{BASE}/campaigns/{id}/results")
}
