//! Chaos: replies, ad-hoc messages, texts of customers and receipts go through the real program and a gateway with every
//! fault there is, while the program is killed (SIGKILL) again and again. In the end the gateway's ledger and the database
//! must agree. `cargo xtask chaos` runs it for longer; the seed decides what is done, the machine when.

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
    command::{Served, said, sms_chat},
    database::TestDatabase,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
    within,
};

/// The numbers of this load, and of nothing else in the demo world.
const NUMBERS: &str = "+4479000";
/// How many customers write and are written to.
const CUSTOMERS: u64 = 24;
/// How long anything may take that is under way.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at how far the desk is.
const LOOK: Duration = Duration::from_millis(20);

#[test]
fn nothing_is_lost_or_doubled_on_sqlite() {
    chaos(Kind::Sqlite);
}

#[test]
fn nothing_is_lost_or_doubled_on_postgres() {
    chaos(Kind::Postgres);
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

fn chaos(kind: Kind) {
    let (seed, kills) = (setting("SMS_CHAT_CHAOS_SEED", 1), setting("SMS_CHAT_CHAOS_KILLS", 5));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let verdict = runtime.unwrap().block_on(storm(kind, seed, kills));
    println!("chaos on {kind:?}, seed {seed}, {kills} kills: {verdict}");
    assert!(verdict.faults.is_empty(), "{:#?}", verdict.faults);
}

async fn storm(kind: Kind, seed: u64, kills: u64) -> Verdict {
    let database = TestDatabase::empty(kind);
    assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
    let gateway = Gateway::start();
    let desk = Desk { address: free_address(), database: &database, gateway: &gateway };
    let mut running = desk.start().await;
    let nobody = Client::of(&format!("http://{}", desk.address));
    gateway.bring_to(&nobody.url);
    let program = load::program(&nobody).await;

    let (life, lives) = watch::channel(0);
    let load = Load { program: &program, gateway: &gateway, database: &database, lives, seed };
    let mut rng = StdRng::seed_from_u64(seed);
    let killing = async {
        for n in 1..=kills {
            life.send_replace(n);
            desk.works(&mut rng).await;
            running.kill();
            running = desk.start().await;
        }
        drop(life);
        running
    };
    let customers = futures_util::future::join_all((0..CUSTOMERS).map(|n| load.customer(n)));
    let (_running, written) = tokio::join!(killing, customers);
    // What was ordered and has not struck yet would only make the end longer.
    gateway.clear_faults().await;
    Verdict::in_the_end(&database, &gateway, &written.concat()).await
}

/// An address where nobody listens.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// The program at one address, however often it is started.
struct Desk<'a> {
    address: String,
    database: &'a TestDatabase,
    gateway: &'a Gateway,
}

impl Desk<'_> {
    /// Until the gateway has taken some more texts: often the next kill hits between its answer and our noting it. When
    /// it takes none, the kill hits whatever else is going on.
    async fn works(&self, rng: &mut StdRng) {
        let wanted = verdict::ledger(self.gateway, OUTBOUND).await.len() + rng.random_range(1..=16);
        let life = Duration::from_millis(rng.random_range(300..1500));
        let taken = async || verdict::ledger(self.gateway, OUTBOUND).await.len();
        within(life, LOOK, async || (taken().await >= wanted).then_some(())).await;
    }

    async fn start(&self) -> Served {
        let mut command = sms_chat(&self.database.url, &["serve"]);
        command
            .env("SMS_CHAT_GATEWAY", "twilio")
            .env("SMS_CHAT_GATEWAY_TIMEOUT", "1")
            // Longer than the gateway accepts late and lags together.
            .env("SMS_CHAT_GATEWAY_LIST_LAG", "5")
            .env("SMS_CHAT_RATE_LIMIT", "0")
            .env("SMS_CHAT_REPAIR_SECONDS", "2")
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", self.gateway.url());
        let address = self.address.clone();
        let started = tokio::task::spawn_blocking(move || Served::start_at(command, &address)).await;
        started.expect("the program")
    }
}
