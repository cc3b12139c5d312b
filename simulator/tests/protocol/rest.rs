//! Twilio's REST API: credentials, sending, listing and fetching.

use serde_json::Value;

use crate::support::{CUSTOMER, DESK, Stage};

#[tokio::test]
async fn an_accepted_message_is_queued_sent_and_delivered() {
    let stage = Stage::set().await;
    let answer = stage.text("Hello & welcome").send().await.expect("a response");
    assert_eq!(answer.status(), 201);
    let message: Value = answer.json().await.expect("JSON");
    let sid = message["sid"].as_str().expect("a sid");
    assert!(sid.len() == 34 && sid.starts_with("SM"));
    assert_eq!(message["status"], "queued");
    assert_eq!(message["direction"], "outbound-api");
    assert_eq!(message["num_segments"], "1");
    assert_eq!(message["num_media"], "0");
    assert_eq!(message["date_sent"], Value::Null);
    assert!(message["date_created"].as_str().is_some_and(|date| date.ends_with(" +0000")));

    for status in ["queued", "sent", "delivered"] {
        let receipt = stage.webhook().await;
        assert_eq!(receipt.path, "/status?part=1");
        assert_eq!(receipt.get("MessageSid"), sid);
        assert_eq!(receipt.get("MessageStatus"), status);
        assert_eq!(receipt.find("ErrorCode"), None);
        let url = format!("{}/status?part=1", stage.desk);
        assert_eq!(receipt.signature, simulator::sign(&stage.settings.auth_token, &url, &receipt.form));
    }
    let answer = stage.get(&format!("/Messages/{sid}.json")).send().await.expect("a response");
    let message: Value = answer.json().await.expect("JSON");
    assert_eq!(message["status"], "delivered");
    assert!(message["date_sent"].is_string());
}

#[tokio::test]
async fn wrong_credentials_are_rejected_with_twilios_error() {
    let stage = Stage::set().await;
    let url = format!("{}{}/Messages.json", stage.simulator.url(), stage.account_path());
    for token in [None, Some("wrong")] {
        let answer = stage.http.get(&url).basic_auth(&stage.settings.account_sid, token).send().await;
        let answer = answer.expect("a response");
        assert_eq!(answer.status(), 401);
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["code"], 20_003);
        assert_eq!(error["status"], 401);
    }
    assert_eq!(stage.get(".json").send().await.expect("a response").status(), 200);
}

