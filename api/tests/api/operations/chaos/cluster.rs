//! The servers, on one database and behind one address, and what is done to them.

use std::{fmt::Write, process::Command, time::Duration};

use rand::{RngExt, rngs::StdRng};

use super::verdict::{OUTBOUND, ledger};
use crate::support::{
    balancer::{Balancer, free_address},
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
    within,
};

/// The environment variable with a shell script that restarts PostgreSQL. Its argument is the mode of `pg_ctl`.
const RESTART: &str = "SMS_CHAT_CHAOS_RESTART_DATABASE";
/// Interval between two checks of the servers' progress.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How often each action was taken.
#[derive(Debug, Default)]
struct Counts {
    kills: usize,
    kills_of_all: usize,
    freezes: usize,
    database_restarts: usize,
}

pub(super) struct Cluster<'a> {
    /// The URL at which clients and the gateway reach the servers.
    pub(super) url: String,
    addresses: Vec<String>,
    servers: Vec<Option<ServerProcess>>,
    database: &'a TestDatabase,
    gateway: &'a Gateway,
    counts: Counts,
}

impl<'a> Cluster<'a> {
    pub(super) async fn start(servers: u64, database: &'a TestDatabase, gateway: &'a Gateway) -> Self {
        let addresses: Vec<String> = (0..servers).map(|_| free_address()).collect();
        let url = match addresses.as_slice() {
            [only] => format!("http://{only}"),
            several => Balancer::start(several).await.url,
        };
        let servers = addresses.iter().map(|_| None).collect();
        let mut cluster = Self { url, addresses, servers, database, gateway, counts: Counts::default() };
        cluster.start_missing().await;
        cluster
    }

    /// Waits until the gateway has accepted some more messages, so that the next kill often falls between its response
    /// and the server's commit. With no accepted message the kill falls anywhere.
    pub(super) async fn wait_for_work(&self, rng: &mut StdRng) {
        let (messages, limit) = (rng.random_range(1..=16), rng.random_range(300..1500));
        self.wait_for_messages(messages, Duration::from_millis(limit)).await;
    }

    /// Waits until the gateway has accepted a number of messages, or until the limit.
    async fn wait_for_messages(&self, number: usize, limit: Duration) {
        let accepted_count = async || ledger(self.gateway, OUTBOUND).await.len();
        let wanted = accepted_count().await + number;
        within(limit, POLL_INTERVAL, async || (accepted_count().await >= wanted).then_some(())).await;
    }

    /// Kills and starts a server. With several servers: or all of them, or freezes one, or restarts the database.
    pub(super) async fn disturb(&mut self, rng: &mut StdRng) {
        let victim = rng.random_range(0..self.servers.len());
        let dice = if self.servers.len() > 1 { rng.random_range(0..10) } else { 9 };
        match (dice, std::env::var(RESTART)) {
            (0, _) => {
                self.counts.kills_of_all += 1;
                self.servers.iter_mut().filter_map(Option::take).for_each(ServerProcess::kill);
            }
            (1, _) => return self.freeze(victim, rng).await,
            (2 | 3, Ok(script)) => {
                let mode = if rng.random() { "fast" } else { "immediate" };
                return self.restart_database(script, mode).await;
            }
            _ => {
                self.counts.kills += 1;
                self.servers[victim].take().expect("a running server").kill();
            }
        }
        self.start_missing().await;
    }

    /// Freezes a server while the others send, for less time than a message of unknown outcome waits.
    async fn freeze(&mut self, victim: usize, rng: &mut StdRng) {
        self.counts.freezes += 1;
        let server = self.servers[victim].as_ref().expect("a running server");
        server.freeze();
        let limit = Duration::from_millis(rng.random_range(500..4000));
        self.wait_for_messages(rng.random_range(8..=64), limit).await;
        server.thaw();
    }

    async fn restart_database(&mut self, script: String, mode: &'static str) {
        self.counts.database_restarts += 1;
        let restart = move || Command::new("sh").args(["-c", &script, "restart", mode]).status();
        let restarted = tokio::task::spawn_blocking(restart).await.expect("the end of the script");
        assert!(restarted.expect("a shell").success(), "PostgreSQL does not start again");
    }

    async fn start_missing(&mut self) {
        for n in 0..self.servers.len() {
            if self.servers[n].is_none() {
                let (command, address) = (self.command(), self.addresses[n].clone());
                let start = move || ServerProcess::start_at(command, &address);
                self.servers[n] = Some(tokio::task::spawn_blocking(start).await.expect("the program starts"));
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = sms_chat(&self.database.url, &["serve"]);
        command
            .env("SMS_CHAT_PUBLIC_URL", &self.url)
            .env("SMS_CHAT_GATEWAY", "twilio")
            .env("SMS_CHAT_GATEWAY_TIMEOUT", "1")
            // Longer than the late acceptance and the list lag together.
            .env("SMS_CHAT_GATEWAY_LIST_LAG", "5")
            .env("SMS_CHAT_RATE_LIMIT", "0")
            .env("SMS_CHAT_REPAIR_SECONDS", "2")
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", self.gateway.url());
        command
    }

    /// What was done to the servers.
    pub(super) fn actions(&self) -> String {
        let Counts { kills, kills_of_all, freezes, database_restarts } = self.counts;
        let mut actions = format!("{kills} kills");
        for (count, action) in [
            (kills_of_all, "kills of all servers"),
            (freezes, "freezes"),
            (database_restarts, "restarts of the database"),
        ] {
            if count > 0 {
                let _ = write!(actions, ", {count} {action}");
            }
        }
        actions
    }
}
