//! Starts the release binary that is measured, like users do, with the simulator as its gateway.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use api::db::DatabaseUrl;

use crate::client::{Connection, Request};

/// The gateway account.
pub(crate) const ACCOUNT_SID: &str = "AC0123456789abcdef0123456789abcdef";
/// The token that signs webhooks.
pub(crate) const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// The secret that signs access tokens.
pub(crate) const JWT_SECRET: &str = "a secret of the benchmark, 32 characters long";

/// Clock ticks per second in `/proc`; Linux uses 100 on every architecture.
const TICKS: f64 = 100.0;

pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
    /// Time from the start of the process to its first response.
    pub(crate) startup: Duration,
}

impl Server {
    pub(crate) fn start(url: &DatabaseUrl) -> Result<Self> {
        Self::start_with(url, |_| {})
    }

    /// Starts the server with changed settings.
    pub(crate) fn start_with(url: &DatabaseUrl, change: impl FnOnce(&mut Command)) -> Result<Self> {
        let database = match url {
            DatabaseUrl::Postgres(url) => url.clone(),
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        };
        let started = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sms-chat"));
        command
            .arg("serve")
            .env("SMS_CHAT_DATABASE_URL", database)
            .env("SMS_CHAT_JWT_SECRET", JWT_SECRET)
            .env("SMS_CHAT_LISTEN", "127.0.0.1:0")
            .env("SMS_CHAT_GATEWAY", "simulator")
            .env("SMS_CHAT_RATE_LIMIT", "0")
            .env("SMS_CHAT_LOG", "warn")
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .stdout(Stdio::piped());
        change(&mut command);
        let mut process = command.spawn()?;
        let output = process.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = loop {
            let Some(line) = lines.next() else { bail!("the server ended before it listened") };
            if let Some((_, address)) = line?.split_once("listens on http://") {
                break address.to_owned();
            }
        };
        // Reads the rest of the output, because a full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        let mut server = Self { process, address, startup: Duration::ZERO };
        server.connect()?.send(&Request::get("/health/ready", None))?;
        server.startup = started.elapsed();
        Ok(server)
    }

    pub(crate) fn connect(&self) -> Result<Connection> {
        Connection::to(&self.address)
    }

    /// Returns the resident memory in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// Returns the peak resident memory in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    /// Returns the processor time that the server has used, in seconds.
    pub(crate) fn processor_time(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name in parentheses can contain spaces. After it, user and system time are the fields 12 and 13.
        let (_, fields) = stat.rsplit_once(')').context("no such figure")?;
        let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(times.sum::<Result<f64, _>>()? / TICKS)
    }

    fn status(&self, field: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such figure")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
