//! Chaos test: replies, ad-hoc messages, inbound messages and receipts go through the real program and a gateway with
//! every fault, while the program is killed (SIGKILL) repeatedly. At the end the gateway's ledger and the database must
//! agree. `cargo xtask chaos` runs more kills. The seed decides the actions; the timing depends on the machine.

mod load;
mod verdict;

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::sync::watch;

use self::{
    load::Load,
    verdict::{OUTBOUND, Verdict},
};
use crate::support::{
    Client, Kind,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
    within,
};

/// The prefix of the numbers in this load; the demo data has no such number.
const NUMBERS: &str = "+4479000";
/// The number of customers.
const CUSTOMERS: u64 = 24;
/// Time limit for work in progress.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Interval between two checks of the server's progress.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[test]
fn no_message_is_lost_or_duplicated_on_sqlite() {
    chaos(Kind::Sqlite);
}

#[test]
fn no_message_is_lost_or_duplicated_on_postgres() {
    chaos(Kind::Postgres);
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

fn chaos(kind: Kind) {
    let (seed, kills) = (setting("SMS_CHAT_CHAOS_SEED", 1), setting("SMS_CHAT_CHAOS_KILLS", 5));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let verdict = runtime.unwrap().block_on(run_load_and_kills(kind, seed, kills));
    println!("chaos on {kind:?}, seed {seed}, {kills} kills: {verdict}");
    assert!(verdict.faults.is_empty(), "{:#?}", verdict.faults);
}

async fn run_load_and_kills(kind: Kind, seed: u64, kills: u64) -> Verdict {
    let database = TestDatabase::empty(kind);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    let gateway = Gateway::start();
    let launcher = Launcher { address: free_address(), database: &database, gateway: &gateway };
    let mut process = launcher.start().await;
    let anonymous = Client::of(&format!("http://{}", launcher.address));
    gateway.deliver_to(&anonymous.url);
    let program = load::program(&anonymous).await;

    let (current_run, runs) = watch::channel(0);
    let load = Load { program: &program, gateway: &gateway, database: &database, runs, seed };
    let mut rng = StdRng::seed_from_u64(seed);
    let killing = async {
        for n in 1..=kills {
            current_run.send_replace(n);
            launcher.wait_for_work(&mut rng).await;
            process.kill();
            process = launcher.start().await;
        }
        drop(current_run);
        process
    };
    let customers = futures_util::future::join_all((0..CUSTOMERS).map(|n| load.customer(n)));
    let (_process, accepted) = tokio::join!(killing, customers);
    // Faults that have not occurred yet would only delay the end.
    gateway.clear_faults().await;
    Verdict::when_settled(&database, &gateway, &accepted.concat()).await
}

/// Returns an address on which nothing listens.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// Starts the program at one address again and again.
struct Launcher<'a> {
    address: String,
    database: &'a TestDatabase,
    gateway: &'a Gateway,
}

impl Launcher<'_> {
    /// Waits until the gateway has accepted some more messages, so that the next kill often falls between its response
    /// and the server's commit. With no accepted message the kill falls anywhere.
    async fn wait_for_work(&self, rng: &mut StdRng) {
        let wanted = verdict::ledger(self.gateway, OUTBOUND).await.len() + rng.random_range(1..=16);
        let limit = Duration::from_millis(rng.random_range(300..1500));
        let accepted_count = async || verdict::ledger(self.gateway, OUTBOUND).await.len();
        within(limit, POLL_INTERVAL, async || (accepted_count().await >= wanted).then_some(())).await;
    }

    async fn start(&self) -> ServerProcess {
        let mut command = sms_chat(&self.database.url, &["serve"]);
        command
            .env("SMS_CHAT_GATEWAY", "twilio")
            .env("SMS_CHAT_GATEWAY_TIMEOUT", "1")
            // Longer than the late acceptance and the list lag together.
            .env("SMS_CHAT_GATEWAY_LIST_LAG", "5")
            .env("SMS_CHAT_RATE_LIMIT", "0")
            .env("SMS_CHAT_REPAIR_SECONDS", "2")
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", self.gateway.url());
        let address = self.address.clone();
        let started = tokio::task::spawn_blocking(move || ServerProcess::start_at(command, &address)).await;
        started.expect("the program starts")
    }
}
