//! `sms-chat health`: one sentence and the exit code for the health check of a container.

use std::net::TcpListener;

use crate::support::{
    Kind,
    command::{CommandOutput, ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    stub_server::StubServer,
};

fn health(args: &[&str]) -> CommandOutput {
    // The command needs neither the database nor the secret.
    let mut command = sms_chat("", &[&["health"], args].concat());
    command.env_remove("SMS_CHAT_JWT_SECRET");
    run_command(command, "")
}

#[test]
fn a_ready_server_ends_the_command_with_success() {
    let database = TestDatabase::with_fixtures(Kind::Sqlite);
    let server = ServerProcess::start(sms_chat(&database.url, &["serve"]));
    let address = server.url.trim_start_matches("http://");
    let CommandOutput { code, out, err } = health(&["--listen", address]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, format!("The server at {address} is ready.\n"));
    let everywhere = format!("0.0.0.0:{}", address.rsplit(':').next().unwrap());
    assert_eq!(health(&["--listen", &everywhere]).code, 0, "it connects to the loopback address");

    database.run("DROP TABLE outbox").unwrap();
    let CommandOutput { code, out, err } = health(&["--listen", address]);
    assert_eq!((code, out.as_str()), (1, ""));
    let reason = "its status is \"not ready\", the database \"unreachable\", the gateway \"unknown\"";
    assert_eq!(err, format!("sms-chat: the server at {address} is not ready: {reason}\n"));
}

#[test]
fn a_server_that_does_not_answer_in_time_ends_the_command_with_failure() {
    // Accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let output = health(&["--listen", &address, "--timeout", "1"]);
    assert_eq!(output.code, 1);
    assert_eq!(output.err, format!("sms-chat: no server answers at {address}: no answer within 1 s\n"));
    // A port that the system gives to no listener: a free port could belong to another test by now.
    assert!(health(&["--listen", "127.0.0.1:1"]).err.contains("no server answers at 127.0.0.1:1"));
}

#[test]
fn another_program_at_the_address_is_not_a_ready_server() {
    let other = StubServer::responding_with(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec());
    let address = other.url.trim_start_matches("http://").trim_end_matches("/picture");
    let output = health(&["--listen", address]);
    assert_eq!(output.code, 1);
    assert!(output.err.ends_with("is not ready: it answers with status 404\n"), "{}", output.err);
}
