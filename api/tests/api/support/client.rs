//! An HTTP client of the API, and the responses that it gets.

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;
use shared::ErrorCode;

/// A client of one server, with or without credentials.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
}

impl Client {
    pub(crate) fn of(url: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(super::waiting::TIMEOUT)
            // An idle connection would keep the server from stopping.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Self { http: http.expect("an HTTP client"), url: url.to_owned(), token: None }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client of another server.
    pub(crate) fn at(&self, server: &Self) -> Self {
        Self { url: server.url.clone(), ..self.clone() }
    }

    /// A request to a path below `/api/v1`, or below the root if the path begins with `//`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix("//") {
            Some(rooted) => format!("{}/{rooted}", self.url),
            None => format!("{}/api/v1{path}", self.url),
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        ApiResponse::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> ApiResponse {
        ApiResponse::to(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> ApiResponse {
        ApiResponse::to(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> ApiResponse {
        ApiResponse::to(self.request(Method::DELETE, path)).await
    }

    /// Fetches all pages of a list; `path` has a query. Returns the items of each page.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{cursor}")).await.expect(200);
            pages.push(page["items"].as_array().expect("items").clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return pages,
            }
        }
    }

    /// Replies in a conversation.
    pub(crate) async fn reply(&self, conversation: i64, body: &str) -> ApiResponse {
        let path = format!("/conversations/{conversation}/messages");
        self.post(&path, serde_json::json!({ "body": body })).await
    }

    /// Replies in a conversation and returns the id of the message.
    pub(crate) async fn create_reply(&self, conversation: i64, body: &str) -> i64 {
        self.reply(conversation, body).await.expect(201)["id"].as_i64().expect("an id")
    }

    /// Assigns a conversation to an account.
    pub(crate) async fn assign(&self, conversation: i64, to: super::fixtures::Person) -> ApiResponse {
        let path = format!("/conversations/{conversation}/assignment");
        self.put(&path, serde_json::json!({ "account_id": to.1 })).await
    }

    /// Closes a conversation with the closure reason of all teams.
    pub(crate) async fn close(&self, conversation: i64) -> ApiResponse {
        let reason = super::fixtures::RESOLVED;
        let path = format!("/conversations/{conversation}/closure");
        self.post(&path, serde_json::json!({ "closure_reason_id": reason })).await
    }

    pub(crate) async fn conversation(&self, id: i64) -> Value {
        self.get(&format!("/conversations/{id}")).await.expect(200)
    }

    pub(crate) async fn messages(&self, conversation: i64) -> Vec<Value> {
        let path = format!("/conversations/{conversation}/messages");
        self.get(&path).await.items()
    }
}

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl ApiResponse {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("a response");
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.expect("a body"),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header"))
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        let set = self.headers.get_all("set-cookie");
        set.iter().map(|value| value.to_str().expect("a cookie")).collect()
    }

    /// Returns the JSON of a response with this status.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Asserts the status 204 and an empty body.
    pub(crate) fn no_content(self) {
        assert_eq!((self.status, self.body.as_str()), (204, ""));
    }

    /// Returns the items of a page.
    pub(crate) fn items(self) -> Vec<Value> {
        self.expect(200)["items"].as_array().expect("a list of items").clone()
    }

    /// Asserts that the response is this problem, well-formed by RFC 9457, and returns it.
    pub(crate) fn problem(self, code: ErrorCode) -> Value {
        assert_eq!(self.status, code.status(), "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(problem["code"], code.as_str(), "{problem}");
        assert_eq!(problem["status"], code.status());
        assert_eq!(problem["title"], code.title());
        assert_eq!(problem["type"], format!("urn:sms-chat:problem:{code}"));
        assert!(!problem["detail"].as_str().expect("a detail").is_empty());
        if code.status() == 401 {
            assert_eq!(self.header("www-authenticate"), Some("Bearer"));
        }
        problem
    }

    /// Asserts a problem with one field error, and returns its field and code.
    pub(crate) fn fault(self, code: ErrorCode) -> (String, String) {
        let problem = self.problem(code);
        let errors = problem["errors"].as_array().expect("field errors");
        assert_eq!(errors.len(), 1, "{problem}");
        let word = |name: &str| errors[0][name].as_str().expect("a string").to_owned();
        assert!(!word("message").is_empty());
        (word("field"), word("code"))
    }

    /// Asserts a problem with field errors, and returns each as `field:code`, in order.
    pub(crate) fn faults(self, code: ErrorCode) -> Vec<String> {
        let problem = self.problem(code);
        let errors = problem["errors"].as_array().expect("field errors");
        let word = |error: &Value, name: &str| error[name].as_str().expect("a string").to_owned();
        errors.iter().map(|error| format!("{}:{}", word(error, "field"), word(error, "code"))).collect()
    }
}
