//! Chaos test: replies, ad-hoc messages, inbound messages and receipts go through the real program and a gateway with
//! every fault, while the program is killed (SIGKILL) repeatedly. At the end the gateway's ledger and the database must
//! agree. `cargo xtask chaos` runs more kills. The seed decides the actions; the timing depends on the machine.
//!
//! With several servers, the kills hit one or all of them, some only freeze one for a while, and the database is restarted
//! now and then.

mod cluster;
mod load;
mod verdict;
mod webhooks;

use std::time::Duration;

use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::watch;

use self::{cluster::Cluster, load::Load, verdict::Verdict};
use crate::support::{
    Client, Kind,
    command::{run_command, sms_chat},
    database::TestDatabase,
    gateway::Gateway,
};

/// The prefix of the numbers in this load; the demo data has no such number.
const NUMBERS: &str = "+4479000";
/// The number of customers.
const CUSTOMERS: u64 = 24;
/// Time limit for work in progress.
const TIMEOUT: Duration = Duration::from_secs(120);

#[test]
fn no_message_is_lost_or_duplicated_on_sqlite() {
    chaos(Kind::Sqlite, 1);
}

#[test]
fn no_message_is_lost_or_duplicated_on_postgres() {
    chaos(Kind::Postgres, 1);
}

#[test]
fn no_message_is_lost_or_duplicated_with_replicas() {
    chaos(Kind::Postgres, setting("SMS_CHAT_CHAOS_REPLICAS", 2));
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

fn chaos(kind: Kind, servers: u64) {
    let (seed, kills) = (setting("SMS_CHAT_CHAOS_SEED", 1), setting("SMS_CHAT_CHAOS_KILLS", 5));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (actions, verdict) = runtime.unwrap().block_on(run_load_and_kills(kind, servers, seed, kills));
    println!("chaos on {kind:?}, {servers} servers, seed {seed}, {actions}: {verdict}");
    assert!(verdict.faults.is_empty(), "{:#?}", verdict.faults);
}

/// Returns what was done to the servers, and the verdict.
async fn run_load_and_kills(kind: Kind, servers: u64, seed: u64, kills: u64) -> (String, Verdict) {
    let database = TestDatabase::empty(kind);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    let gateway = Gateway::start();
    let mut cluster = Cluster::start(servers, &database, &gateway).await;
    let anonymous = Client::of(&cluster.url);
    gateway.deliver_to(&anonymous.url);
    let program = load::program(&anonymous).await;

    let (current_run, runs) = watch::channel(0);
    let load = Load { program: &program, gateway: &gateway, database: &database, runs, seed };
    let mut rng = StdRng::seed_from_u64(seed);
    let disturbing = async {
        for n in 1..=kills {
            current_run.send_replace(n);
            cluster.wait_for_work(&mut rng).await;
            cluster.disturb(&mut rng).await;
        }
        drop(current_run);
        cluster
    };
    let customers = futures_util::future::join_all((0..CUSTOMERS).map(|n| load.customer(n)));
    let (cluster, accepted) = tokio::join!(disturbing, customers);
    // Faults that have not occurred yet would only delay the end.
    gateway.clear_faults().await;
    database.disconnect();
    let verdict = Verdict::when_settled(&database, &gateway, &accepted.concat()).await;
    (cluster.actions(), verdict)
}
