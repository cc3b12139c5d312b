//! Exports a million messages over HTTP. Measures the speed and the server's memory.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use api::db::DatabaseUrl;

use crate::{
    database::{count, execute},
    figures::{Figure, Topic},
    scenarios::sign_in,
    server::Server,
};

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let permissions = |more: &str| format!(r#"'["reply","close","search","import"{more}]'"#);
    let allow = permissions(r#","view_reports""#);
    execute(
        url,
        &format!("INSERT INTO team_members VALUES (2, 1); UPDATE accounts SET permissions = {allow}"),
    )?;
    let mut figures = Vec::new();
    for format in ["csv", "ndjson"] {
        let server = Server::start(url)?;
        let token = sign_in(&server)?;
        let before = server.memory()?;
        let started = Instant::now();
        let lines = lines_of_file(&server, &token, format)?;
        let elapsed = started.elapsed().as_secs_f64();
        let rows = lines - u64::from(format == "csv");
        let messages = count(url, "messages")?;
        ensure!(i64::try_from(rows)? == messages, "{rows} rows of {format} for {messages} messages");
        #[expect(clippy::cast_precision_loss, reason = "a million rows")]
        let per_second = rows as f64 / elapsed;
        let memory = server.peak_memory()? - before;
        let name = format.to_uppercase();
        figures.extend([
            Figure::new(Topic::Export, database, &format!("messages as {name}"), per_second, "rows/s"),
            Figure::new(Topic::Export, database, &format!("memory that {name} takes"), memory, "MiB"),
        ]);
    }
    let restrict = permissions("");
    execute(
        url,
        &format!("DELETE FROM team_members WHERE team_id = 2; UPDATE accounts SET permissions = {restrict}"),
    )?;
    Ok(figures)
}

/// Downloads the file of all messages, which arrives in chunks, and counts its lines.
fn lines_of_file(server: &Server, token: &str, format: &str) -> Result<u64> {
    let mut stream = TcpStream::connect(&server.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let path = format!("/api/v1/exports/messages?format={format}&from=2020-01-01T00:00:00Z");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = BufReader::with_capacity(256 * 1024, stream);
    let mut line = String::new();
    while !line.ends_with("\r\n\r\n") {
        ensure!(answer.read_line(&mut line)? > 0, "the answer ends within its head");
    }
    ensure!(line.starts_with("HTTP/1.1 200"), "{line}");
    let (mut lines, mut chunk) = (0, Vec::new());
    loop {
        line.clear();
        answer.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).context("no length of a chunk")?;
        // Each chunk ends with a line break of its own.
        chunk.resize(length + 2, 0);
        answer.read_exact(&mut chunk)?;
        let content = chunk.get(..length).context("no chunk")?;
        lines += u64::try_from(content.iter().filter(|byte| **byte == b'\n').count())?;
        if length == 0 {
            return Ok(lines);
        }
    }
}
