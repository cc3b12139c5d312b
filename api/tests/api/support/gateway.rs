//! The gateway: the real simulator, what it is told to do wrong, its ledger, and webhooks signed as it signs them.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulator::{Settings, Simulator, sign};

use super::{
    client::{Answer, Client},
    eventually,
};

pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000000007";
pub(crate) const AUTH_TOKEN: &str = "a token of the tests";
pub(crate) const MESSAGES: &str = "/webhooks/twilio/messages";
pub(crate) const STATUS: &str = "/webhooks/twilio/status";

/// The simulator as the tests see it.
#[derive(Debug)]
pub(crate) struct Gateway {
    simulator: Simulator,
    control: Client,
}

impl Gateway {
    pub(crate) fn start() -> Self {
        let simulator = Simulator::start(Settings {
            account_sid: ACCOUNT_SID.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            receipt_delay: std::time::Duration::ZERO,
            ..Settings::default()
        });
        let simulator = simulator.expect("the simulator");
        let control = Client::of(&simulator.url());
        Self { simulator, control }
    }

    pub(crate) fn url(&self) -> String {
        self.simulator.url()
    }

    /// Says where texts are brought.
    pub(crate) fn bring_to(&self, desk: &str) {
        self.simulator.set_messages_url(format!("{desk}/api/v1{MESSAGES}"));
    }

    /// Orders a fault: `{"number", "fault", "times", ...}`.
    pub(crate) async fn order(&self, fault: Value) {
        self.tell(Method::POST, "faults", Some(fault)).await;
    }

    /// Returns how many ordered faults have not struck yet.
    pub(crate) async fn orders(&self) -> usize {
        self.tell(Method::GET, "faults", None).await["faults"].as_array().expect("orders").len()
    }

    /// From now on nothing goes wrong.
    pub(crate) async fn clear_faults(&self) {
        self.tell(Method::DELETE, "faults", None).await;
    }

    /// A customer writes, on a phone; answers what became of the webhook.
    pub(crate) async fn write(&self, from: &str, to: &str, body: &str) -> Value {
        self.write_all(json!({"from": from, "to": to, "body": body})).await
    }

    /// A customer writes a text that is more than words.
    pub(crate) async fn write_all(&self, text: Value) -> Value {
        self.tell(Method::POST, "texts", Some(text)).await
    }

    /// A customer writes, and the webhook is lost.
    pub(crate) async fn miss(&self, text: Value) -> Value {
        self.order(json!({"number": text["from"], "fault": "webhook_never"})).await;
        let written = self.write_all(text).await;
        assert_eq!(written["webhook"], "withheld");
        written
    }

    /// The account has these numbers.
    pub(crate) async fn has_numbers(&self, numbers: &[&str]) {
        let numbers: Vec<Value> = numbers.iter().map(|number| json!({ "number": number })).collect();
        self.tell(Method::PUT, "numbers", Some(Value::Array(numbers))).await;
    }

    /// Every text is gone, as if it had never been.
    pub(crate) async fn forget_everything(&self) {
        self.tell(Method::DELETE, "ledger", None).await;
    }

    /// Every text that was accepted, oldest first.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let ledger = self.tell(Method::GET, "ledger", None).await;
        ledger["texts"].as_array().expect("texts").clone()
    }

    /// The desk's texts to a number that were accepted, oldest first.
    pub(crate) async fn sent_to(&self, number: &str) -> Vec<Value> {
        let mut texts = self.ledger().await;
        texts.retain(|text| text["to"] == number && text["direction"] == "outbound-api");
        texts
    }

    /// The words of those texts.
    pub(crate) async fn bodies_sent_to(&self, number: &str) -> Vec<String> {
        let sent = self.sent_to(number).await;
        sent.iter().map(|text| text["body"].as_str().expect("a body").to_owned()).collect()
    }

    /// Waits until the simulator has posted so many receipts for the one text that it has for this number.
    pub(crate) async fn receipts_of_the_text_to(&self, number: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{count} receipts were posted"), async || {
            let sent = self.sent_to(number).await;
            let receipts = sent.first()?["receipts"].as_array()?.clone();
            (receipts.len() >= count).then_some(receipts)
        })
        .await
    }

    async fn tell(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.control.request(method, &format!("//simulator/{path}"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = Answer::to(request).await;
        assert!(
            (200..300).contains(&answer.status),
            "the simulator answers {}: {}",
            answer.status,
            answer.body
        );
        serde_json::from_str(&answer.body).unwrap_or(Value::Null)
    }
}

/// A webhook's form.
pub(crate) type Form = Vec<(String, String)>;

pub(crate) fn form(pairs: &[(&str, &str)]) -> Form {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The form of a text from a customer; `sid` is the gateway's id of it.
pub(crate) fn text_form(sid: &str, from: &str, to: &str, body: &str) -> Form {
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

/// The gateway's id of the `n`-th text of a test.
pub(crate) fn sid(n: usize) -> String {
    format!("SM{n:032x}")
}

/// A webhook, signed for the desk that it goes to.
pub(crate) fn signed(desk: &Client, path: &str, form: &Form) -> RequestBuilder {
    let url = format!("{}/api/v1{path}", desk.url);
    signed_for(desk, &url, path, form)
}

/// A webhook, signed for `url`, whatever it really goes to.
pub(crate) fn signed_for(desk: &Client, url: &str, path: &str, form: &Form) -> RequestBuilder {
    desk.request(Method::POST, path).header("X-Twilio-Signature", sign(AUTH_TOKEN, url, form)).form(form)
}
