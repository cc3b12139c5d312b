//! Writes `docs/benchmarks.md` from the stored figures: a table for each topic, with both databases beside each other.

use std::{fmt::Write, fs, path::Path};

use anyhow::Result;

use crate::figures::{Aim, Figure, Part, Record, Topic};

/// The databases, in the order of the columns.
const DATABASES: [&str; 2] = ["SQLite", "PostgreSQL"];

/// The sections of the document: topic, part of the benchmark, title, and what was measured.
const SECTIONS: [(Topic, Part, &str, &str); 12] = [
    (
        Topic::Requests,
        Part::Main,
        "Requests of 8 clients",
        "200,000 conversations, 10,000 of them open. The ratio compares with what the last column names, measured in the\n\
         same run.",
    ),
    (Topic::OneClient, Part::Main, "Requests of one client", "The same data."),
    (Topic::Search, Part::Main, "Search", "1,000,000 conversations, 8 clients."),
    (Topic::Server, Part::Main, "Start and memory", "On the 200,000 conversations."),
    (
        Topic::SignIns,
        Part::Main,
        "A hundred people sign in at the same moment",
        "Meanwhile one client requests the queue every 5 ms.",
    ),
    (
        Topic::Outbox,
        Part::Main,
        "The outbox",
        "5,000 messages wait for a gateway that takes 20 ms for each and returns three receipts. The latencies of the\n\
         queue are compared with those while no messages wait.",
    ),
    (
        Topic::DailyFile,
        Part::Main,
        "A daily file of a million rows",
        "8 columns, over HTTP, from the first byte until the file is current. Meanwhile one client requests the queue\n\
         and another one replies, 50 times a second each.",
    ),
    (
        Topic::Live,
        Part::Live,
        "Live streams",
        "`cargo xtask bench --live`. Delivery is the time from the start of a webhook's request to the arrival of its\n\
         event at the last stream. A screen that gets an event waits 120 ms for others, as the app does, and requests\n\
         the queue with `If-None-Match`.",
    ),
    (
        Topic::Operations,
        Part::Operations,
        "Two servers, backups and moves",
        "`cargo xtask bench --operations`. The backup and the moves are those of 100,000 conversations with 10 messages\n\
         each. A move ends when both databases have the same hash of each table.",
    ),
    (
        Topic::Export,
        Part::Integrations,
        "An export of a million messages",
        "`cargo xtask bench --integrations`. Over HTTP, uncompressed. The memory is the peak above that of the idle\n\
         server.",
    ),
    (
        Topic::Webhooks,
        Part::Integrations,
        "Webhooks out",
        "`cargo xtask bench --integrations`. 10,000 events in the log, of different conversations, for one endpoint that\n\
         answers at once: from the first arrival to the last. Recording the deliveries is included.",
    ),
    (
        Topic::Scale,
        Part::Scale,
        "A million conversations",
        "`cargo xtask bench --scale`. Mean time of a request of 8 clients with 1,000,000 conversations and 10,000,000\n\
         messages, 10,000 of the conversations open. Compared with 10,000 conversations, all open, and 100,000 messages.",
    ),
];

pub(crate) fn document(record: &Record) -> Result<String> {
    let mut text = String::from(
        "# Benchmarks\n\n\
         `cargo xtask bench` writes this file and `benchmarks.json`. It measures the release binary over HTTP on\n\
         loopback, in a closed loop. Client, server and database share the machine, so the ratios say more than the\n\
         absolute figures. `cargo xtask bench --quick` compares a shorter run with these figures.\n\n\
         The aims are for a machine with 2 processors. Values that miss them are bold. Latencies are p50 / p99 in ms.\n\n",
    );
    for (part, name) in [
        (Part::Main, "`cargo xtask bench`"),
        (Part::Live, "`--live`"),
        (Part::Operations, "`--operations`"),
        (Part::Integrations, "`--integrations`"),
        (Part::Scale, "`--scale`"),
    ] {
        if let Some(run) = record.runs.get(&part) {
            writeln!(text, "- {name}: {}, {}.", run.date, run.machine)?;
        }
    }
    for (topic, part, title, intro) in SECTIONS {
        let of_run = record.runs.get(&part).map_or(&[][..], |run| &run.figures);
        let figures: Vec<&Figure> = of_run.iter().filter(|figure| figure.topic == topic).collect();
        if !figures.is_empty() {
            writeln!(text, "\n## {title}\n\n{intro}\n")?;
            table(&mut text, &figures)?;
        }
    }
    if let Some(bytes) = first_load()? {
        writeln!(
            text,
            "\n## The single-page app\n\nFirst load (HTML, CSS, JavaScript and WASM, brotli): {:.1} kB.",
            bytes / 1000.0
        )?;
    }
    text.push_str(
        "\nThe server answers webhooks and replies only after their data is on disk. SQLite commits in groups with\n\
         `synchronous=FULL`. PostgreSQL runs with `fsync` and `synchronous_commit` on.\n",
    );
    Ok(text)
}

/// The columns of a table. Those without any figure are left out.
#[derive(Clone, Copy)]
struct Columns {
    aims: bool,
    latencies: bool,
    ratios: bool,
}

