//! A hundred people sign in at the same time, as at the start of a shift. Measures the additional memory, the latency
//! of signing in, and the latency of `GET /queue` meanwhile.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use api::{
    accounts::{OperatorError, change::CreateAccountError, create_by_operator},
    auth::PasswordPool,
    clock::Clock,
    db::{DatabaseUrl, Db},
};
use hdrhistogram::Histogram;
use shared::account::{NewAccount, Role};

use crate::{
    client::{Figures, Request},
    figures::{Figure, Topic},
    scenarios::sign_in,
    server::Server,
};

/// Number of people.
const PEOPLE: usize = 100;
/// Interval of the requests for the queue meanwhile.
const INTERVAL: Duration = Duration::from_millis(5);
/// The password of the accounts that the scenario creates.
const PASSWORD: &str = "four words of yours";

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    create_accounts(url)?;
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let get_queue = Request::get("/api/v1/queue", Some(&token));
    let mut connection = server.connect()?;
    for _ in 0..200 {
        ensure!(connection.send(&get_queue)?.status == 200, "a request for the queue fails");
    }
    let idle = server.memory()?;
    let done = Arc::new(AtomicBool::new(false));
    let queue_client = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let (mut latencies, started) = (Histogram::<u64>::new(3)?, Instant::now());
            while !done.load(Ordering::Relaxed) {
                let sent = Instant::now();
                ensure!(connection.send(&get_queue)?.status == 200, "a request for the queue fails");
                latencies.record(u64::try_from(sent.elapsed().as_micros())?)?;
                std::thread::sleep(INTERVAL.saturating_sub(sent.elapsed()));
            }
            Ok(Figures::of(&latencies, started.elapsed()))
        })
    };
    let started = Instant::now();
    let ready = Arc::new(Barrier::new(PEOPLE));
    let people: Vec<_> = (0..PEOPLE)
        .map(|n| {
            let (mut connection, ready) = (server.connect()?, Arc::clone(&ready));
            Ok(std::thread::spawn(move || {
                let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, email(n));
                let request = Request::post("/api/v1/sessions", "application/json", "", &body);
                ready.wait();
                let sent = Instant::now();
                let response = connection.send(&request)?;
                let body = String::from_utf8_lossy(&response.body);
                ensure!(response.status == 201, "unexpected status {}: {body}", response.status);
                Ok(u64::try_from(sent.elapsed().as_micros())?)
            }))
        })
        .collect::<Result<_>>()?;
    let mut latencies = Histogram::<u64>::new(3)?;
    for person in people {
        let latency: Result<u64> = person.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
        latencies.record(latency?)?;
    }
    let sign_ins = Figures::of(&latencies, started.elapsed());
    done.store(true, Ordering::Relaxed);
    let queue: Result<Figures> = queue_client.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
    let latency = |what: &str, measured: &Figures| {
        Figure::new(Topic::SignIns, database, what, measured.worst, "ms").with_latency(measured)
    };
    let more = server.peak_memory()? - idle;
    Ok(vec![
        latency("the last of them is signed in", &sign_ins),
        latency("the slowest `GET /queue` meanwhile", &queue?),
        Figure::new(Topic::SignIns, database, "additional memory at the peak", more, "MiB"),
    ])
}

fn email(n: usize) -> String {
    format!("person{n}@example.com")
}

fn create_accounts(url: &DatabaseUrl) -> Result<()> {
    let (db, passwords) = (Db::open(url, 1)?, PasswordPool::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for n in 0..PEOPLE {
            let new = NewAccount {
                email: email(n),
                display_name: format!("Person {n}"),
                role: Role::Agent,
                permissions: None,
                team_ids: Vec::new(),
                password: PASSWORD.to_owned(),
            };
            let now = Clock::System.now();
            match create_by_operator(&db, &passwords, new, Vec::new(), now).await {
                Ok(()) | Err(OperatorError::Create(CreateAccountError::Taken(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    })
}
