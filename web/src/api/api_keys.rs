//! Requests for API keys. A secret is returned to the page that shows it, and not stored.

use gloo_net::http::Method;
use shared::{
    api_key::{ApiKey, NewApiKey},
    ids::ApiKeyId,
};

use super::{Client, RequestError};

impl Client {
    /// Returns every API key.
    pub(crate) async fn list_api_keys(self) -> Result<Vec<ApiKey>, RequestError> {
        self.get_all("/api_keys").await
    }

    /// Creates an API key. Only this response contains the secret.
    pub(crate) async fn create_api_key(self, key: &NewApiKey) -> Result<ApiKey, RequestError> {
        self.write(Method::POST, "/api_keys", key).await
    }

    /// Revokes an API key.
    pub(crate) async fn delete_api_key(self, id: ApiKeyId) -> Result<(), RequestError> {
        self.delete(&format!("/api_keys/{id}")).await
    }
}
