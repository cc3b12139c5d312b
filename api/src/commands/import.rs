//! `sms-chat import`: imports a team's daily file of any size from the server's disk, and shows the progress.

use std::{
    io::Read,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use api::{
    auth::TeamScope,
    clock::Clock,
    config::Settings,
    daily_files::{DailyFiles, ImportError, Order, Piece, Progress},
    db::Db,
    events::{feed::Feed, versions::Versions},
    teams,
};
use clap::Args;
use shared::{
    audit_entry::{AuditActor, AuditActorKind},
    clean::clean_line,
    daily_file::{CustomerRow, FileDifference},
    ids::TeamId,
};
use tokio::sync::mpsc;

use super::{
    CommandError, in_database,
    progress::{bar, with_progress},
};

/// Maximum number of rejected rows that are printed. All of them can be downloaded in the browser.
const MAX_ROWS: usize = 20;
/// Maximum number of customers that are printed for each kind of change.
const MAX_EXAMPLES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct ImportFile {
    /// The team whose customers are in the file.
    #[arg(long, value_name = "NAME")]
    team: String,
    /// Imports the file even if it replaces most of the current customers.
    #[arg(long)]
    confirm: bool,
    /// Only prints what the file would change.
    #[arg(long, conflicts_with = "confirm")]
    preview: bool,
    /// The CSV file, with a header line.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
}

pub(super) fn import(settings: &Settings, import: &ImportFile) -> Result<(), CommandError> {
    let file = std::fs::File::open(&import.file)
        .map_err(|error| format!("{} cannot be read: {error}", import.file.display()))?;
    let size = file.metadata()?.len();
    // One connection reads the previous file, one writes, and one is spare.
    let imported = in_database(settings, 3, |db| async move {
        let team = team(&db, &import.team).await?;
        let feed = Arc::new(Feed::new(Arc::new(Versions::new(Clock::System))));
        let files = DailyFiles::on(db, &settings.database.url, Clock::System, feed);
        let name = "sms-chat import".to_owned();
        let by = AuditActor { kind: AuditActorKind::System, id: None, name };
        let order = Order { scope: TeamScope::Every, team, by, confirmed: import.confirm };
        let (pieces, incoming) = mpsc::channel(8);
        let (progress, sent) = (Arc::new(Progress::default()), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&sent);
        let reading = tokio::task::spawn_blocking(move || read_file(file, &pieces, &counted));
        let importing = async {
            if import.preview {
                let preview = files.preview(order, incoming, Arc::clone(&progress)).await?;
                return Ok((preview.difference, Some(preview.needs_confirmation)));
            }
            let imported = files.import(order, incoming, Arc::clone(&progress), || true).await?;
            Ok::<_, ImportError>((imported.difference, None))
        };
        let line = || progress_line(&progress, sent.load(Ordering::Relaxed), size);
        let imported = with_progress(importing, line).await;
        // Also after a failure: deletes abandoned files and those beyond the history.
        let tidied = files.tidy_up(|| false).await;
        // A read error is the cause of the import's error, so it is reported first.
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
        std::io::Error::other(format!("there is no team {name}; the teams are: {}", names.join(", ")))
    })
}

/// Sends the file to the import in pieces, and counts the bytes.
fn read_file(mut file: std::fs::File, pieces: &mpsc::Sender<Piece>, sent: &AtomicU64) -> std::io::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default().to_vec();
        let piece = if read == 0 { Piece::End } else { Piece::Bytes(bytes) };
        // The channel is closed when the file was refused; the import reports why.
        if pieces.blocking_send(piece).is_err() || read == 0 {
            return Ok(());
        }
        sent.fetch_add(u64::try_from(read).unwrap_or_default(), Ordering::Relaxed);
    }
}

fn progress_line(progress: &Progress, sent: u64, size: u64) -> String {
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

fn in_one_line(refused: &ImportError) -> String {
    let mut line = refused.to_string();
    for row in refused.rejected_rows().iter().take(3) {
        let column = row.column.as_deref().map(|column| format!("{column}: ")).unwrap_or_default();
        line += &format!(" line {}: {column}{}", row.line, row.reason);
    }
    if refused.needs_confirmation() {
        line += " To import it, add --confirm. To see the changes first, use --preview.";
    }
    line
}

/// Prints the result. `preview` is set for a preview: whether the import needs `--confirm`.
fn print(team: &str, difference: &FileDifference, preview: Option<bool>) {
    let FileDifference { rows, accepted, rejected_rows, added, changed, dropped, .. } = difference;
    match preview {
        None => println!("{team}: imported {accepted} of {rows} rows. The file is now the current one."),
        Some(_) => println!("{team}: {accepted} of {rows} rows are valid. Nothing was changed."),
    }
    println!("  Customers: {added} added, {changed} changed, {dropped} removed.");
    let examples = &difference.examples;
    let short = |rows: &[CustomerRow]| -> Vec<String> {
        rows.iter().take(MAX_EXAMPLES).map(|row| format!("{} {}", row.reference, row.name)).collect()
    };
    let after: Vec<CustomerRow> = examples.changed.iter().map(|change| change.after.clone()).collect();
    for (kind, rows) in [("added", &examples.added), ("changed", &after), ("removed", &examples.dropped)] {
        if !rows.is_empty() {
            println!("    {kind}, for example: {}", short(rows).join("; "));
        }
    }
    if difference.duplicate_refs > 0 {
        println!("  {} refs appear on several lines:", difference.duplicate_refs);
    }
    for duplicate in difference.duplicates.iter().take(MAX_ROWS) {
        let lines = |lines: &[i64]| lines.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        println!(
            "    {}: lines {}; used: {}",
            duplicate.reference,
            lines(&duplicate.lines),
            lines(&duplicate.accepted_lines)
        );
    }
    if *rejected_rows > 0 {
        println!("  {rejected_rows} rows were rejected:");
    }
    for row in difference.rejected.iter().take(MAX_ROWS) {
        let column = row.column.as_deref().map(|column| format!(", {column}")).unwrap_or_default();
        println!("    line {}{column}: {:?}: {}", row.line, row.value, row.reason);
    }
    if *rejected_rows > i64::try_from(MAX_ROWS).unwrap_or_default() && preview.is_none() {
        println!("    ... and more; download the full list from the team's daily files");
    }
    if preview == Some(true) {
        println!("  The file replaces most customers: add --confirm to import it.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_line_names_the_current_step() {
        let progress = Progress::default();
        progress.read.store(7, Ordering::Relaxed);
        assert!(progress_line(&progress, 50, 100).starts_with("Reading  [####"));
        progress.to_store.store(8, Ordering::Relaxed);
        assert!(progress_line(&progress, 100, 100).ends_with("0 of 8 rows"));
    }
}
