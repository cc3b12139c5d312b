//! The database, its accompanying files and the secret are readable only by their owner.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use crate::support::command::{ServerProcess, run_command, sms_chat};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The program without a secret in its settings, with the usual umask.
fn without_secret(url: &str, args: &[&str]) -> Command {
    let mut command = sms_chat(url, args);
    command.env_remove("SMS_CHAT_JWT_SECRET");
    command
}

fn files(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<(String, u32)> =
        entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), mode(&path))).collect();
    found.sort();
    found
}

#[test]
fn files_are_created_for_their_owner_only() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("new/data");
    let url = format!("sqlite://{}", folder.join("desk.db").display());
    let server = ServerProcess::start(without_secret(&url, &["serve", "--demo-when-new"]));
    assert_eq!((mode(&root.path().join("new")), mode(&folder)), (0o700, 0o700));
    let names = ["desk.db", "desk.db-shm", "desk.db-wal", "jwt-secret"];
    assert_eq!(files(&folder), names.map(|name| (name.to_owned(), 0o600)));
    server.kill();
    assert!(files(&folder).iter().all(|(_, mode)| *mode == 0o600), "also after a crash");
}

#[test]
fn the_start_removes_other_users_access_to_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    let url = format!("sqlite://{}", file.display());
    assert_eq!(run_command(sms_chat(&url, &["migrate"]), "").code, 0);
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let server = ServerProcess::start(sms_chat(&url, &["serve"]));
    assert!(files(folder.path()).iter().all(|(_, mode)| *mode == 0o600), "{:?}", files(folder.path()));
    server.kill();
}

#[test]
fn an_unsafe_secret_stops_the_start_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("desk.db").display());
    let secret = folder.path().join("jwt-secret");
    for (content, mode, remedy) in [
        ("0123456789abcdef0123456789abcdef0123456789abcdef", 0o644, "chmod 600"),
        ("too short", 0o600, "delete the file"),
        ("", 0o600, "delete the file"),
    ] {
        fs::write(&secret, content).unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
        let output = run_command(without_secret(&url, &["serve", "--listen", "127.0.0.1:0"]), "");
        assert_eq!(output.code, 1);
        assert_eq!(output.err.lines().count(), 1, "{}", output.err);
        assert!(output.err.starts_with("sms-chat: SMS_CHAT_JWT_SECRET is stored in "), "{}", output.err);
        assert!(output.err.contains(remedy), "{}", output.err);
        assert_eq!(fs::read_to_string(&secret).unwrap(), content, "the secret is not replaced");
    }
}
