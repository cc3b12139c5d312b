//! A daily file of a million rows comes in over HTTP while somebody looks at the queue and replies: how fast, with how much
//! memory, and how long the others wait. Beside it, `sqlite3 .import` of the same file.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use api::db::DatabaseUrl;
use hdrhistogram::Histogram;

use crate::{
    client::{Figures, Request},
    scenarios::sign_in,
    seed::OPEN,
    server::Server,
};

/// How many rows.
const ROWS: u32 = 1_000_000;
/// How often each of the others asks meanwhile.
const EVERY: Duration = Duration::from_millis(20);

/// What was measured.
pub(crate) struct DailyFile {
    /// The first file, with nothing of its customers before; then one with a tenth of them changed.
    pub(crate) imports: Vec<(&'static str, Duration)>,
    /// Rows a second of `sqlite3 .import`, where there is one.
    pub(crate) beside: Option<f64>,
    pub(crate) peak: f64,
    pub(crate) queue: Figures,
    pub(crate) replies: Figures,
}

pub(crate) const fn rows() -> u32 {
    ROWS
}

pub(crate) fn measure(url: &DatabaseUrl) -> Result<DailyFile> {
    let folder = tempfile::tempdir()?;
    let files = [folder.path().join("first.csv"), folder.path().join("next.csv")];
    write(&files[0], 0)?;
    write(&files[1], 1)?;
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let done = Arc::new(AtomicBool::new(false));
    let asking = |status: u16, request: Box<dyn Fn(usize) -> Request + Send>| {
        let (mut connection, done) = (server.connect()?, Arc::clone(&done));
        Ok::<_, anyhow::Error>(std::thread::spawn(move || {
            let mut latencies = Histogram::<u64>::new(3)?;
            let begun = Instant::now();
            for n in 0.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let asked = Instant::now();
                let answer = connection.ask(&request(n))?;
                latencies.record(u64::try_from(asked.elapsed().as_micros())?)?;
                ensure!(answer.status == status, "answered {}", answer.status);
                std::thread::sleep(EVERY.saturating_sub(asked.elapsed()));
            }
            Ok(Figures::of(&latencies, begun.elapsed()))
        }))
    };
    let bearer = token.clone();
    let queue = asking(200, Box::new(move |_| Request::get("/api/v1/queue", Some(&bearer))))?;
    let headers = format!("Authorization: Bearer {token}\r\n");
    let reply = move |n: usize| {
        let id = n * 7919 % usize::try_from(OPEN).unwrap_or(1) + 1;
        let path = format!("/api/v1/conversations/{id}/messages");
        Request::post(&path, "application/json", &headers, r#"{"body":"Of course. Shall I set it up?"}"#)
    };
    let replies = asking(201, Box::new(reply))?;
    let mut imports = Vec::new();
    for (what, file) in ["the first file", "the next one, compared with it"].into_iter().zip(&files) {
        imports.push((what, upload(&server, &token, file)?));
    }
    done.store(true, Ordering::Relaxed);
    let joined = |thread: std::thread::JoinHandle<Result<Figures>>| {
        thread.join().map_err(|_| anyhow::anyhow!("somebody who asked panicked"))?
    };
    let (queue, replies) = (joined(queue)?, joined(replies)?);
    Ok(DailyFile { imports, beside: beside(&files[0])?, peak: server.peak_memory()?, queue, replies })
}

/// A file of eight columns. In a later one, every tenth customer has another balance.
fn write(path: &Path, day: u32) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "Ref,Name,Mobile,Balance,Due date,Street,Town,Postcode")?;
    for n in 0..ROWS {
        // The numbers come in no order, as in any file that is sorted by something else; but first those of the team's
        // conversations in progress, which all get another reference by the first file.
        let number = match n {
            0..OPEN => u64::from(n) + 10_000_001,
            _ => u64::from(n) * 7_919_003 % 100_000_000,
        };
        let balance = if n % 10 == 0 { n + day } else { n };
        writeln!(
            file,
            "A-{n:07},Customer Number {n},077{number:08},GBP {balance}.00,2026-12-{:02},{} High Street,London,SW{} {}AB",
            n % 28 + 1,
            n % 300,
            n % 20,
            n % 10
        )?;
    }
    Ok(file.flush()?)
}

/// Sends the file, and answers how long it took until it was current.
fn upload(server: &Server, token: &str, path: &Path) -> Result<Duration> {
    let mut file = BufReader::with_capacity(256 * 1024, File::open(path)?);
    let length = path.metadata()?.len();
    let mut stream = TcpStream::connect(&server.address)?;
    let begun = Instant::now();
    write!(
        stream,
        "POST /api/v1/teams/1/daily_files?confirm=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nConnection: close\r\n\
         Content-Length: {length}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )?;
    std::io::copy(&mut file, &mut stream)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let took = begun.elapsed();
    ensure!(answer.starts_with("HTTP/1.1 201"), "answered {answer:.500}");
    ensure!(answer.contains(&format!("\"accepted\":{ROWS}")), "answered {answer:.500}");
    Ok(took)
}

/// How many rows a second SQLite's own program takes from the same file.
fn beside(path: &Path) -> Result<Option<f64>> {
    let folder = tempfile::tempdir()?;
    let import = format!(".import --csv {} customers", path.display());
    let begun = Instant::now();
    let taken = Command::new("sqlite3")
        .arg(folder.path().join("beside.db"))
        .args(["PRAGMA journal_mode = WAL", &import, "SELECT count(*) FROM customers"])
        .output();
    let Ok(taken) = taken else { return Ok(None) };
    let took = begun.elapsed();
    let said = String::from_utf8_lossy(&taken.stdout);
    let count = said.lines().last().context("no count")?.trim().parse::<u32>()?;
    ensure!(count == ROWS, "sqlite3 took {count} rows");
    Ok(Some(f64::from(ROWS) / took.as_secs_f64()))
}
