//! Media of inbound messages: the server fetches them for members of the team, only from the gateway, and never as
//! content that a browser would execute.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use shared::ErrorCode::{GatewayUnavailable, MediaGone, MediaUnusable, NotFound, Unauthenticated};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, COLLECTIONS_NUMBER, CY, SAM, STRANGER},
    gateway::{ACCOUNT_SID, MESSAGES, message_form, signed},
    on_both_databases,
    stub_server::StubServer,
};

on_both_databases![
    a_picture_is_shown_only_to_members_of_its_team,
    executable_content_is_downloaded,
    the_credentials_are_sent_only_to_the_gateway,
    media_outside_the_gateway_are_not_fetched,
    media_over_the_size_limit_are_refused,
    deleted_and_unavailable_media_are_reported,
    a_picture_of_a_closed_conversation_is_still_shown,
    outbound_media_are_refused,
];

/// Delivers a message with these media and returns their API paths.
async fn media_paths(app: &TestApp, media: Value) -> Vec<String> {
    let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Look", "media": media});
    assert_eq!(app.gateway.send_inbound_with(text).await["webhook_status"], 200);
    paths(app).await
}

/// Returns the API paths of the newest message's media.
async fn paths(app: &TestApp) -> Vec<String> {
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    let media = messages.last().unwrap()["media"].as_array().unwrap().iter();
    let path = |media: &Value| media["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    media.map(path).collect()
}

async fn fetch(client: &Client, path: &str) -> Response {
    client.request(Method::GET, path).header("Accept-Encoding", "gzip, br").send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn a_picture_is_shown_only_to_members_of_its_team(app: TestApp) {
    let paths = media_paths(&app, json!([{}, {"content_type": "image/jpeg"}])).await;
    assert_eq!(paths.len(), 2);
    let ann = app.signed_in(ANN).await;
    let response = fetch(&ann, &paths[0]).await;
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-disposition", "inline"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(header(&response, name), value, "{name}");
    }
    let length: usize = header(&response, "content-length").parse().unwrap();
    let picture = response.bytes().await.unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(picture.len(), length);

    assert_eq!(app.signed_in(SAM).await.get(&paths[1]).await.status, 200);
    app.signed_in(CY).await.get(&paths[0]).await.problem(NotFound);
    app.anonymous.get(&paths[0]).await.problem(Unauthenticated);
    for missing in [paths[0].replace("media/0", "media/2"), "/messages/4711/media/0".to_owned()] {
        ann.get(&missing).await.problem(NotFound);
    }
    for nonsense in ["/messages/x/media/0", "/messages/1/media/-1", "/messages/1/media/x"] {
        ann.get(nonsense).await.problem(NotFound);
    }
}

async fn executable_content_is_downloaded(app: TestApp) {
    let content_types =
        ["image/svg+xml", "text/html; charset=utf-8", "application/pdf", "application/javascript", ""];
    for content_type in content_types {
        let stub = StubServer::of(content_type, b"<script>alert(1)</script>");
        let paths = media_paths(&app, json!([{"url": stub.url, "content_type": "text/html"}])).await;
        let response = fetch(&app.signed_in(ANN).await, &paths[0]).await;
        assert_eq!(response.status(), 200, "{content_type}");
        assert_eq!(header(&response, "content-disposition"), "attachment", "{content_type}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(response.text().await.unwrap(), "<script>alert(1)</script>");
    }
    let stub = StubServer::of("IMAGE/WebP; q=1", b"RIFF");
    let paths = media_paths(&app, json!([{"url": stub.url}])).await;
    let response = fetch(&app.signed_in(ANN).await, &paths[0]).await;
    assert_eq!(header(&response, "content-type"), "image/webp");
    assert_eq!(header(&response, "content-disposition"), "inline");
}

async fn the_credentials_are_sent_only_to_the_gateway(app: TestApp) {
    let stub = StubServer::of("image/png", b"PNG");
    let paths = media_paths(&app, json!([{"url": stub.url}])).await;
    let response = fetch(&app.signed_in(ANN).await, &paths[0]).await;
    assert_eq!(response.bytes().await.unwrap().as_ref(), b"PNG");
    let requests = stub.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET /picture HTTP/1.1"), "{requests:?}");
    let head = requests[0].to_lowercase();
    assert!(!head.contains("authorization") && !head.contains("cookie"), "{head}");
}

async fn media_outside_the_gateway_are_not_fetched(app: TestApp) {
    let stub = StubServer::of("image/png", b"PNG");
    let gateway = app.gateway.url();
    let account = format!("/2010-04-01/Accounts/{ACCOUNT_SID}");
    let at_store = stub.url.trim_end_matches("/picture");
    let ann = app.signed_in(ANN).await;
    for address in [
        stub.url.clone(),
        format!("{at_store}{account}/Messages/MM1/Media/ME1"),
        format!("{}@{}{account}/Messages/MM1/Media/ME1", gateway, at_store.trim_start_matches("http://")),
        format!("https://{}{account}/Messages/MM1/Media/ME1", gateway.trim_start_matches("http://")),
        format!("http://api.twilio.com{account}/Messages/MM1/Media/ME1"),
        format!("https://api.twilio.com.example.com{account}/Messages/MM1/Media/ME1"),
        format!("{gateway}/simulator/ledger"),
        format!("{gateway}{account}/Messages.json"),
        format!("{gateway}{account}/Messages/MM1/Media/../../../../../simulator/ledger"),
        format!("{gateway}{account}/Messages/MM1/Media/ME1?x=1"),
        format!("{gateway}{account}/Messages/MM1/Media/ME1.json"),
        format!("{gateway}/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"),
        "file:///etc/passwd".to_owned(),
        "/etc/passwd".to_owned(),
        "no address".to_owned(),
    ] {
        let mut form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "Look");
        form.retain(|(name, _)| name != "NumMedia");
        form.push(("NumMedia".to_owned(), "1".to_owned()));
        form.push(("MediaUrl0".to_owned(), address.clone()));
        assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
        let response = ann.get(&paths(&app).await[0]).await;
        assert_eq!(response.status, 502, "{address}");
        response.problem(MediaUnusable);
    }
    assert!(stub.requests().is_empty());
}

async fn media_over_the_size_limit_are_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n";
    let declared =
        StubServer::responding_with(format!("{head}Content-Length: 16777217\r\n\r\nPNG").into_bytes());
    let paths = media_paths(&app, json!([{"url": declared.url}])).await;
    ann.get(&paths[0]).await.problem(MediaUnusable);

    let mut endless = format!("{head}Connection: close\r\n\r\n").into_bytes();
    endless.resize(endless.len() + 16 * 1024 * 1024 + 1, b'.');
    let undeclared = StubServer::responding_with(endless);
    let paths = media_paths(&app, json!([{"url": undeclared.url}])).await;
    let response = fetch(&ann, &paths[0]).await;
    assert_eq!(response.status(), 200);
    assert!(
        response.bytes().await.is_err(),
        "the response breaks off, so that a part is not mistaken for the whole"
    );
}

