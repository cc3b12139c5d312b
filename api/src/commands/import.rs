//! `sms-chat import`: brings in a team's daily file from the server itself, of any size, and shows how far it is.

use std::{
    io::{IsTerminal, Read, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use api::{
    auth::TeamScope,
    clock::Clock,
    config::Settings,
    daily_files::{DailyFiles, Order, Piece, Progress},
    db::Db,
    error::ApiError,
    events::feed::Feed,
    teams,
};
use clap::Args;
use shared::{
    ErrorCode,
    clean::clean_line,
    daily_file::{CustomerRow, FileDifference},
    ids::TeamId,
};
use tokio::sync::mpsc;

use super::{Fault, in_database};

/// How many rejected rows are shown; all of them can be downloaded from the desk.
const SHOWN: usize = 20;
/// How many customers are shown of each kind of difference.
const EXAMPLES: usize = 5;
/// How often the progress is shown.
const TICK: Duration = Duration::from_millis(100);
/// How wide the bar is, in characters.
const WIDTH: usize = 30;

#[derive(Debug, Args)]
pub(super) struct ImportFile {
    /// The team whose customers are in the file.
    #[arg(long, value_name = "NAME")]
    team: String,
    /// Uses the file although it replaces most of the current customers.
    #[arg(long)]
    confirm: bool,
    /// Prints what the file would change, and changes nothing.
    #[arg(long, conflicts_with = "confirm")]
    preview: bool,
    /// The file: CSV with a header.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
}

pub(super) fn import(settings: &Settings, import: &ImportFile) -> Result<(), Fault> {
    let file = std::fs::File::open(&import.file)
        .map_err(|error| format!("{} cannot be read: {error}", import.file.display()))?;
    let size = file.metadata()?.len();
    // One to read the file before, one to write, and one to spare.
    let imported = in_database(settings, 3, |db| async move {
        let team = team(&db, &import.team).await?;
        let files = DailyFiles::on(db, &settings.database.url, Clock::System, Arc::new(Feed::default()));
        let by = "sms-chat import".to_owned();
        let order = Order { scope: TeamScope::Every, team, by, confirmed: import.confirm };
        let (pieces, incoming) = mpsc::channel(8);
        let (progress, sent) = (Arc::new(Progress::default()), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&sent);
        let reading = tokio::task::spawn_blocking(move || send(file, &pieces, &counted));
        let importing = async {
            if import.preview {
                let preview = files.preview(order, incoming, Arc::clone(&progress)).await?;
                return Ok((preview.difference, Some(preview.needs_confirmation)));
            }
            let imported = files.import(order, incoming, Arc::clone(&progress), || true).await?;
            Ok::<_, ApiError>((imported.difference, None))
        };
        let imported = shown_while(importing, || shown(&progress, sent.load(Ordering::Relaxed), size)).await;
        // Whatever came of it: what was given up goes, and what is older than the files that are kept.
        let tidied = files.tidy_up(|| false).await;
        // What broke the file off says more than that it broke off.
        if let Ok(Err(error)) = reading.await {
            return Err(std::io::Error::other(format!("the file cannot be read to its end: {error}")));
        }
        let imported = imported.map_err(|refused| std::io::Error::other(in_one_line(&refused)))?;
        tidied.map_err(std::io::Error::other)?;
        Ok(imported)
    })?;
    let (difference, preview) = imported;
    print(&import.team, &difference, preview);
    Ok(())
}

async fn team(db: &Db, name: &str) -> Result<TeamId, std::io::Error> {
    let teams = db.read(teams::all).await.map_err(std::io::Error::other)?;
    let wanted = clean_line(name).to_lowercase();
    let found = teams.iter().find(|team| team.name.to_lowercase() == wanted);
    found.map(|team| team.id).ok_or_else(|| {
        let names: Vec<&str> = teams.iter().map(|team| team.name.as_str()).collect();
        std::io::Error::other(format!("there is no team {name}; there are: {}", names.join(", ")))
    })
}

fn send(mut file: std::fs::File, pieces: &mpsc::Sender<Piece>, sent: &AtomicU64) -> std::io::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default().to_vec();
        let piece = if read == 0 { Piece::End } else { Piece::Bytes(bytes) };
        // Nobody takes it any more when the file was refused, which is said elsewhere.
        if pieces.blocking_send(piece).is_err() || read == 0 {
            return Ok(());
        }
        sent.fetch_add(u64::try_from(read).unwrap_or_default(), Ordering::Relaxed);
    }
}

