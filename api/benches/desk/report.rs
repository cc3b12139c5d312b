//! Writes `docs/benchmarks.md`: every figure as measured, and as a ratio to the raw work beside it.

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
         Written by `cargo xtask bench`: the release binary, driven over HTTP on loopback in a closed loop, and the raw\n\
         work beside it in the same run, on the same machine. Client, server and database share its processors, so read\n\
         the ratios; the absolute figures are this machine's.\n\n",
    );
    writeln!(text, "{}\n", machine()?)?;
    for (database, figures) in measured {
        writeln!(text, "## {database}\n")?;
        writeln!(
            text,
            "| What | Clients | Per second | p50 ms | p95 ms | p99 ms | Worst ms | Beside it | Per second | Ratio |\n\
             |---|--:|--:|--:|--:|--:|--:|---|--:|--:|"
        )?;
        for row in &figures.rows {
            line(&mut text, row)?;
        }
        writeln!(text, "\nStart to first answer on the seeded database: {:.0} ms.", ms(figures))?;
        writeln!(text, "Resident memory of the server after all of the above: {:.0} MiB.\n", figures.memory)?;
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
        "An answered webhook or reply is on the disk: SQLite commits in groups with `synchronous=FULL`, and answers\n\
         after the commit; PostgreSQL runs with `fsync` and `synchronous_commit` on.\n",
    );
    Ok(text)
}

/// The daily file, and what the others waited meanwhile.
pub(crate) fn daily_file(text: &mut String, measured: &DailyFile) -> std::fmt::Result {
    let rows = f64::from(daily_file::rows());
    writeln!(
        text,
        "A daily file of {rows} rows and 8 columns over HTTP, from the first byte until it is current, while 50 times a\n\
         second somebody asks for the queue and somebody replies:\n\n\
         | What | Seconds | Rows per second | Beside it: `sqlite3 .import` | Ratio |\n|---|--:|--:|--:|--:|"
    )?;
    for (what, took) in &measured.imports {
        let per_second = rows / took.as_secs_f64();
        let (beside, ratio) = match measured.beside {
            Some(beside) => (format!("{beside:.0}"), format!("{:.2}", per_second / beside)),
            None => (String::new(), String::new()),
        };
        writeln!(text, "| {what} | {:.1} | {per_second:.0} | {beside} | {ratio} |", took.as_secs_f64())?;
    }
    writeln!(text, "\n| Meanwhile | p50 ms | p95 ms | p99 ms | Worst ms |\n|---|--:|--:|--:|--:|")?;
    for (what, figures) in [("`GET /queue`", &measured.queue), ("reply", &measured.replies)] {
        let Figures { p50, p95, p99, worst, .. } = figures;
        writeln!(text, "| {what} | {p50:.2} | {p95:.2} | {p99:.2} | {worst:.1} |")?;
    }
    writeln!(text, "\nThe most resident memory that the server had: {:.0} MiB.\n", measured.peak)
}

fn ms(figures: &Measured) -> f64 {
    figures.start.as_secs_f64() * 1000.0
}

pub(crate) fn line(text: &mut String, row: &Row) -> std::fmt::Result {
    let http = &row.http;
    write!(
        text,
        "| {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.1} |",
        row.what, row.clients, http.per_second, http.p50, http.p95, http.p99, http.worst
    )?;
    match &row.raw {
        Some((what, raw)) => {
            writeln!(text, " {what} | {:.0} | {:.2} |", raw.per_second, http.per_second / raw.per_second)
        }
        None => writeln!(text, " | | |"),
    }
}

/// The machine and the date.
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

/// The compressed size of what a browser loads first, in bytes.
#[expect(clippy::cast_precision_loss, reason = "a few hundred kilobytes")]
fn first_load() -> Result<f64> {
    Ok(compressed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist"))? as f64)
}

/// The sum of the brotli copies below a folder, without the chunks that are fetched later.
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
