//! Ordered faults, as a client observes them.

use std::{error::Error as _, io::ErrorKind, time::Duration};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{CUSTOMER, DESK, Stage};

/// Returns the I/O error that ended the connection, from the error's sources.
fn kind_of(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

#[tokio::test]
async fn a_reset_before_acceptance_accepts_nothing() {
    let stage = Stage::set().await;
    stage.order(json!([{ "number": CUSTOMER, "fault": "reset_before_accept" }])).await;
    let error = stage.text("Hi").send().await.expect_err("no response");
    assert_eq!(kind_of(&error), Some(ErrorKind::ConnectionReset), "{error:?}");
    assert!(stage.ledger().await.is_empty());
    assert_eq!(stage.text("Hi").send().await.expect("the fault is used up").status(), 201);
}

#[tokio::test]
async fn a_message_accepted_before_a_reset_is_in_the_ledger_and_gets_receipts() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "reset_after_accept" }])).await;
    let error = stage.text("Hi").send().await.expect_err("no response");
    assert_eq!(kind_of(&error), Some(ErrorKind::ConnectionReset), "{error:?}");
    assert_eq!(stage.receipts(3).await, ["queued", "sent", "delivered"]);
    assert_eq!(stage.ledger().await.len(), 1);
}

#[tokio::test]
async fn a_message_accepted_before_a_timeout_is_in_the_message_list() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "timeout_after_accept" }])).await;
    let error = stage.text("Hi").timeout(Duration::from_millis(200)).send().await.expect_err("no response");
    assert!(error.is_timeout());
    let path = "/Messages.json?To=%2B447700900123&From=%2B447700900001";
    let page: Value = stage.get(path).send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(page["messages"][0]["body"], "Hi");
}

#[tokio::test]
async fn rejections_have_twilios_status_code_and_retry_after() {
    let stage = Stage::set().await;
    for (fault, status, code) in [
        (json!({ "fault": "http_429", "retry_after": 2 }), 429, 20_429),
        (json!({ "fault": "http_500" }), 500, 20_500),
        (json!({ "fault": "http_401" }), 401, 20_003),
        (json!({ "fault": "error", "code": 21_614 }), 400, 21_614),
    ] {
        stage.order(json!([fault])).await;
        let answer = stage.text("Hi").send().await.expect("a response");
        assert_eq!(answer.status(), status);
        let retry_after =
            answer.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(retry_after.as_deref(), (status == 429).then_some("2"));
        assert_eq!(answer.json::<Value>().await.expect("JSON")["code"], code);
    }
    assert!(stage.ledger().await.is_empty());
}

#[tokio::test]
async fn an_unreachable_phone_shows_only_in_the_receipt() {
    let stage = Stage::set().await;
    stage.order(json!([{ "number": CUSTOMER, "fault": "fail", "error_code": 30_003 }])).await;
    assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 201);
    assert_eq!(stage.receipts(2).await, ["queued", "sent"]);
    let last = stage.webhook().await;
    assert_eq!((last.get("MessageStatus"), last.get("ErrorCode")), ("undelivered", "30003"));
    let text = stage.until(|text| text["status"] == "undelivered").await;
    assert_eq!(text["error_code"], 30_003);
}

#[tokio::test]
async fn receipts_come_twice_in_reverse_or_not_at_all() {
    let stage = Stage::set().await;
    let send = async |mode: &str| {
        stage.order(json!([{ "fault": "receipts", "mode": mode }])).await;
        assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 201);
    };
    send("twice").await;
    assert_eq!(stage.receipts(6).await, ["queued", "queued", "sent", "sent", "delivered", "delivered"]);
    send("reversed").await;
    assert_eq!(stage.receipts(3).await, ["delivered", "sent", "queued"]);

    stage.http.delete(stage.control("ledger")).send().await.expect("a response");
    send("never").await;
    stage.until(|text| text["status"] == "delivered").await;
    assert!(!stage.has_webhook().await);
}

