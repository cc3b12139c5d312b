//! A shift begins: a hundred people sign in at the same moment. How much memory that takes over idle, how long they
//! wait, and how long `GET /queue` takes meanwhile.

use std::{
    fmt::Write,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use api::{
    accounts::create_by_operator,
    auth::PasswordPool,
    clock::Clock,
    db::{DatabaseUrl, Db},
};
use hdrhistogram::Histogram;
use shared::{
    ErrorCode,
    account::{NewAccount, Role},
};

use crate::{
    client::{Figures, Request},
    scenarios::sign_in,
    server::Server,
};

/// How many sign in at once.
const PEOPLE: usize = 100;
/// How often the queue is asked for meanwhile.
const EVERY: Duration = Duration::from_millis(5);
/// The password of the accounts that the scenario creates.
const PASSWORD: &str = "four words of yours";

/// The measured figures.
pub(crate) struct SignIns {
    /// Resident memory before, in MiB.
    idle: f64,
    /// The most resident memory that the server had, in MiB.
    peak: f64,
    sign_ins: Figures,
    queue: Figures,
}

pub(crate) fn measure(url: &DatabaseUrl) -> Result<SignIns> {
    create_accounts(url)?;
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let ask = move |_| Request::get("/api/v1/queue", Some(&token));
    let mut connection = server.connect()?;
    for n in 0..200 {
        ensure!(connection.ask(&ask(n))?.status == 200, "the queue is not answered");
    }
    let idle = server.memory()?;
    let done = Arc::new(AtomicBool::new(false));
    let asking = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let (mut latencies, begun) = (Histogram::<u64>::new(3)?, Instant::now());
            while !done.load(Ordering::Relaxed) {
                let asked = Instant::now();
                ensure!(connection.ask(&ask(0))?.status == 200, "the queue is not answered");
                latencies.record(u64::try_from(asked.elapsed().as_micros())?)?;
                std::thread::sleep(EVERY.saturating_sub(asked.elapsed()));
            }
            Ok(Figures::of(&latencies, begun.elapsed()))
        })
    };
    let begun = Instant::now();
    let ready = Arc::new(Barrier::new(PEOPLE));
    let people: Vec<_> = (0..PEOPLE)
        .map(|n| {
            let (mut connection, ready) = (server.connect()?, Arc::clone(&ready));
            Ok(std::thread::spawn(move || {
                let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, email(n));
                let request = Request::post("/api/v1/sessions", "application/json", "", &body);
                ready.wait();
                let asked = Instant::now();
                let answer = connection.ask(&request)?;
                let said = String::from_utf8_lossy(&answer.body);
                ensure!(answer.status == 201, "answered {}: {said}", answer.status);
                Ok(u64::try_from(asked.elapsed().as_micros())?)
            }))
        })
        .collect::<Result<_>>()?;
    let mut latencies = Histogram::<u64>::new(3)?;
    for person in people {
        let took: Result<u64> = person.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
        latencies.record(took?)?;
    }
    let sign_ins = Figures::of(&latencies, begun.elapsed());
    done.store(true, Ordering::Relaxed);
    let queue: Result<Figures> = asking.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
    Ok(SignIns { idle, peak: server.peak_memory()?, sign_ins, queue: queue? })
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
                Err(error) if error.code() != ErrorCode::AlreadyExists => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    })
}

pub(crate) fn report(text: &mut String, measured: &SignIns) -> std::fmt::Result {
    let SignIns { idle, peak, sign_ins, queue } = measured;
    writeln!(
        text,
        "{PEOPLE} people sign in at the same moment, while the queue is asked for every {} ms:\n\n\
         | Meanwhile | p50 ms | p95 ms | p99 ms | Worst ms |\n|---|--:|--:|--:|--:|",
        EVERY.as_millis()
    )?;
    for (what, figures) in [("signing in", sign_ins), ("`GET /queue`", queue)] {
        let Figures { p50, p95, p99, worst, .. } = figures;
        writeln!(text, "| {what} | {p50:.1} | {p95:.1} | {p99:.1} | {worst:.1} |")?;
    }
    writeln!(
        text,
        "\nResident memory: {idle:.0} MiB before, {peak:.0} MiB at most, so {:.0} MiB more.\n",
        peak - idle
    )
}
