//! A running simulator, and a server that only records webhooks.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{Body, Request, Response, StatusCode, server::conn::Http, service::service_fn};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use simulator::{Settings, Simulator};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    time::timeout,
};

pub(crate) const CUSTOMER: &str = "+447700900123";
pub(crate) const DESK: &str = "+447700900001";

const TIMEOUT: Duration = Duration::from_secs(10);

/// A received webhook.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) path: String,
    pub(crate) signature: String,
    pub(crate) form: Vec<(String, String)>,
}

impl Webhook {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("the webhook has no {name}: {:?}", self.form))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A simulator, and the server that it calls.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) settings: Settings,
    pub(crate) http: Client,
    /// The server's base URL.
    pub(crate) desk: String,
    webhooks: Mutex<mpsc::UnboundedReceiver<Webhook>>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_with(|_| {}).await
    }

    /// Starts a simulator without delays before receipts; `change` adjusts the other settings.
    pub(crate) async fn set_with(change: impl FnOnce(&mut Settings)) -> Self {
        let (desk, webhooks) = listen().await;
        let mut settings = Settings {
            receipt_delay: Duration::ZERO,
            messages_url: Some(format!("{desk}/messages?via=simulator")),
            ..Settings::default()
        };
        change(&mut settings);
        let simulator = Simulator::start(settings.clone()).expect("the simulator starts");
        let http = Client::builder().timeout(TIMEOUT).build().expect("an HTTP client");
        Self { simulator, settings, http, desk, webhooks: Mutex::new(webhooks) }
    }

    pub(crate) fn account_path(&self) -> String {
        format!("/2010-04-01/Accounts/{}", self.settings.account_sid)
    }

    /// Builds a REST request with the right credentials; `path` is the part after the account.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        let url = format!("{}{}{path}", self.simulator.url(), self.account_path());
        self.http.get(url).basic_auth(&self.settings.account_sid, Some(&self.settings.auth_token))
    }

    /// Builds a request that sends a message to the customer, with a status callback.
    pub(crate) fn text(&self, body: &str) -> RequestBuilder {
        let callback = format!("{}/status?part=1", self.desk);
        self.text_of(&[("To", CUSTOMER), ("From", DESK), ("Body", body), ("StatusCallback", &callback)])
    }

    pub(crate) fn text_of(&self, form: &[(&str, &str)]) -> RequestBuilder {
        let url = format!("{}{}/Messages.json", self.simulator.url(), self.account_path());
        self.http.post(url).basic_auth(&self.settings.account_sid, Some(&self.settings.auth_token)).form(form)
    }

    pub(crate) fn control(&self, path: &str) -> String {
        format!("{}/simulator/{path}", self.simulator.url())
    }

    pub(crate) async fn order(&self, faults: Value) {
        let answer = self.http.put(self.control("faults")).json(&faults).send().await.expect("a response");
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    }

    /// Sends a message from the customer.
    pub(crate) async fn write(&self, body: &str) -> Value {
        self.write_json(json!({ "from": CUSTOMER, "to": DESK, "body": body })).await
    }

    pub(crate) async fn write_json(&self, text: Value) -> Value {
        let answer = self.http.post(self.control("texts")).json(&text).send().await.expect("a response");
        assert_eq!(answer.status(), 201);
        answer.json().await.expect("JSON")
    }

    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let answer = self.http.get(self.control("ledger")).send().await.expect("a response");
        let ledger: Value = answer.json().await.expect("JSON");
        ledger["texts"].as_array().expect("a list").clone()
    }

    /// Returns the next webhook, in the order of arrival.
    pub(crate) async fn webhook(&self) -> Webhook {
        timeout(TIMEOUT, async { self.webhooks.lock().await.recv().await })
            .await
            .expect("a webhook in time")
            .expect("the server runs")
    }

    /// Returns the statuses of the next `count` receipts.
    pub(crate) async fn receipts(&self, count: usize) -> Vec<String> {
        let mut statuses = Vec::new();
        for _ in 0..count {
            statuses.push(self.webhook().await.get("MessageStatus").to_owned());
        }
        statuses
    }

    /// Whether a received webhook has not been read yet.
    pub(crate) async fn has_webhook(&self) -> bool {
        !self.webhooks.lock().await.is_empty()
    }

    /// Polls the ledger until its only message satisfies the condition.
    pub(crate) async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        timeout(TIMEOUT, async {
            loop {
                if let [text] = self.ledger().await.as_slice()
                    && wanted(text)
                {
                    return text.clone();
                }
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the message satisfies the condition in time")
    }
}

/// Starts a server that records webhooks. It responds 200, or 503 to a message whose body is "refuse".
async fn listen() -> (String, mpsc::UnboundedReceiver<Webhook>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (sender, webhooks) = mpsc::unbounded_channel();
    let sender = Arc::new(sender);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let sender = Arc::clone(&sender);
            let service = service_fn(move |request| record(Arc::clone(&sender), request));
            tokio::spawn(Http::new().serve_connection(stream, service));
        }
    });
    (format!("http://{address}"), webhooks)
}

async fn record(
    sender: Arc<mpsc::UnboundedSender<Webhook>>,
    request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    let path = request.uri().to_string();
    let header = request.headers().get("x-twilio-signature");
    let signature = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = hyper::body::to_bytes(request.into_body()).await.expect("a body");
    let form: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).expect("a form");
    let refused = form.iter().any(|(name, value)| name == "Body" && value == "refuse");
    // Sending fails when the test has ended already.
    let _ = sender.send(Webhook { path, signature, form });
    let mut answer = Response::new(Body::from("<Response/>"));
    if refused {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(answer)
}
