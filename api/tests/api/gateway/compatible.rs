//! A gateway that has Twilio's protocol with differences: a path before Twilio's in the base URL, a header and a key of
//! its own for signatures, and a message list that ignores its filters.

use chrono::{TimeDelta, Utc};
use serde_json::json;
use shared::ErrorCode::{InvalidSignature, MediaGone};

use crate::support::{
    ApiResponse, Kind, TestApp,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER, stranger},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway, MESSAGES, message_form, sid},
    run_with,
};

const HEADER: &str = "X-SignalWire-Signature";
const KEY: &str = "PSK_a signing key of the tests";

fn compatible_gateway() -> Gateway {
    Gateway::start_with(|settings| {
        settings.base_path = "/api/laml".to_owned();
        settings.signature_header = HEADER.to_owned();
        settings.signing_key = Some(KEY.to_owned());
    })
}

/// Runs a test with a server that uses such a gateway.
fn run(test: impl AsyncFnOnce(TestApp, Gateway)) {
    let gateway = compatible_gateway();
    let api_url = gateway.api_url();
    let change = |args: &mut api::config::SettingArgs| {
        args.twilio_api_url = Some(api_url);
        args.gateway_signature_header = Some(HEADER.to_owned());
        args.gateway_signing_key = Some(KEY.to_owned());
    };
    run_with(Kind::Sqlite, change, async |app: TestApp| {
        gateway.deliver_to(&app.anonymous.url);
        test(app, gateway).await;
    });
}

#[test]
fn a_message_is_received_answered_and_delivered() {
    run(async |app, gateway| {
        let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Look", "media": [{}]});
        assert_eq!(gateway.send_inbound_with(text).await["webhook_status"], 200);
        let conversation = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
        let ann = app.signed_in(ANN).await;
        let message = ann.create_reply(conversation, "Hello").await;
        app.message_becomes(&ann, message, "delivered").await;
        assert_eq!(gateway.bodies_sent_to(STRANGER).await, ["Hello"]);
        let path = ann.messages(conversation).await[0]["media"][0]["url"].as_str().unwrap().to_owned();
        let picture = ann.get(path.strip_prefix("/api/v1").unwrap());
        assert_eq!(picture.await.header("content-type"), Some("image/png"));
    });
}

#[test]
fn only_the_signing_key_in_the_configured_header_is_accepted() {
    run(async |app, _| {
        let url = format!("{}/api/v1{MESSAGES}", app.anonymous.url);
        let send = async |n: usize, header: &str, key: &str| {
            let form = message_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, "Hello");
            let request = app.anonymous.request(reqwest::Method::POST, MESSAGES).form(&form);
            ApiResponse::to(request.header(header, simulator::sign(key, &url, &form))).await
        };
        for (n, (header, key)) in
            [(HEADER, AUTH_TOKEN), ("X-Twilio-Signature", KEY), ("X-Twilio-Signature", AUTH_TOKEN)]
                .into_iter()
                .enumerate()
        {
            let problem = send(n, header, key).await.problem(InvalidSignature);
            assert!(problem["detail"].as_str().unwrap().starts_with("X-SignalWire-Signature is missing"));
        }
        assert_eq!(send(9, HEADER, KEY).await.status, 200);
    });
}

#[test]
fn an_unknown_outcome_is_found_in_an_unfiltered_list_with_pages() {
    run(async |app, gateway| {
        let conversation = app.inbound_with(HEADER, KEY, STRANGER, "Hello").await;
        for fault in ["list_ignores_filters", "list_short_pages"] {
            gateway.inject_fault(json!({ "fault": fault, "times": null })).await;
        }
        gateway.inject_fault(json!({"fault": "reset_after_accept"})).await;
        let ann = app.signed_in(ANN).await;
        let message = ann.create_reply(conversation, "Here you are").await;
        app.advance_until("the message was found", async || {
            (app.database.count("outbox", "1 = 1") == 0).then_some(())
        })
        .await;
        app.message_becomes(&ann, message, "delivered").await;
        assert_eq!(gateway.bodies_sent_to(STRANGER).await, ["Here you are"], "it is sent once");
    });
}

#[test]
fn gap_repair_filters_an_unfiltered_list_by_number_and_date() {
    run(async |app, gateway| {
        gateway.inject_fault(json!({"fault": "list_ignores_filters", "times": null})).await;
        let old = Utc::now() - TimeDelta::days(4);
        for text in [
            json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Four days ago", "at": old}),
            json!({"from": STRANGER, "to": "+447700900098", "body": "To no team"}),
            json!({"from": stranger(1), "to": COLLECTIONS_NUMBER, "body": "To Collections"}),
        ] {
            gateway.send_and_miss(text).await;
        }
        let _repairing = app.replica(|args| {
            args.twilio_api_url = Some(gateway.api_url());
            args.repair_seconds = Some("300".to_owned());
        });
        eventually("all numbers were compared", async || {
            (app.database.count("team_numbers", "compared_until IS NULL") == 0).then_some(())
        })
        .await;
        assert_eq!(app.database.strings("SELECT body AS value FROM messages"), ["To Collections"]);
    });
}

#[test]
fn a_picture_with_uuids_as_ids_is_requested_from_the_gateway() {
    run(async |app, gateway| {
        let uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        let media =
            format!("{}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{uuid}/Media/{uuid}", gateway.api_url());
        let mut form = message_form(uuid, STRANGER, COLLECTIONS_NUMBER, "Look");
        form.extend([("NumMedia".to_owned(), "1".to_owned()), ("MediaUrl0".to_owned(), media)]);
        form.retain(|(name, value)| name != "NumMedia" || value != "0");
        let url = format!("{}/api/v1{MESSAGES}", app.anonymous.url);
        let request = app.anonymous.request(reqwest::Method::POST, MESSAGES);
        let request = request.header(HEADER, simulator::sign(KEY, &url, &form)).form(&form);
        assert_eq!(ApiResponse::to(request).await.status, 200);
        let ann = app.signed_in(ANN).await;
        let message = ann.messages(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await.remove(0);
        let path = message["media"][0]["url"].as_str().unwrap().to_owned();
        // The gateway answers that it has no such picture.
        ann.get(path.strip_prefix("/api/v1").unwrap()).await.problem(MediaGone);
    });
}

#[test]
fn the_doctor_signs_as_the_gateway_does() {
    let database = TestDatabase::with_fixtures(Kind::Sqlite);
    let gateway = compatible_gateway();
    let command = |args: &[&str]| {
        let mut command = sms_chat(&database.url, args);
        command
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", gateway.api_url())
            .env("SMS_CHAT_GATEWAY_SIGNATURE_HEADER", HEADER)
            .env("SMS_CHAT_GATEWAY_SIGNING_KEY", KEY);
        command
    };
    let server = ServerProcess::start(command(&["serve"]));
    let address = server.url.trim_start_matches("http://");
    let output = run_command(command(&["doctor", "--listen", address]), "");
    assert!(output.out.contains("credentials: the gateway accepts them."), "{output:?}");
    assert!(output.out.contains("accepts the gateway's signature."), "{output:?}");
    let other = run_command(
        {
            let mut other = command(&["doctor", "--listen", address]);
            other.env("SMS_CHAT_GATEWAY_SIGNING_KEY", "another key");
            other
        },
        "",
    );
    assert!(other.out.contains("rejects the signature"), "{other:?}");
}