#[tokio::test]
async fn early_receipts_come_before_the_response() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "receipts", "mode": "early" }])).await;
    let message: Value = stage.text("Hi").send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(message["status"], "queued");
    let text = stage.until(|text| text["sid"] == message["sid"]).await;
    assert_eq!(text["status"], "delivered");
    assert_eq!(text["receipts"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn early_receipts_continue_when_the_client_disconnects() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "receipts", "mode": "early" }])).await;
    let desk = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let callback = format!("http://{}", desk.local_addr().expect("an address"));
    let text = [("To", CUSTOMER), ("From", DESK), ("Body", "Hi"), ("StatusCallback", callback.as_str())];
    let calling = tokio::spawn(stage.text_of(&text).send());
    let first = desk.accept().await.expect("the first receipt");
    calling.abort();
    assert!(calling.await.is_err_and(|ended| ended.is_cancelled()));
    drop((first, desk));
    stage.until(|text| text["status"] == "delivered").await;
}

#[tokio::test]
async fn a_message_stays_sent_until_its_late_receipt() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "receipts", "mode": "late", "ms": 600_000 }])).await;
    stage.text("Hi").send().await.expect("a response");
    assert_eq!(stage.receipts(2).await, ["queued", "sent"]);
    assert_eq!(stage.ledger().await[0]["status"], "sent");
}

#[tokio::test]
async fn a_fault_on_reading_does_not_affect_sending() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "http_500", "on": "read", "times": null }])).await;
    assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 201);
    assert_eq!(stage.get("/Messages.json").send().await.expect("a response").status(), 500);
    stage.http.delete(stage.control("faults")).send().await.expect("a response");
    assert_eq!(stage.get("/Messages.json").send().await.expect("a response").status(), 200);
}

#[tokio::test]
async fn a_media_fault_fails_the_fetch_of_a_picture() {
    let stage = Stage::set().await;
    let media = json!([{ "content_type": "image/png" }]);
    stage.write_json(json!({ "from": CUSTOMER, "to": DESK, "body": "Look", "media": media })).await;
    let url = stage.webhook().await.get("MediaUrl0").to_owned();
    let fetch = async || {
        let credentials = (&stage.settings.account_sid, Some(&stage.settings.auth_token));
        let answer = stage.http.get(&url).basic_auth(credentials.0, credentials.1).send().await;
        answer.expect("a response").status()
    };
    stage.order(json!([{ "number": CUSTOMER, "fault": "http_500", "on": "media" }])).await;
    assert_eq!(fetch().await, 500);
    assert_eq!(fetch().await, 200);
}

#[tokio::test]
async fn orders_are_listed_and_cleared_one_by_one() {
    let stage = Stage::set().await;
    stage
        .order(json!([{ "fault": "http_500", "times": 3 }, { "number": CUSTOMER, "fault": "http_401" }]))
        .await;
    let ordered = async || {
        let answer = stage.http.get(stage.control("faults")).send().await.expect("a response");
        answer.json::<Value>().await.expect("JSON")["faults"].as_array().expect("a list").clone()
    };
    assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 401);
    assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 500);
    let left = ordered().await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!((&left[0]["number"], &left[0]["times"]), (&json!("*"), &json!(2)));
    let url = stage.control(&format!("faults/{}", left[0]["id"]));
    assert_eq!(stage.http.delete(url).send().await.expect("a response").status(), 204);
    assert!(ordered().await.is_empty());
    assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 201);
}

#[tokio::test]
async fn an_unknown_fault_is_rejected_with_a_reason() {
    let stage = Stage::set().await;
    let faults = json!([{ "fault": "gremlins" }]);
    let answer = stage.http.put(stage.control("faults")).json(&faults).send().await.expect("a response");
    assert_eq!(answer.status(), 400);
    assert!(answer.json::<Value>().await.expect("JSON")["error"].is_string());
}

#[tokio::test]
async fn another_sites_page_cannot_order_faults() {
    let stage = Stage::set().await;
    let answer = stage
        .http
        .post(stage.control("faults"))
        .header("content-type", "text/plain")
        .body(r#"{"fault":"http_500"}"#)
        .send()
        .await
        .expect("a response");
    assert_eq!(answer.status(), 415);
}
