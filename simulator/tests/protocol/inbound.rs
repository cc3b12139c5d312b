//! Inbound messages and their webhooks.

use serde_json::{Value, json};

use crate::support::{CUSTOMER, DESK, Stage};

#[tokio::test]
async fn a_customers_message_is_posted_with_twilios_fields_and_signature() {
    let stage = Stage::set().await;
    let written = stage.write("Can I pay on Friday? £20 + £5").await;
    assert_eq!(written["webhook_status"], 200);
    let webhook = stage.webhook().await;
    assert_eq!(webhook.path, "/messages?via=simulator");
    assert_eq!(webhook.get("MessageSid"), written["sid"]);
    assert_eq!(webhook.get("SmsMessageSid"), written["sid"]);
    assert_eq!(webhook.get("From"), CUSTOMER);
    assert_eq!(webhook.get("To"), DESK);
    assert_eq!(webhook.get("Body"), "Can I pay on Friday? £20 + £5");
    assert_eq!(webhook.get("NumMedia"), "0");
    assert_eq!(webhook.get("FromCountry"), "GB");
    assert_eq!(webhook.find("OptOutType"), None);
    let url = format!("{}/messages?via=simulator", stage.desk);
    assert_eq!(webhook.signature, simulator::sign(&stage.settings.auth_token, &url, &webhook.form));

    let texts = stage.ledger().await;
    assert_eq!(texts.len(), 1);
    assert_eq!((&texts[0]["direction"], &texts[0]["status"]), (&json!("inbound"), &json!("received")));
}

#[tokio::test]
async fn stop_blocks_messages_to_the_customer_until_start() {
    let stage = Stage::set().await;
    stage.write("Stop").await;
    assert_eq!(stage.webhook().await.get("OptOutType"), "STOP");
    let answer = stage.text("Hello?").send().await.expect("a response");
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.expect("JSON")["code"], 21_610);

    stage.write("START").await;
    assert_eq!(stage.webhook().await.get("OptOutType"), "START");
    assert_eq!(stage.text("Hello again").send().await.expect("a response").status(), 201);
}

#[tokio::test]
async fn a_picture_is_fetched_from_the_webhooks_url_with_credentials() {
    let stage = Stage::set().await;
    let media = json!([
        { "content_type": "image/png" },
        { "url": "http://127.0.0.1:9/elsewhere.jpg", "content_type": "image/jpeg" },
    ]);
    stage.write_json(json!({ "from": CUSTOMER, "to": DESK, "body": "Look", "media": media })).await;
    let webhook = stage.webhook().await;
    assert_eq!(webhook.get("NumMedia"), "2");
    assert!(webhook.get("MessageSid").starts_with("MM"));
    assert_eq!(webhook.get("MediaContentType1"), "image/jpeg");

    let url = webhook.get("MediaUrl0");
    assert_eq!(stage.http.get(url).send().await.expect("a response").status(), 401);
    let path = url.split_once(&stage.account_path()).expect("a path of the account").1.to_owned();
    let answer = stage.get(&path).send().await.expect("a response");
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert!(answer.bytes().await.expect("a picture").starts_with(b"\x89PNG"));

    let path = format!("/Messages/{}/Media.json", webhook.get("MessageSid"));
    let list: Value = stage.get(&path).send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(list["media_list"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_message_with_a_lost_webhook_is_in_the_message_list() {
    let stage = Stage::set().await;
    stage.order(json!([{ "number": CUSTOMER, "fault": "webhook_never" }])).await;
    let written = stage.write("Anybody there?").await;
    assert_eq!((&written["webhook"], &written["webhook_status"]), (&json!("withheld"), &Value::Null));
    assert!(!stage.has_webhook().await);
    let path = "/Messages.json?To=%2B447700900001&From=%2B447700900123";
    let page: Value = stage.get(path).send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(page["messages"][0]["body"], "Anybody there?");
    assert_eq!(page["messages"][0]["direction"], "inbound");
}

#[tokio::test]
async fn a_webhook_can_be_posted_twice_with_the_same_sid() {
    let stage = Stage::set().await;
    stage.order(json!([{ "fault": "webhook_twice" }])).await;
    let written = stage.write("Hello").await;
    assert_eq!(stage.webhook().await.get("MessageSid"), written["sid"]);
    assert_eq!(stage.webhook().await.get("MessageSid"), written["sid"]);
    assert_eq!(stage.ledger().await.len(), 1);
}

#[tokio::test]
async fn a_rejected_webhook_is_recorded_and_not_retried() {
    let stage = Stage::set().await;
    let written = stage.write("refuse").await;
    assert_eq!((&written["webhook"], &written["webhook_status"]), (&json!("failed"), &json!(503)));
    stage.webhook().await;
    stage.write("next").await;
    assert_eq!(stage.webhook().await.get("Body"), "next");
}

#[tokio::test]
async fn webhook_urls_can_change_and_differ_from_the_signed_url() {
    let stage = Stage::set_with(|settings| settings.messages_url = None).await;
    assert_eq!(stage.write("Too soon").await["webhook"], "not_configured");
    let public = "https://desk.example/twilio/messages";
    let webhooks = json!({ "messages_url": public, "deliver_to": stage.desk });
    stage.http.put(stage.control("webhooks")).json(&webhooks).send().await.expect("a response");
    assert_eq!(stage.write("Now").await["webhook"], "delivered");
    let webhook = stage.webhook().await;
    assert_eq!(webhook.path, "/twilio/messages");
    assert_eq!(webhook.signature, simulator::sign(&stage.settings.auth_token, public, &webhook.form));
}