/// Writes a table with a line for each `what`.
pub(crate) fn table(text: &mut String, figures: &[&Figure]) -> std::fmt::Result {
    let columns = Columns {
        aims: figures.iter().any(|f| f.aim.is_some() || f.ratio_aim.is_some()),
        latencies: figures.iter().any(|f| f.latency.is_some()),
        ratios: figures.iter().any(|f| f.baseline.is_some()),
    };
    let databases: Vec<&str> =
        DATABASES.into_iter().filter(|name| figures.iter().any(|f| f.database == *name)).collect();
    let names = heading(columns, &databases);
    let rule =
        names.iter().map(|name| if ["What", "Aim", "Ratio to"].contains(name) { "---|" } else { "--:|" });
    writeln!(text, "| {} |\n|{}", names.join(" | "), rule.collect::<String>())?;
    let mut written: Vec<&str> = Vec::new();
    for Figure { what, .. } in figures {
        if !written.contains(&what.as_str()) {
            written.push(what);
            let of = |name: &&str| figures.iter().find(|f| f.what == *what && f.database == *name).copied();
            let line: Vec<Option<&Figure>> = databases.iter().map(of).collect();
            writeln!(text, "| {what} | {} |", cells(columns, &line).join(" | "))?;
        }
    }
    Ok(())
}

fn heading<'a>(columns: Columns, databases: &[&'a str]) -> Vec<&'a str> {
    let mut names = vec!["What"];
    names.extend(columns.aims.then_some("Aim"));
    for database in databases {
        names.push(database);
        names.extend(columns.latencies.then_some("p50 / p99"));
        names.extend(columns.ratios.then_some("Ratio"));
    }
    names.extend(columns.ratios.then_some("Ratio to"));
    names
}

/// Returns the cells after the first: `line` has the figure of each database.
fn cells(columns: Columns, line: &[Option<&Figure>]) -> Vec<String> {
    let mut cells = Vec::new();
    cells.extend(columns.aims.then(|| aim(line)));
    for figure in line {
        cells.push(figure.map(|f| marked(value(f), f.aim, f.value)).unwrap_or_default());
        let latency = figure.and_then(|f| f.latency).map(|l| format!("{} / {}", ms(l.p50), ms(l.p99)));
        cells.extend(columns.latencies.then(|| latency.unwrap_or_default()));
        let ratio = figure.and_then(|f| Some((f.ratio()?, f.ratio_aim)));
        let ratio = ratio.map(|(ratio, aim)| marked(format!("{ratio:.2}"), aim, ratio));
        cells.extend(columns.ratios.then(|| ratio.unwrap_or_default()));
    }
    let baseline = line.iter().flatten().find_map(|f| f.baseline.as_ref()).map(|b| b.what.clone());
    cells.extend(columns.ratios.then(|| baseline.unwrap_or_default()));
    cells
}

/// Formats a value that misses its aim in bold.
fn marked(text: String, aim: Option<Aim>, value: f64) -> String {
    if aim.is_none_or(|aim| aim.is_met_by(value)) { text } else { format!("**{text}**") }
}

/// Formats the aims of a line, with the database where they differ.
fn aim(line: &[Option<&Figure>]) -> String {
    let of = |figure: &Figure| {
        let ratio = figure.ratio_aim.map(|aim| format!("ratio {}", bound(aim)));
        figure.aim.map(bound).into_iter().chain(ratio).collect::<Vec<_>>().join(", ")
    };
    let aims: Vec<(String, &str)> =
        line.iter().flatten().map(|figure| (of(figure), &*figure.database)).collect();
    match aims.as_slice() {
        [] => String::new(),
        [(first, _), rest @ ..] if rest.iter().all(|(aim, _)| aim == first) => first.clone(),
        aims => aims
            .iter()
            .filter(|(aim, _)| !aim.is_empty())
            .map(|(aim, database)| format!("{aim} ({database})"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn bound(aim: Aim) -> String {
    match aim {
        Aim::AtLeast(least) => format!("≥ {}", number(least)),
        Aim::AtMost(most) => format!("≤ {}", number(most)),
    }
}

fn value(figure: &Figure) -> String {
    let space = if figure.unit.is_empty() || figure.unit.starts_with('/') { "" } else { " " };
    format!("{}{space}{}", number(figure.value), figure.unit)
}

fn ms(value: f64) -> String {
    if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

/// Formats a number with three significant digits or more, and with separators of thousands.
fn number(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    if value < 100.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns the compressed size of the files that a browser loads first, in bytes, if the app was built.
#[expect(clippy::cast_precision_loss, reason = "a few hundred kilobytes")]
fn first_load() -> Result<Option<f64>> {
    let bytes = compressed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist"))?;
    Ok((bytes > 0).then_some(bytes as f64))
}

/// Returns the size of the brotli copies in a folder, without the modules and languages that are loaded later.
fn compressed(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if path.is_dir() {
            bytes += compressed(&path)?;
        } else if name == "app.wasm.br"
            || name.ends_with(".br") && !name.ends_with(".wasm.br") && !name.ends_with(".txt.br")
        {
            bytes += path.metadata()?.len();
        }
    }
    Ok(bytes)
}
