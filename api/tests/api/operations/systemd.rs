//! The protocol of systemd's service manager, with a socket in its place: start, watchdog and stop.

use std::{os::unix::net::UnixDatagram, time::Duration};

use crate::support::{
    Kind,
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
    waiting::TIMEOUT,
};

/// Receives the next notification that contains `word`.
fn receive(socket: &UnixDatagram, word: &str) -> String {
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("no {word}: {error}"));
        let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
        if text.contains(word) {
            return text;
        }
    }
}

/// A server with a socket in place of the service manager's.
struct Service {
    server: ServerProcess,
    manager: UnixDatagram,
    _folder: tempfile::TempDir,
    _database: TestDatabase,
}

/// Starts a server, with or without the interval of a watchdog in microseconds.
fn start(watchdog: Option<&str>) -> Service {
    let database = TestDatabase::with_fixtures(Kind::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut command = sms_chat(&database.url, &["serve"]);
    command.env("NOTIFY_SOCKET", &path).env_remove("WATCHDOG_USEC");
    command.envs(watchdog.map(|interval| ("WATCHDOG_USEC", interval)));
    Service { server: ServerProcess::start(command), manager, _folder: folder, _database: database }
}

#[test]
fn the_server_reports_its_start_its_stop_and_that_it_answers_requests() {
    let Service { server, manager, _folder, _database } = start(Some("300000"));
    let ready = receive(&manager, "READY=1");
    assert!(ready.contains(&format!("STATUS=Listens on {}", server.url)), "{ready}");
    for _ in 0..3 {
        receive(&manager, "WATCHDOG=1");
    }
    server.terminate();
    receive(&manager, "STOPPING=1");
    assert!(server.exits_successfully());
}

#[test]
fn a_server_without_a_watchdog_sends_no_pings() {
    let Service { server, manager, _folder, _database } = start(None);
    receive(&manager, "READY=1");
    server.terminate();
    let mut buffer = [0; 4096];
    let length = manager.recv(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"STOPPING=1"), "nothing is sent in between");
    assert!(server.exits_successfully());
    manager.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    assert!(manager.recv(&mut buffer).is_err());
}
