//! Requests for the consent ledger.

use gloo_net::http::Method;
use shared::{
    Page,
    consent::{Consent, NewConsent},
};

use super::{Client, RequestError, client::encoded};

impl Client {
    /// Returns a page of the ledger, newest first. An empty `number` means all numbers; otherwise it is as typed.
    pub(crate) async fn list_consents(
        self,
        number: &str,
        cursor: Option<&str>,
    ) -> Result<Page<Consent>, RequestError> {
        let mut path = "/consents?limit=50".to_owned();
        if !number.is_empty() {
            path.push_str("&number=");
            path.push_str(&encoded(number));
        }
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(&encoded(cursor));
        }
        self.get(&path).await
    }

    /// Records a customer's consent manually.
    pub(crate) async fn create_consent(self, consent: &NewConsent) -> Result<Consent, RequestError> {
        self.write(Method::POST, "/consents", consent).await
    }
}
