//! Pictures and files that came with a text: fetched through the desk by members of the team, from the gateway alone, and
//! shown only where nothing can be run.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use shared::ErrorCode::{GatewayUnavailable, MediaGone, MediaUnusable, NotFound, Unauthenticated};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, COLLECTIONS_NUMBER, CY, SAM, STRANGER},
    gateway::{ACCOUNT_SID, MESSAGES, signed, text_form},
    on_both_databases,
    store::Store,
};

on_both_databases![
    a_picture_is_shown_to_the_members_of_its_team_and_to_nobody_else,
    what_could_be_run_is_a_download,
    our_credentials_go_to_the_gateway_alone,
    what_does_not_lie_with_the_gateway_is_not_fetched,
    what_is_too_large_is_not_handed_on,
    what_the_gateway_has_no_more_or_does_not_give_is_told,
    a_picture_of_a_closed_conversation_is_still_shown,
    no_picture_is_sent,
];

/// A customer sends these; the API's paths to them.
async fn sent(app: &TestApp, media: Value) -> Vec<String> {
    let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Look", "media": media});
    assert_eq!(app.gateway.write_all(text).await["webhook_status"], 200);
    paths(app).await
}

/// Where the API has what came with the newest message.
async fn paths(app: &TestApp) -> Vec<String> {
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    let media = messages.last().unwrap()["media"].as_array().unwrap().iter();
    let path = |media: &Value| media["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    media.map(path).collect()
}

async fn fetch(client: &Client, path: &str) -> Response {
    client.request(Method::GET, path).header("Accept-Encoding", "gzip, br").send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn a_picture_is_shown_to_the_members_of_its_team_and_to_nobody_else(app: TestApp) {
    let paths = sent(&app, json!([{}, {"content_type": "image/jpeg"}])).await;
    assert_eq!(paths.len(), 2);
    let ann = app.signed_in(ANN).await;
    let answer = fetch(&ann, &paths[0]).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-disposition", "inline"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(header(&answer, name), value, "{name}");
    }
    let length: usize = header(&answer, "content-length").parse().unwrap();
    let picture = answer.bytes().await.unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(picture.len(), length);

    assert_eq!(app.signed_in(SAM).await.get(&paths[1]).await.status, 200);
    app.signed_in(CY).await.get(&paths[0]).await.problem(NotFound);
    app.nobody.get(&paths[0]).await.problem(Unauthenticated);
    for missing in [paths[0].replace("media/0", "media/2"), "/messages/4711/media/0".to_owned()] {
        ann.get(&missing).await.problem(NotFound);
    }
    for nonsense in ["/messages/x/media/0", "/messages/1/media/-1", "/messages/1/media/x"] {
        ann.get(nonsense).await.problem(NotFound);
    }
}

async fn what_could_be_run_is_a_download(app: TestApp) {
    let kinds =
        ["image/svg+xml", "text/html; charset=utf-8", "application/pdf", "application/javascript", ""];
    for kind in kinds {
        let store = Store::of(kind, b"<script>alert(1)</script>");
        let paths = sent(&app, json!([{"url": store.url, "content_type": "text/html"}])).await;
        let answer = fetch(&app.signed_in(ANN).await, &paths[0]).await;
        assert_eq!(answer.status(), 200, "{kind}");
        assert_eq!(header(&answer, "content-disposition"), "attachment", "{kind}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(answer.text().await.unwrap(), "<script>alert(1)</script>");
    }
    let store = Store::of("IMAGE/WebP; q=1", b"RIFF");
    let paths = sent(&app, json!([{"url": store.url}])).await;
    let answer = fetch(&app.signed_in(ANN).await, &paths[0]).await;
    assert_eq!(header(&answer, "content-type"), "image/webp");
    assert_eq!(header(&answer, "content-disposition"), "inline");
}

async fn our_credentials_go_to_the_gateway_alone(app: TestApp) {
    let store = Store::of("image/png", b"PNG");
    let paths = sent(&app, json!([{"url": store.url}])).await;
    let answer = fetch(&app.signed_in(ANN).await, &paths[0]).await;
    assert_eq!(answer.bytes().await.unwrap().as_ref(), b"PNG");
    let asked = store.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("GET /picture HTTP/1.1"), "{asked:?}");
    let heads = asked[0].to_lowercase();
    assert!(!heads.contains("authorization") && !heads.contains("cookie"), "{heads}");
}

async fn what_does_not_lie_with_the_gateway_is_not_fetched(app: TestApp) {
    let store = Store::of("image/png", b"PNG");
    let gateway = app.gateway.url();
    let account = format!("/2010-04-01/Accounts/{ACCOUNT_SID}");
    let at_store = store.url.trim_end_matches("/picture");
    let ann = app.signed_in(ANN).await;
    for address in [
        store.url.clone(),
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
        let mut form = text_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "Look");
        form.retain(|(name, _)| name != "NumMedia");
        form.push(("NumMedia".to_owned(), "1".to_owned()));
        form.push(("MediaUrl0".to_owned(), address.clone()));
        assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
        let answer = ann.get(&paths(&app).await[0]).await;
        assert_eq!(answer.status, 502, "{address}");
        answer.problem(MediaUnusable);
    }
    assert!(store.asked().is_empty());
}

async fn what_is_too_large_is_not_handed_on(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n";
    let told = Store::answering(format!("{head}Content-Length: 16777217\r\n\r\nPNG").into_bytes());
    let paths = sent(&app, json!([{"url": told.url}])).await;
    ann.get(&paths[0]).await.problem(MediaUnusable);

    let mut endless = format!("{head}Connection: close\r\n\r\n").into_bytes();
    endless.resize(endless.len() + 16 * 1024 * 1024 + 1, b'.');
    let untold = Store::answering(endless);
    let paths = sent(&app, json!([{"url": untold.url}])).await;
    let answer = fetch(&ann, &paths[0]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err(), "it breaks off, so that nobody takes a part for the whole");
}

async fn what_the_gateway_has_no_more_or_does_not_give_is_told(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let paths = sent(&app, json!([{}])).await;
    app.gateway.forget_everything().await;
    ann.get(&paths[0]).await.problem(MediaGone);

    let failing =
        Store::answering(b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
    let silent = Store::answering(Vec::new());
    let elsewhere =
        b"HTTP/1.1 302 Found\r\nLocation: /picture\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let circle = Store::answering(elsewhere.to_vec());
    let nowhere =
        Store::answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
    for store in [&failing, &silent, &circle, &nowhere] {
        let paths = sent(&app, json!([{"url": store.url}])).await;
        ann.get(&paths[0]).await.problem(GatewayUnavailable);
    }
    assert_eq!(circle.asked().len(), 5, "it does not go on for ever");
}

async fn a_picture_of_a_closed_conversation_is_still_shown(app: TestApp) {
    let paths = sent(&app, json!([{}])).await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.close(app.live(COLLECTIONS_NUMBER, STRANGER)).await.status, 201);
    assert_eq!(fetch(&ann, &paths[0]).await.status(), 200);
}

async fn no_picture_is_sent(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
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
