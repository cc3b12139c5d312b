//! Changes on condition that the resource still has the version that the app has read (`ETag`, `If-Match`).

use gloo_net::http::Method;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    RequestError,
    client::{Call, Client, Received, read},
};

impl Received {
    /// Returns the version of the resource.
    pub(super) fn version(&self) -> String {
        self.etag.as_deref().unwrap_or_default().trim_matches('"').to_owned()
    }
}

impl Client {
    /// Changes a resource on condition that it has this version.
    pub(super) async fn change(
        self,
        path: &str,
        body: &impl Serialize,
        version: &str,
    ) -> Result<Received, RequestError> {
        let body = serde_json::to_string(body).map_err(|_| RequestError::Unreadable)?;
        self.send_for(Call { body: Some(body), ..Call::new(Method::PUT, path) }, version).await
    }

    /// Deletes a resource on condition that it has this version.
    pub(super) async fn delete_version(self, path: &str, version: &str) -> Result<(), RequestError> {
        self.send_for(Call::new(Method::DELETE, path), version).await.map(drop)
    }

    /// Sends a request on condition that the resource has this version.
    pub(super) async fn send_for(self, call: Call<'_>, version: &str) -> Result<Received, RequestError> {
        let etag = format!("\"{version}\"");
        self.send(Call { condition: Some(("If-Match", &etag)), ..call }).await
    }

    /// Fetches a resource with its version.
    pub(super) async fn get_version<T: DeserializeOwned>(
        self,
        path: &str,
    ) -> Result<(T, String), RequestError> {
        let received = self.send(Call::new(Method::GET, path)).await?;
        Ok((read(&received.text)?, received.version()))
    }
}