#[tokio::test]
async fn a_rejected_message_is_not_in_the_ledger() {
    let stage = Stage::set().await;
    let long = "a".repeat(1601);
    for (form, code) in [
        (vec![("From", DESK), ("Body", "Hi")], 21_604),
        (vec![("To", CUSTOMER), ("Body", "Hi")], 21_603),
        (vec![("To", CUSTOMER), ("From", DESK)], 21_602),
        (vec![("To", "07700 900123"), ("From", DESK), ("Body", "Hi")], 21_211),
        (vec![("To", CUSTOMER), ("From", DESK), ("Body", &long)], 21_617),
    ] {
        let answer = stage.text_of(&form).send().await.expect("a response");
        assert_eq!(answer.status(), 400);
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["code"], code);
        assert_eq!(error["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
    }
    assert!(stage.ledger().await.is_empty());
}

#[tokio::test]
async fn only_registered_numbers_can_send_when_the_setting_is_on() {
    let stage = Stage::set_with(|settings| settings.only_registered_senders = true).await;
    let error: Value = stage.text("Hi").send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(error["code"], 21_606);
    let numbers = serde_json::json!([{ "number": DESK, "label": "Collections" }]);
    let answer = stage.http.put(stage.control("numbers")).json(&numbers).send().await.expect("a response");
    assert_eq!(answer.status(), 200);
    assert_eq!(stage.text("Hi").send().await.expect("a response").status(), 201);
}

#[tokio::test]
async fn the_list_is_newest_first_and_its_pages_neither_skip_nor_repeat() {
    let stage = Stage::set().await;
    for body in ["one", "two", "three", "four", "five"] {
        assert_eq!(stage.text(body).send().await.expect("a response").status(), 201);
    }
    let number = CUSTOMER.replace('+', "%2B");
    let path = format!("/Messages.json?To={number}&PageSize=2");
    let mut page: Value = stage.get(&path).send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(page["previous_page_uri"], Value::Null);
    // A message accepted between two pages is on none of the remaining pages.
    stage.text("six").send().await.expect("a response");
    let mut bodies = Vec::new();
    loop {
        let messages = page["messages"].as_array().expect("a list");
        bodies.extend(messages.iter().map(|message| message["body"].as_str().expect("a body").to_owned()));
        let Some(next) = page["next_page_uri"].as_str() else {
            break;
        };
        let next = next.strip_prefix(&stage.account_path()).expect("a path of the account").to_owned();
        page = stage.get(&next).send().await.expect("a response").json().await.expect("JSON");
    }
    assert_eq!(bodies, ["five", "four", "three", "two", "one"]);
}

#[tokio::test]
async fn the_list_is_filtered_by_numbers_and_dates() {
    let stage = Stage::set().await;
    stage.text("out").send().await.expect("a response");
    stage.write("in").await;
    for (query, count) in [
        ("From=%2B447700900123", 1),
        ("To=%2B447700900001", 1),
        ("To=%2B447700900999", 0),
        ("DateSent%3C=2020-01-01", 0),
        ("To=%2B447700900001&DateSent%3E=2020-01-01", 1),
    ] {
        let answer = stage.get(&format!("/Messages.json?{query}")).send().await.expect("a response");
        let page: Value = answer.json().await.expect("JSON");
        assert_eq!(page["messages"].as_array().map(Vec::len), Some(count), "{query}");
    }
}

#[tokio::test]
async fn a_backdated_message_is_listed_with_its_time() {
    let stage = Stage::set().await;
    let text = serde_json::json!({"from": CUSTOMER, "to": DESK, "body": "Hi", "at": "2024-11-25T08:50:00Z"});
    stage.http.post(stage.control("texts")).json(&text).send().await.expect("a response");
    for (since, count) in [("2024-11-25T08:50:00Z", 1), ("2024-11-25T08:50:01Z", 0)] {
        let path = format!("/Messages.json?To=%2B447700900001&DateSent%3E={since}");
        let page: Value = stage.get(&path).send().await.expect("a response").json().await.expect("JSON");
        let messages = page["messages"].as_array().expect("a list");
        assert_eq!(messages.len(), count, "{since}");
        assert!(messages.iter().all(|text| text["date_sent"] == "Mon, 25 Nov 2024 08:50:00 +0000"));
    }
}

#[tokio::test]
async fn team_numbers_are_listed_with_their_webhook() {
    let stage = Stage::set().await;
    let numbers = serde_json::json!([{ "number": DESK, "label": "Collections" }]);
    stage.http.put(stage.control("numbers")).json(&numbers).send().await.expect("a response");
    let answer = stage.get("/IncomingPhoneNumbers.json").send().await.expect("a response");
    let page: Value = answer.json().await.expect("JSON");
    let number = &page["incoming_phone_numbers"][0];
    assert_eq!(
        (&number["phone_number"], &number["friendly_name"]),
        (&Value::from(DESK), &Value::from("Collections"))
    );
    assert_eq!(number["sms_url"], format!("{}/messages?via=simulator", stage.desk));
    assert_eq!(page["next_page_uri"], Value::Null);
}

#[tokio::test]
async fn an_unknown_message_is_not_found() {
    let stage = Stage::set().await;
    let error: Value =
        stage.get("/Messages/SM0.json").send().await.expect("a response").json().await.expect("JSON");
    assert_eq!((error["code"].as_u64(), error["status"].as_u64()), (Some(20_404), Some(404)));
}

#[tokio::test]
async fn a_stopped_simulator_frees_its_port() {
    let stage = Stage::set().await;
    let address = stage.simulator.address();
    stage.simulator.stop().await;
    let again = simulator::Simulator::start(simulator::Settings { listen: address, ..stage.settings });
    assert_eq!(again.expect("the port is free").address(), address);
}
