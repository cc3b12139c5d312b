//! The real program `sms-chat`, run as a process.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// The program with these arguments and without any of the environment's settings, except the database URL and a token
/// secret.
pub(crate) fn sms_chat(database_url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-chat"));
    for (name, _) in std::env::vars() {
        if name.starts_with("SMS_CHAT_") || name.starts_with("TWILIO_") {
            command.env_remove(name);
        }
    }
    command
        .args(args)
        .env("SMS_CHAT_DATABASE_URL", database_url)
        .env("SMS_CHAT_JWT_SECRET", "the tests' secret, which signs tokens");
    command
}

/// The exit code and the output of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end with `input` as its standard input.
pub(crate) fn run_command(mut command: Command, input: &str) -> CommandOutput {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // The command may have ended already if it reads nothing.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the end of the process");
    CommandOutput {
        code: status.code().expect("an exit code"),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// A server that runs as its own process; killed when dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    pub(crate) url: String,
    child: Child,
    // Stays open, so that the server can go on writing to its standard output.
    _output: Lines<BufReader<ChildStdout>>,
}

impl ServerProcess {
    /// Starts `sms-chat serve` on a free port and waits until it prints its address.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// Starts `sms-chat serve` at an address and waits until it listens.
    pub(crate) fn start_at(command: Command, address: &str) -> Self {
        Self::start_with(command, address, Stdio::null())
    }

    /// Starts `sms-chat serve` on a free port and writes its log to a file.
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
            .expect("the program starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut output = BufReader::new(stdout).lines();
        let url = output
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("SMS Chat listens on ")?.to_owned()));
        Self { url: url.expect("the server's address"), child, _output: output }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the end of the process");
        self.child.wait().expect("the end of the process");
    }

    /// Asks the process to stop with SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Freezes the process with SIGSTOP, as a suspended machine does.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen process go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("the command `kill`").success());
    }

    /// Waits until the process ends; whether it was successful.
    pub(crate) fn exits_successfully(mut self) -> bool {
        self.child.wait().expect("the end of the process").success()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
