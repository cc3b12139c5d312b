//! `sms-chat move`: moves all data to another database, and shows the progress.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use api::{
    clock::Clock,
    db::{
        DatabaseUrl, InvalidDatabaseUrl,
        transfer::{self, Moved, MovedTable, Plan, Progress},
    },
};
use clap::Args;

use super::{
    CommandError,
    progress::{bar, with_progress},
    runtime,
};

#[derive(Debug, Args)]
pub(super) struct MoveDatabase {
    /// The database to read: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`. Its server must be stopped.
    #[arg(long, value_name = "URL", env = "SMS_CHAT_MOVE_FROM", hide_env_values = true)]
    from: String,
    /// The empty database to fill.
    #[arg(long, value_name = "URL", env = "SMS_CHAT_MOVE_TO", hide_env_values = true)]
    to: String,
    /// Only prints what would be copied.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn move_database(wanted: &MoveDatabase) -> Result<(), CommandError> {
    let parse = |name: &str, url: &str| {
        let invalid = |error: InvalidDatabaseUrl| {
            format!("{name} {error}; for example: {name} sqlite://data/sms-chat.db")
        };
        url.parse::<DatabaseUrl>().map_err(invalid)
    };
    let (from, to) = (parse("--from", &wanted.from)?, parse("--to", &wanted.to)?);
    if wanted.dry_run {
        print_plan(&transfer::plan(&from, &to)?, &from, &to);
        return Ok(());
    }
    let clock = Clock::System;
    let start = clock.monotonic();
    let progress = Arc::new(Progress::default());
    let moved = runtime()?.block_on(async {
        let (from, to, writes) = (from.clone(), to.clone(), Arc::clone(&progress));
        let work =
            tokio::task::spawn_blocking(move || transfer::run(&from, &to, transfer::BATCH, &writes, || true));
        with_progress(work, || progress_line(&progress, clock.monotonic().saturating_sub(start))).await
    })??;
    print(&moved, &from, &to, clock.monotonic().saturating_sub(start));
    Ok(())
}

fn progress_line(progress: &Progress, elapsed: Duration) -> String {
    let read = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    let (rows, copied, compared) = (read(&progress.rows), read(&progress.copied), read(&progress.compared));
    let table = progress.table();
    if compared > 0 || (rows > 0 && copied >= rows) {
        return format!("Comparing  {}  {table}: {compared} of {rows} rows", bar(compared, rows));
    }
    let mut line = format!("Copying  {}  {table}: {copied} of {rows} rows", bar(copied, rows));
    // In the first second, the speed is a guess.
    if let Some(speed) = copied.saturating_sub(read(&progress.resumed)).checked_div(elapsed.as_secs())
        && speed > 0
    {
        let left = rows.saturating_sub(copied).div_ceil(speed);
        line += &format!(", {speed} rows/s, {}:{:02} left", left / 60, left % 60);
    }
    line
}

fn print_plan(plan: &Plan, from: &DatabaseUrl, to: &DatabaseUrl) {
    for (name, rows) in &plan.tables {
        println!("  {name:<20} {rows:>12} rows");
    }
    let rows: u64 = plan.tables.iter().map(|(_, rows)| rows).sum();
    println!("{rows} rows of {} tables would be copied from {from} to {to}.", plan.tables.len());
    if let Some(resumed) = plan.resumed {
        println!("An interrupted move has copied {resumed} of them; the next move continues it.");
    }
    println!("Nothing was changed.");
}

fn print(moved: &Moved, from: &DatabaseUrl, to: &DatabaseUrl, elapsed: Duration) {
    let Moved { tables, not_analysed } = moved;
    for MovedTable { name, rows, hash } in tables {
        println!("  {name:<20} {rows:>12} rows  {hash:032x}");
    }
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    println!("Moved {rows} rows of {} tables from {from} to {to} in {} s.", tables.len(), elapsed.as_secs());
    println!("Each table has the same number of rows and the same hash in both databases.");
    if let Some(error) = not_analysed {
        println!("PostgreSQL could not analyse the new rows: {error}. Run VACUUM (ANALYZE) in {to}.");
    }
    println!("Start the server with the new SMS_CHAT_DATABASE_URL and the same SMS_CHAT_JWT_SECRET.");
    if let (DatabaseUrl::Sqlite(path), DatabaseUrl::Postgres(_)) = (from, to) {
        let secret = path.with_file_name("jwt-secret");
        if secret.exists() {
            println!("Unless it was set before, the secret is in {}.", secret.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_line_estimates_the_time_left_from_the_rows_of_this_run() {
        let progress = Progress::default();
        progress.rows.store(1_000, Ordering::Relaxed);
        progress.resumed.store(100, Ordering::Relaxed);
        progress.copied.store(200, Ordering::Relaxed);
        let line = progress_line(&progress, Duration::from_secs(10));
        assert!(line.ends_with("200 of 1000 rows, 10 rows/s, 1:20 left"), "{line}");
        let line = progress_line(&progress, Duration::from_millis(500));
        assert!(line.ends_with("200 of 1000 rows"), "{line}");
        progress.copied.store(1_000, Ordering::Relaxed);
        progress.compared.store(400, Ordering::Relaxed);
        let line = progress_line(&progress, Duration::from_secs(10));
        assert!(line.starts_with("Comparing") && line.ends_with("400 of 1000 rows"), "{line}");
    }
}
