//! The gateway: the real simulator with its injected faults and its ledger, and webhooks signed as the simulator signs
//! them.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulator::{Settings, Simulator, sign};

use super::{
    client::{ApiResponse, Client},
    eventually,
};

pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000000007";
pub(crate) const AUTH_TOKEN: &str = "a token of the tests";
pub(crate) const MESSAGES: &str = "/webhooks/twilio/messages";
pub(crate) const STATUS: &str = "/webhooks/twilio/status";

/// A running simulator and a client for its control API.
#[derive(Debug)]
pub(crate) struct Gateway {
    simulator: Simulator,
    control: Client,
}

impl Gateway {
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// Starts the simulator with changed settings.
    pub(crate) fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            account_sid: ACCOUNT_SID.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            receipt_delay: std::time::Duration::ZERO,
            ..Settings::default()
        };
        change(&mut settings);
        let simulator = Simulator::start(settings).expect("the simulator");
        let control = Client::of(&simulator.url());
        Self { simulator, control }
    }

    pub(crate) fn url(&self) -> String {
        self.simulator.url()
    }

    /// The value for `TWILIO_API_URL`.
    pub(crate) fn api_url(&self) -> String {
        self.simulator.api_url()
    }

    /// Sets the server to which the simulator delivers inbound messages.
    pub(crate) fn deliver_to(&self, server: &str) {
        self.simulator.set_messages_url(format!("{server}/api/v1{MESSAGES}"));
    }

    /// Injects a fault: `{"number", "fault", "times", ...}`.
    pub(crate) async fn inject_fault(&self, fault: Value) {
        self.control_request(Method::POST, "faults", Some(fault)).await;
    }

    /// Returns the number of injected faults that have not occurred yet.
    pub(crate) async fn pending_faults(&self) -> usize {
        self.control_request(Method::GET, "faults", None).await["faults"]
            .as_array()
            .expect("a list of faults")
            .len()
    }

    /// Removes all injected faults.
    pub(crate) async fn clear_faults(&self) {
        self.control_request(Method::DELETE, "faults", None).await;
    }

    /// Sends a message from a customer; returns the outcome of the webhook.
    pub(crate) async fn send_inbound(&self, from: &str, to: &str, body: &str) -> Value {
        self.send_inbound_with(json!({"from": from, "to": to, "body": body})).await
    }

    /// Sends a message from a customer with media, a time or other fields.
    pub(crate) async fn send_inbound_with(&self, text: Value) -> Value {
        self.control_request(Method::POST, "texts", Some(text)).await
    }

    /// Sends a message from a customer and drops its webhook.
    pub(crate) async fn send_and_miss(&self, text: Value) -> Value {
        self.inject_fault(json!({"number": text["from"], "fault": "webhook_never"})).await;
        let written = self.send_inbound_with(text).await;
        assert_eq!(written["webhook"], "withheld");
        written
    }

    /// Replaces the numbers of the gateway account.
    pub(crate) async fn set_numbers(&self, numbers: &[&str]) {
        let numbers: Vec<Value> = numbers.iter().map(|number| json!({ "number": number })).collect();
        self.control_request(Method::PUT, "numbers", Some(Value::Array(numbers))).await;
    }

    /// Deletes every message from the ledger.
    pub(crate) async fn clear_ledger(&self) {
        self.control_request(Method::DELETE, "ledger", None).await;
    }

    /// Returns all accepted messages, oldest first.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let ledger = self.control_request(Method::GET, "ledger", None).await;
        ledger["texts"].as_array().expect("a list of messages").clone()
    }

    /// Returns the accepted outbound messages to a number, oldest first.
    pub(crate) async fn sent_to(&self, number: &str) -> Vec<Value> {
        let mut texts = self.ledger().await;
        texts.retain(|text| text["to"] == number && text["direction"] == "outbound-api");
        texts
    }

    /// Returns the bodies of the accepted outbound messages to a number.
    pub(crate) async fn bodies_sent_to(&self, number: &str) -> Vec<String> {
        let sent = self.sent_to(number).await;
        sent.iter().map(|text| text["body"].as_str().expect("a body").to_owned()).collect()
    }

    /// Waits until the simulator has posted `count` receipts for the only outbound message to this number.
    pub(crate) async fn receipts_for(&self, number: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{count} receipts were posted"), async || {
            let sent = self.sent_to(number).await;
            let receipts = sent.first()?["receipts"].as_array()?.clone();
            (receipts.len() >= count).then_some(receipts)
        })
        .await
    }

    async fn control_request(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.control.request(method, &format!("//simulator/{path}"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = ApiResponse::to(request).await;
        assert!(
            (200..300).contains(&response.status),
            "the simulator answers {}: {}",
            response.status,
            response.body
        );
        serde_json::from_str(&response.body).unwrap_or(Value::Null)
    }
}

/// The fields of a webhook's form.
pub(crate) type Form = Vec<(String, String)>;

pub(crate) fn form(pairs: &[(&str, &str)]) -> Form {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The form of an inbound message; `sid` is the gateway's id of it.
pub(crate) fn message_form(sid: &str, from: &str, to: &str, body: &str) -> Form {
    form(&[
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT_SID),
        ("From", from),
        ("To", to),
        ("Body", body),
        ("NumMedia", "0"),
        ("FromCountry", "GB"),
        ("SomethingNew", "that Twilio may add"),
    ])
}

/// Returns the gateway id of the `n`-th message of a test.
pub(crate) fn sid(n: usize) -> String {
    format!("SM{n:032x}")
}

/// A webhook request, signed for the server that receives it.
pub(crate) fn signed(server: &Client, path: &str, form: &Form) -> RequestBuilder {
    let url = format!("{}/api/v1{path}", server.url);
    signed_for(server, &url, path, form)
}

/// A webhook request, signed for `url` instead of the address that receives it.
pub(crate) fn signed_for(server: &Client, url: &str, path: &str, form: &Form) -> RequestBuilder {
    server.request(Method::POST, path).header("X-Twilio-Signature", sign(AUTH_TOKEN, url, form)).form(form)
}
