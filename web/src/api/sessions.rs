//! Requests for signing in and out, and for the signed-in account. Passwords and tokens are not stored; the session is
//! in cookies.

use gloo_net::http::Method;
use shared::{
    account::{Me, SignIn},
    preferences::Preferences,
};

use super::{
    Client, RequestError,
    client::{Call, send_once, sent_beyond_page},
};

impl Client {
    /// Signs in. The response sets the session cookies.
    pub(crate) async fn create_session(self, sign_in: &SignIn) -> Result<(), RequestError> {
        let body = serde_json::to_string(sign_in).map_err(|_| RequestError::Unreadable)?;
        let call = Call { body: Some(body), ..Call::new(Method::POST, "/sessions") };
        // Without `send`, because there is no session to renew.
        send_once(&call).await.map(drop)
    }

    /// Signs out, after the requests that pages send when they are closed.
    pub(crate) async fn delete_session(self) -> Result<(), RequestError> {
        sent_beyond_page().await;
        self.delete("/sessions/current").await
    }

    /// Returns the signed-in account with its permissions and teams.
    pub(crate) async fn get_me(self) -> Result<Me, RequestError> {
        self.get("/me").await
    }

    /// Returns the account's preferences, with their version.
    pub(crate) async fn get_preferences(self) -> Result<(Preferences, String), RequestError> {
        self.get_version("/me/preferences").await
    }

    /// Replaces the account's preferences of this version. Returns the new version.
    pub(crate) async fn put_preferences(
        self,
        new: &Preferences,
        version: &str,
    ) -> Result<String, RequestError> {
        Ok(self.change("/me/preferences", new, version).await?.version())
    }
}
