//! The ledger of consents.

use gloo_net::http::Method;
use shared::{
    Page,
    consent::{Consent, NewConsent},
};

use super::{Client, Fault, client::encoded};

impl Client {
    /// A page of the ledger, the newest first: of every number, or of one as it was typed.
    pub(crate) async fn list_consents(
        self,
        number: &str,
        cursor: Option<&str>,
    ) -> Result<Page<Consent>, Fault> {
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

    /// Records by hand what a customer wants.
    pub(crate) async fn create_consent(self, consent: &NewConsent) -> Result<Consent, Fault> {
        self.write(Method::POST, "/consents", consent).await
    }
}
