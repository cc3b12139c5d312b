//! The log of the real program as JSON: each line of a request has the request's id, which the response has too.

use std::fs::{self, File};

use serde_json::{Value, json};

use crate::support::{
    Client, Kind,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    fixtures::{ANN, PASSWORD},
};

#[test]
fn a_json_log_has_the_id_of_the_request_and_of_its_response() {
    let database = TestDatabase::with_fixtures(Kind::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut command = sms_chat(&database.url, &["serve", "--log-format", "json"]);
    command.env("SMS_CHAT_LOG", "info,access=debug");
    let server = ServerProcess::start_with_log(command, File::create(&path).unwrap());
    let client = Client::of(&server.url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (signed_in, failed) = runtime.block_on(async {
        let signed_in = client.post("/sessions", json!({"email": ANN.email(), "password": PASSWORD})).await;
        let id = signed_in.header("x-request-id").unwrap().to_owned();
        let token = signed_in.expect(201)["access_token"].as_str().unwrap().to_owned();
        database.run("DROP TABLE templates").unwrap();
        (id, client.with_token(&token).get("/templates?team_id=1").await)
    });
    drop(server);
    let log = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of_request =
        |id: &str| -> Vec<&Value> { lines.iter().filter(|line| line["span"]["id"] == id).collect() };
    let sign_in = of_request(&signed_in);
    assert!(
        sign_in.iter().any(|line| line["target"] == "security" && line["event"] == "session.signed_in"),
        "{log}"
    );
    let access = sign_in.iter().find(|line| line["target"] == "access").expect("the end of the request");
    assert_eq!(
        (&access["span"]["route"], &access["span"]["status"]),
        (&json!("/api/v1/sessions"), &json!(201))
    );
    assert!(access["milliseconds"].is_u64() && access["timestamp"].is_string(), "{access}");

    let id = failed.header("x-request-id").unwrap().to_owned();
    let problem = failed.problem(shared::ErrorCode::Internal);
    assert_eq!(problem["request_id"], id.as_str());
    assert!(problem["detail"].as_str().unwrap().contains(&id), "{problem}");
    let error = of_request(&id).into_iter().find(|line| line["level"] == "ERROR").expect("the error");
    assert_eq!((&error["message"], &error["request_id"]), (&json!("internal error"), &json!(id)));
}

#[test]
fn an_unknown_log_format_ends_the_command_with_one_line() {
    let output = run_command(sms_chat("sqlite://unused.db", &["serve", "--log-format", "xml"]), "");
    assert_eq!(output.code, 1);
    let expected = "sms-chat: SMS_CHAT_LOG_FORMAT is \"xml\", but must be text or json; for example: \
                    SMS_CHAT_LOG_FORMAT=json\n";
    assert_eq!(output.err, expected);
}
