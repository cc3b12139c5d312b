//! Requests for signing in and out, and for the signed-in account. Passwords and tokens are not stored; the session is
//! in cookies.

use gloo_net::http::Method;
use shared::account::{Me, SignIn};

use super::{
    Client, Fault,
    client::{Call, send_once},
};

impl Client {
    /// Signs in. The response sets the session cookies.
    pub(crate) async fn create_session(self, sign_in: &SignIn) -> Result<(), Fault> {
        let body = serde_json::to_string(sign_in).map_err(|_| Fault::Unreadable)?;
        let call = Call { body: Some(body), ..Call::new(Method::POST, "/sessions") };
        // Without `send`, because there is no session to renew.
        send_once(&call).await.map(drop)
    }

    /// Signs out.
    pub(crate) async fn delete_session(self) -> Result<(), Fault> {
        self.delete("/sessions/current").await
    }

    /// Returns the signed-in account with its permissions and teams.
    pub(crate) async fn get_me(self) -> Result<Me, Fault> {
        self.get("/me").await
    }
}
