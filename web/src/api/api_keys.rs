//! Requests for API keys. A secret is returned to the page that shows it, and not stored.

use gloo_net::http::Method;
use shared::{
    api_key::{ApiKey, NewApiKey, NewRotation},
    ids::ApiKeyId,
};

use super::{
    Client, RequestError,
    client::{Call, read},
};

impl Client {
    /// Returns every API key.
    pub(crate) async fn list_api_keys(self) -> Result<Vec<ApiKey>, RequestError> {
        self.get_all("/api_keys").await
    }

    /// Creates an API key. Only this response contains the secret.
    pub(crate) async fn create_api_key(self, key: &NewApiKey) -> Result<ApiKey, RequestError> {
        self.write(Method::POST, "/api_keys", key).await
    }

    /// Gives an API key of this version a new secret. Only this response contains it.
    pub(crate) async fn rotate_api_key(
        self,
        id: ApiKeyId,
        rotation: &NewRotation,
        version: &str,
    ) -> Result<ApiKey, RequestError> {
        let body = serde_json::to_string(rotation).map_err(|_| RequestError::Unreadable)?;
        let path = format!("/api_keys/{id}/rotation");
        let call = Call { body: Some(body), ..Call::new(Method::POST, &path) };
        read(&self.send_for(call, version).await?.text)
    }

    /// Stops the secret before the last rotation at once.
    pub(crate) async fn end_api_key_overlap(self, id: ApiKeyId, version: &str) -> Result<(), RequestError> {
        self.delete_version(&format!("/api_keys/{id}/rotation"), version).await
    }

    /// Revokes an API key of this version.
    pub(crate) async fn delete_api_key(self, id: ApiKeyId, version: &str) -> Result<(), RequestError> {
        self.delete_version(&format!("/api_keys/{id}"), version).await
    }
}