async fn deleted_and_unavailable_media_are_reported(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let paths = media_paths(&app, json!([{}])).await;
    app.gateway.clear_ledger().await;
    ann.get(&paths[0]).await.problem(MediaGone);

    let failing = StubServer::responding_with(
        b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    );
    let silent = StubServer::responding_with(Vec::new());
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: /picture\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let looping = StubServer::responding_with(redirect.to_vec());
    let without_location = StubServer::responding_with(
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    );
    for stub in [&failing, &silent, &looping, &without_location] {
        let paths = media_paths(&app, json!([{"url": stub.url}])).await;
        ann.get(&paths[0]).await.problem(GatewayUnavailable);
    }
    assert_eq!(looping.requests().len(), 5, "the redirects are limited");
}

async fn a_picture_of_a_closed_conversation_is_still_shown(app: TestApp) {
    let paths = media_paths(&app, json!([{}])).await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.close(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await.status, 201);
    assert_eq!(fetch(&ann, &paths[0]).await.status(), 200);
}

async fn outbound_media_are_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let sam = app.signed_in(SAM).await;
    let path = format!("/conversations/{conversation}/messages");
    let ad_hoc = |name: &str, media: &Value| json!({"team_id": 1, "number": "07700 900999", "body": "Look", name: media});
    let picture = json!(["https://example.com/a.png"]);
    for name in ["media", "media_urls"] {
        for media in [&picture, &json!("https://example.com/a.png"), &json!([{"url": "x"}])] {
            for refused in [
                sam.post(&path, json!({"body": "Look", name: media})).await,
                sam.post("/conversations", ad_hoc(name, media)).await,
            ] {
                let fault = refused.fault(shared::ErrorCode::ValidationFailed);
                assert_eq!(fault, ("media".to_owned(), "unsupported".to_owned()));
            }
        }
    }
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert_eq!(sam.post(&path, json!({"body": "No picture", "media": null})).await.status, 201);
}
