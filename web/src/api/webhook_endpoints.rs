//! Requests for webhook endpoints and their deliveries. A secret is returned to the page that shows it, and not stored.

use gloo_net::http::Method;
use shared::{
    Page,
    ids::{TeamId, WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::{DeliveryStatus, WebhookDelivery},
    webhook_endpoint::{NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChange},
};

use super::{
    Client, RequestError,
    client::{encoded, read},
};

impl Client {
    /// Returns the webhook endpoints of a team.
    pub(crate) async fn list_webhook_endpoints(
        self,
        team: TeamId,
    ) -> Result<Vec<WebhookEndpoint>, RequestError> {
        self.get_all(&format!("/teams/{team}/webhook_endpoints")).await
    }

    /// Creates a webhook endpoint. Only this response and that of a rotation contain a secret.
    pub(crate) async fn create_webhook_endpoint(
        self,
        team: TeamId,
        new: &NewWebhookEndpoint,
    ) -> Result<WebhookEndpoint, RequestError> {
        self.write(Method::POST, &format!("/teams/{team}/webhook_endpoints"), new).await
    }

    /// Returns a webhook endpoint.
    pub(crate) async fn get_webhook_endpoint(
        self,
        id: WebhookEndpointId,
    ) -> Result<WebhookEndpoint, RequestError> {
        self.get(&format!("/webhook_endpoints/{id}")).await
    }

    /// Changes, disables or enables a webhook endpoint that has this version.
    pub(crate) async fn update_webhook_endpoint(
        self,
        id: WebhookEndpointId,
        change: &WebhookEndpointChange,
        version: &str,
    ) -> Result<WebhookEndpoint, RequestError> {
        read(&self.change(&format!("/webhook_endpoints/{id}"), change, version).await?.text)
    }

    /// Deletes a webhook endpoint with its deliveries.
    pub(crate) async fn delete_webhook_endpoint(self, id: WebhookEndpointId) -> Result<(), RequestError> {
        self.delete(&format!("/webhook_endpoints/{id}")).await
    }

    /// Replaces the secret of a webhook endpoint.
    pub(crate) async fn rotate_webhook_secret(
        self,
        id: WebhookEndpointId,
    ) -> Result<WebhookEndpoint, RequestError> {
        self.write(Method::POST, &format!("/webhook_endpoints/{id}/secret"), &()).await
    }

    /// Sends a test to a webhook endpoint.
    pub(crate) async fn test_webhook_endpoint(self, id: WebhookEndpointId) -> Result<(), RequestError> {
        self.write_text(Method::POST, &format!("/webhook_endpoints/{id}/test"), &()).await.map(drop)
    }

    /// Returns a page of the deliveries to a webhook endpoint, newest first.
    pub(crate) async fn list_webhook_deliveries(
        self,
        id: WebhookEndpointId,
        status: Option<DeliveryStatus>,
        cursor: Option<&str>,
    ) -> Result<Page<WebhookDelivery>, RequestError> {
        let mut path = format!("/webhook_endpoints/{id}/deliveries?limit=50");
        if let Some(status) = status {
            path.push_str("&status=");
            path.push_str(status.as_str());
        }
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(&encoded(cursor));
        }
        self.get(&path).await
    }

    /// Sends a delivery again.
    pub(crate) async fn replay_webhook_delivery(self, id: WebhookDeliveryId) -> Result<(), RequestError> {
        self.write_text(Method::POST, &format!("/webhook_deliveries/{id}/replay"), &()).await.map(drop)
    }
}
