//! Writes `docs/benchmarks.md`: each figure, and its ratio to the work that it is compared with.

use std::{fmt::Write, fs, path::Path};

use anyhow::Result;

use crate::{
    client::Figures,
    daily_file::{self, DailyFile},
    outbox,
    scenarios::{Measured, Row},
    sign_in,
};

pub(crate) fn document(measured: &[(&str, Measured)]) -> Result<String> {
    let mut text = String::from(
        "# Benchmarks\n\n\
         `cargo xtask bench` writes this file. It measures the release binary over HTTP on loopback, in a\n\
         closed loop, and in the same run the work without HTTP for comparison. Client, server and database\n\
         share the machine, so the ratios say more than the absolute figures.\n\n",
    );
    writeln!(text, "{}\n", machine()?)?;
    for (database, figures) in measured {
        writeln!(text, "## {database}\n")?;
        writeln!(
            text,
            "| What | Clients | Per second | p50 ms | p95 ms | p99 ms | Worst ms | Compared with | Per second | Ratio |\n\
             |---|--:|--:|--:|--:|--:|--:|---|--:|--:|"
        )?;
        for row in &figures.rows {
            line(&mut text, row)?;
        }
        writeln!(
            text,
            "\nTime from the start to the first response, on the seeded database: {:.0} ms.",
            startup_ms(figures)
        )?;
        writeln!(
            text,
            "Resident memory of the server after these measurements: {:.0} MiB.\n",
            figures.memory
        )?;
        sign_in::report(&mut text, &figures.sign_ins)?;
        outbox::report(&mut text, &figures.outbox)?;
        daily_file(&mut text, &figures.daily_file)?;
    }
    writeln!(text, "## The single-page app\n")?;
    writeln!(
        text,
        "First load (HTML, CSS, JavaScript and WASM, brotli): {:.1} kB.\n",
        first_load()? / 1000.0
    )?;
    text.push_str(
        "The server answers webhooks and replies only after their data is on disk. SQLite commits in groups with\n\
         `synchronous=FULL`. PostgreSQL runs with `fsync` and `synchronous_commit` on.\n",
    );
    Ok(text)
}

/// Writes the figures of the daily file, and the latencies of the other clients meanwhile.
pub(crate) fn daily_file(text: &mut String, measured: &DailyFile) -> std::fmt::Result {
    let rows = f64::from(daily_file::rows());
    writeln!(
        text,
        "A daily file of {rows} rows and 8 columns over HTTP, from the first byte until the file is current.\n\
         Meanwhile one client requests the queue and another one replies, 50 times a second each:\n\n\
         | What | Seconds | Rows per second | `sqlite3 .import`, rows per second | Ratio |\n|---|--:|--:|--:|--:|"
    )?;
    for (what, elapsed) in &measured.imports {
        let per_second = rows / elapsed.as_secs_f64();
        let (sqlite3, ratio) = match measured.sqlite3_rate {
            Some(rate) => (format!("{rate:.0}"), format!("{:.2}", per_second / rate)),
            None => (String::new(), String::new()),
        };
        writeln!(text, "| {what} | {:.1} | {per_second:.0} | {sqlite3} | {ratio} |", elapsed.as_secs_f64())?;
    }
    writeln!(text, "\n| Meanwhile | p50 ms | p95 ms | p99 ms | Worst ms |\n|---|--:|--:|--:|--:|")?;
    for (what, figures) in [("`GET /queue`", &measured.queue), ("reply", &measured.replies)] {
        let Figures { p50, p95, p99, worst, .. } = figures;
        writeln!(text, "| {what} | {p50:.2} | {p95:.2} | {p99:.2} | {worst:.1} |")?;
    }
    writeln!(text, "\nPeak resident memory of the server: {:.0} MiB.\n", measured.peak)
}

fn startup_ms(figures: &Measured) -> f64 {
    figures.startup.as_secs_f64() * 1000.0
}

/// Writes a row of the table.
pub(crate) fn line(text: &mut String, row: &Row) -> std::fmt::Result {
    let http = &row.http;
    write!(
        text,
        "| {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.1} |",
        row.what, row.clients, http.per_second, http.p50, http.p95, http.p99, http.worst
    )?;
    match &row.baseline {
        Some((what, Figures { per_second, .. })) => {
            writeln!(text, " {what} | {per_second:.0} | {:.2} |", http.per_second / per_second)
        }
        None => writeln!(text, " | | |"),
    }
}

/// Returns the date and a description of the machine.
fn machine() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_default();
    let date = api::clock::Clock::System.now().format("%Y-%m-%d");
    Ok(format!("{date}, {model}, {cores} processors, {} GiB of memory, Linux.", kib / 1024 / 1024))
}

/// Returns the compressed size of the files that a browser loads first, in bytes.
#[expect(clippy::cast_precision_loss, reason = "a few hundred kilobytes")]
fn first_load() -> Result<f64> {
    Ok(compressed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist"))? as f64)
}

/// Returns the size of the brotli copies in a folder, without the chunks that are loaded later.
fn compressed(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        let (path, name) = file.map(|file| (file.path(), file.file_name()))?;
        if path.is_dir() {
            bytes += compressed(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "br")
            && !name.to_string_lossy().starts_with("split_")
        {
            bytes += path.metadata()?.len();
        }
    }
    Ok(bytes)
}
