//! Signing in and out, and who one is. It must never keep a password or a token: the cookies do.

use gloo_net::http::Method;
use shared::account::{Me, SignIn};

use super::{
    Client, Fault,
    client::{Call, attempt},
};

impl Client {
    /// Signs in; the answer's cookies are the session.
    pub(crate) async fn create_session(self, sign_in: &SignIn) -> Result<(), Fault> {
        let body = serde_json::to_string(sign_in).map_err(|_| Fault::Unreadable)?;
        let call = Call { body: Some(body), ..Call::new(Method::POST, "/sessions") };
        // Not through `exchange`: there is no session to renew.
        attempt(&call).await.map(drop)
    }

    /// Signs out.
    pub(crate) async fn delete_session(self) -> Result<(), Fault> {
        self.delete("/sessions/current").await
    }

    /// Who is signed in, what they may do, and where.
    pub(crate) async fn get_me(self) -> Result<Me, Fault> {
        self.get("/me").await
    }
}