/// Shows the line again and again while `work` goes on, where somebody looks.
async fn shown_while<T>(work: impl Future<Output = T>, line: impl Fn() -> String) -> T {
    let mut terminal = std::io::stderr();
    let looks = terminal.is_terminal();
    let mut ticks = tokio::time::interval(TICK);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                if looks {
                    let _ = write!(terminal, "\r\x1b[K");
                }
                return done;
            }
            _ = ticks.tick() => {
                if looks {
                    let _ = write!(terminal, "\r{}\x1b[K", line());
                    let _ = terminal.flush();
                }
            }
        }
    }
}

fn shown(progress: &Progress, sent: u64, size: u64) -> String {
    let (read, to_store, stored) = (
        progress.read.load(Ordering::Relaxed),
        progress.to_store.load(Ordering::Relaxed),
        progress.stored.load(Ordering::Relaxed),
    );
    if to_store == 0 {
        return format!("Reading  {}  {read} rows", bar(sent, size));
    }
    let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
    format!("Storing  {}  {stored} of {to_store} rows", bar(count(stored), count(to_store)))
}

fn bar(done: u64, of: u64) -> String {
    let part = |whole: u64| (done.min(of) * whole).checked_div(of).unwrap_or(whole);
    let full = usize::try_from(part(30)).unwrap_or(WIDTH).min(WIDTH);
    format!("[{}{}] {:>3} %", "#".repeat(full), " ".repeat(WIDTH - full), part(100))
}

fn in_one_line(refused: &ApiError) -> String {
    let mut line = refused.detail().to_owned();
    for fault in refused.faults().filter(|fault| fault.code == "rejected").take(3) {
        line += &format!(" {}: {}", fault.field, fault.message);
    }
    if refused.code() == ErrorCode::UnusualDrop {
        line += " Here: add --confirm. To see the difference first, use --preview.";
    }
    line
}

fn print(team: &str, difference: &FileDifference, preview: Option<bool>) {
    let FileDifference { rows, accepted, rejected_rows, added, changed, dropped, .. } = difference;
    match preview {
        None => println!("{team}: {accepted} of {rows} rows are in, and the file is current."),
        Some(_) => println!("{team}: {accepted} of {rows} rows can be used. Nothing was changed."),
    }
    println!("  {added} customers are new, {changed} have changed, {dropped} are gone.");
    let examples = &difference.examples;
    let short = |rows: &[CustomerRow]| -> Vec<String> {
        rows.iter().take(EXAMPLES).map(|row| format!("{} {}", row.reference, row.name)).collect()
    };
    let after: Vec<CustomerRow> = examples.changed.iter().map(|change| change.after.clone()).collect();
    for (what, rows) in [("new", &examples.added), ("changed", &after), ("gone", &examples.dropped)] {
        if !rows.is_empty() {
            println!("    {what}, for example: {}", short(rows).join("; "));
        }
    }
    if difference.duplicate_refs > 0 {
        println!("  {} refs stand on several lines:", difference.duplicate_refs);
    }
    for duplicate in difference.duplicates.iter().take(SHOWN) {
        let lines = |lines: &[i64]| lines.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        println!(
            "    {}: lines {}; used: {}",
            duplicate.reference,
            lines(&duplicate.lines),
            lines(&duplicate.accepted_lines)
        );
    }
    if *rejected_rows > 0 {
        println!("  {rejected_rows} rows were not taken:");
    }
    for row in difference.rejected.iter().take(SHOWN) {
        let column = row.column.as_deref().map(|column| format!(", {column}")).unwrap_or_default();
        println!("    line {}{column}: {:?}: {}", row.line, row.value, row.reason);
    }
    if *rejected_rows > i64::try_from(SHOWN).unwrap_or_default() && preview.is_none() {
        println!("    and more, which can be downloaded from the team's daily files");
    }
    if preview == Some(true) {
        println!("  The file replaces most customers: add --confirm to use it.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_from_nothing_to_all() {
        assert_eq!(bar(0, 10), format!("[{}]   0 %", " ".repeat(30)));
        assert_eq!(bar(5, 10), format!("[{}{}]  50 %", "#".repeat(15), " ".repeat(15)));
        for full in [bar(10, 10), bar(11, 10), bar(0, 0)] {
            assert_eq!(full, format!("[{}] 100 %", "#".repeat(30)));
        }
    }

    #[test]
    fn what_is_done_now_is_shown() {
        let progress = Progress::default();
        progress.read.store(7, Ordering::Relaxed);
        assert!(shown(&progress, 50, 100).starts_with("Reading  [####"));
        progress.to_store.store(8, Ordering::Relaxed);
        assert!(shown(&progress, 100, 100).ends_with("0 of 8 rows"));
    }
}
