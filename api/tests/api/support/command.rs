//! The real program, `sms-chat`, run as people run it.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// The program with these words, and with no setting from the environment but the database.
pub(crate) fn sms_chat(database_url: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-chat"));
    for (name, _) in std::env::vars() {
        if name.starts_with("SMS_CHAT_") || name.starts_with("TWILIO_") {
            command.env_remove(name);
        }
    }
    command
        .args(words)
        .env("SMS_CHAT_DATABASE_URL", database_url)
        .env("SMS_CHAT_JWT_SECRET", "the tests' secret, which signs tokens");
    command
}

/// What a command said: its exit code, stdout and stderr.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end, with `input` as its standard input.
pub(crate) fn said(mut command: Command, input: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("an input");
    // A command that reads nothing may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("an end");
    Said {
        code: status.code().expect("an exit code"),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// A desk that runs as its own process; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) url: String,
    child: Child,
    // Stays open, so that the desk can go on speaking.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Served {
    /// Starts `sms-chat serve` on any port, and waits until it says where it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// Starts `sms-chat serve` at an address, and waits until it listens.
    pub(crate) fn start_at(command: Command, address: &str) -> Self {
        Self::start_with(command, address, Stdio::null())
    }

    /// Starts `sms-chat serve` on any port, writing its log to a file.
    pub(crate) fn start_with_log(mut command: Command, log: std::fs::File) -> Self {
        command.env("NO_COLOR", "1");
        Self::start_with(command, "127.0.0.1:0", log.into())
    }

    fn start_with(mut command: Command, address: &str, log: Stdio) -> Self {
        let mut child = command
            .args(["--listen", address])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program");
        let stdout = child.stdout.take().expect("an output");
        let mut said = BufReader::new(stdout).lines();
        let url = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("SMS Chat listens on ")?.to_owned()));
        Self { url: url.expect("the desk's address"), child, _said: said }
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a chance to tidy up (SIGKILL), as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("an end");
        self.child.wait().expect("an end");
    }

    /// Asks it to end (SIGTERM), as a service manager would.
    pub(crate) fn ask_to_end(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill").success());
    }

    /// Waits for it to end by itself; whether it ended well.
    pub(crate) fn ends_well(mut self) -> bool {
        self.child.wait().expect("an end").success()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
