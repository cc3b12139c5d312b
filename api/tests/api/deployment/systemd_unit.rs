//! `deploy/systemd/sms-chat.service`, checked by systemd where it is installed, and run without it.

use std::{fs, os::unix::net::UnixDatagram, process::Command};

use super::{assert_settings, read};
use crate::support::{
    command::{ServerProcess, sms_chat},
    waiting::TIMEOUT,
};

const UNIT: &str = "deploy/systemd/sms-chat.service";
const PROGRAM: &str = env!("CARGO_BIN_EXE_sms-chat");

/// Returns the values of a key of the unit.
fn values(key: &str) -> Vec<String> {
    let prefix = format!("{key}=");
    read(UNIT).lines().filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned)).collect()
}

fn value(key: &str) -> String {
    let mut values = values(key);
    assert_eq!(values.len(), 1, "{key}: {values:?}");
    values.remove(0)
}

#[test]
fn systemd_accepts_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("sms-chat.service");
    fs::write(&unit, read(UNIT).replace("/usr/local/bin/sms-chat", PROGRAM)).unwrap();
    match Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !said.contains("sms-chat.service"), "{said}");
        }
        Err(error) => eprintln!("not checked: systemd-analyze: {error}"),
    }
}

#[test]
fn the_unit_restricts_the_service_and_watches_it() {
    for (key, expected) in [
        ("Type", "notify"),
        ("DynamicUser", "yes"),
        ("ProtectSystem", "strict"),
        ("StateDirectory", "sms-chat"),
        ("WorkingDirectory", "/var/lib/sms-chat"),
        ("Restart", "always"),
        ("WatchdogSec", "60"),
        ("TimeoutStartSec", "infinity"),
    ] {
        assert_eq!(value(key), expected, "{key}");
    }
    assert!(value("TimeoutStopSec").parse::<u32>().unwrap() > 25, "longer than the server takes to stop");
}

#[test]
fn the_example_of_the_environment_contains_only_settings() {
    let text = read("deploy/systemd/environment.example");
    let lines = text.lines().map(|line| line.trim_start_matches('#'));
    let names: Vec<&str> = lines.filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(names.len() >= 6);
    assert_settings(names);
}

#[test]
fn the_server_runs_with_the_units_environment_and_writes_only_to_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    let notify = folder.path().join("notify");
    let socket = UnixDatagram::bind(&notify).unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let arguments = value("ExecStart");
    let arguments: Vec<&str> = arguments.split(' ').skip(1).collect();
    let mut command = sms_chat("", &arguments);
    let environment = values("Environment");
    for variable in &environment {
        let (name, value) = variable.split_once('=').unwrap();
        command.env(name, value.replace("/var/lib/sms-chat", state.to_str().unwrap()));
    }
    assert_settings(environment.iter().map(|variable| variable.split('=').next().unwrap()));
    command.current_dir(&state).env_remove("SMS_CHAT_JWT_SECRET").env("NOTIFY_SOCKET", &notify);
    let server = ServerProcess::start(command);
    let mut buffer = [0; 1024];
    let length = socket.recv(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"READY=1"));
    drop(server);
    let mut files: Vec<String> = fs::read_dir(&state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["jwt-secret", "sms-chat.db", "sms-chat.db-shm", "sms-chat.db-wal"]);
}
