//! Uploads a daily file of a million rows over HTTP while other clients request the queue and reply. Measures the
//! import's speed and memory and the other clients' latencies. Compared with `sqlite3 .import` of the same file.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use api::db::DatabaseUrl;

use crate::{
    client::{PacedClient, Request},
    figures::{Figure, Topic},
    requests::{QUEUE, reply},
    scenarios::sign_in,
    seed::OPEN,
    server::Server,
    webhook,
};

/// Number of rows.
const ROWS: u32 = 1_000_000;
/// Interval of each other client's requests.
const INTERVAL: Duration = Duration::from_millis(20);

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let files = [folder.path().join("first.csv"), folder.path().join("next.csv")];
    write(&files[0], 0)?;
    write(&files[1], 1)?;
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let bearer = token.clone();
    let queue =
        PacedClient::start(server.connect()?, INTERVAL, 200, move |_| Request::get(QUEUE, Some(&bearer)));
    let bearer = token.clone();
    let replies = PacedClient::start(server.connect()?, INTERVAL, 201, move |n| {
        reply(webhook::open_conversation(n), &bearer)
    });
    let mut imports = Vec::new();
    for (what, file) in ["the first file", "the next file, compared with the first"].into_iter().zip(&files) {
        imports.push((what, upload(&server, &token, file)?));
    }
    let (queue, replies) = (queue.stop()?, replies.stop()?);
    let sqlite3_rate = measure_sqlite3(&files[0])?;
    let peak = server.peak_memory()?;
    let mut figures: Vec<Figure> =
        imports.iter().map(|import| speed(database, *import, sqlite3_rate)).collect();
    for (what, measured) in [("p99 of `GET /queue` meanwhile", queue), ("p99 of a reply meanwhile", replies)]
    {
        let figure = Figure::new(Topic::DailyFile, database, what, measured.p99, "ms");
        figures.push(figure.with_latency(&measured));
    }
    figures.push(Figure::new(Topic::DailyFile, database, "peak memory of the server", peak, "MiB"));
    Ok(figures)
}

/// Returns the rows per second, compared with `sqlite3 .import` if it is installed.
fn speed(database: &str, (what, elapsed): (&str, Duration), sqlite3_rate: Option<f64>) -> Figure {
    let per_second = f64::from(ROWS) / elapsed.as_secs_f64();
    let figure = Figure::new(Topic::DailyFile, database, what, per_second, "rows/s");
    match sqlite3_rate {
        Some(rate) => figure.compared_with("`sqlite3 .import`", rate),
        None => figure,
    }
}

/// Writes a file with eight columns. In the file of a later day, every tenth customer has a different balance.
fn write(path: &Path, day: u32) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "Ref,Name,Mobile,Balance,Due date,Street,Town,Postcode")?;
    for n in 0..ROWS {
        // The first numbers are those of the team's open conversations, which all get a new reference from the first
        // file. The others are unsorted, as in a file that is sorted by another column.
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

/// Uploads the file. Returns the time until it is current.
fn upload(server: &Server, token: &str, path: &Path) -> Result<Duration> {
    let mut file = BufReader::with_capacity(256 * 1024, File::open(path)?);
    let length = path.metadata()?.len();
    let mut stream = TcpStream::connect(&server.address)?;
    let started = Instant::now();
    write!(
        stream,
        "POST /api/v1/teams/1/daily_files?confirm=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nConnection: close\r\n\
         Content-Length: {length}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )?;
    std::io::copy(&mut file, &mut stream)?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let elapsed = started.elapsed();
    ensure!(response.starts_with("HTTP/1.1 201"), "unexpected response {response:.500}");
    ensure!(response.contains(&format!("\"accepted\":{ROWS}")), "unexpected response {response:.500}");
    Ok(elapsed)
}

/// Imports the same file with the program `sqlite3`. Returns the rows per second, or `None` if it is not installed.
fn measure_sqlite3(path: &Path) -> Result<Option<f64>> {
    let folder = tempfile::tempdir()?;
    let import = format!(".import --csv {} customers", path.display());
    let started = Instant::now();
    let output = Command::new("sqlite3")
        .arg(folder.path().join("sqlite3.db"))
        .args(["PRAGMA journal_mode = WAL", &import, "SELECT count(*) FROM customers"])
        .output();
    let Ok(output) = output else { return Ok(None) };
    let elapsed = started.elapsed();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let count = stdout.lines().last().context("no count")?.trim().parse::<u32>()?;
    ensure!(count == ROWS, "sqlite3 imported {count} rows");
    Ok(Some(f64::from(ROWS) / elapsed.as_secs_f64()))
}
