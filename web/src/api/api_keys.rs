//! API keys. It must never keep a secret: it is handed to the page that shows it, once.

use gloo_net::http::Method;
use shared::{
    api_key::{ApiKey, NewApiKey},
    ids::ApiKeyId,
};

use super::{Client, Fault};

impl Client {
    /// Every API key.
    pub(crate) async fn list_api_keys(self) -> Result<Vec<ApiKey>, Fault> {
        self.get_all("/api_keys").await
    }

    /// Makes an API key; only this answer has its secret.
    pub(crate) async fn create_api_key(self, key: &NewApiKey) -> Result<ApiKey, Fault> {
        self.write(Method::POST, "/api_keys", key).await
    }

    /// Ends an API key.
    pub(crate) async fn delete_api_key(self, id: ApiKeyId) -> Result<(), Fault> {
        self.delete(&format!("/api_keys/{id}")).await
    }
}
