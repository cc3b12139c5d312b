//! Checks that the database answers, accepts writes, and has the current schema. Does not create a missing SQLite file.

use super::Finding;
use crate::{
    config::Settings,
    db::{DatabaseUrl, Db, DbError, Migrations},
};

/// Returns the database if it is usable.
pub(super) async fn check(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Db> {
    const DATABASE: &str = "database";
    const MIGRATIONS: &str = "migrations";
    let url = &settings.database.url;
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        findings.push(Finding::wrong(
            DATABASE,
            format!("the file {} does not exist", path.display()),
            "create it with sms-chat migrate, or check SMS_CHAT_DATABASE_URL",
        ));
        return None;
    }
    let (db, pending) = match open(url).await {
        Ok(opened) => opened,
        Err(error @ DbError::NewerSchema(_)) => {
            findings.push(Finding::ok(DATABASE, format!("{url} answers")));
            let fix = "install that version of sms-chat, or restore a backup from before the upgrade";
            findings.push(Finding::wrong(MIGRATIONS, error.to_string(), fix));
            return None;
        }
        Err(error @ DbError::UnfinishedMove(_)) => {
            let fix = "finish that move, or check SMS_CHAT_DATABASE_URL";
            findings.push(Finding::wrong(DATABASE, error.to_string(), fix));
            findings.push(Finding::not_checked(MIGRATIONS, "the database is incomplete"));
            return None;
        }
        Err(error) => {
            let fix = "check SMS_CHAT_DATABASE_URL, and that this user has write access";
            findings.push(Finding::wrong(DATABASE, error.to_string(), fix));
            findings.push(Finding::not_checked(MIGRATIONS, "the database is not available"));
            return None;
        }
    };
    findings.push(Finding::ok(DATABASE, format!("{url} answers and accepts writes")));
    if pending > 0 {
        let problem = format!("{pending} are pending, so the schema is older than this program");
        findings.push(Finding::wrong(MIGRATIONS, problem, "run sms-chat migrate, or restart the server"));
        return None;
    }
    findings.push(Finding::ok(MIGRATIONS, "the schema is current"));
    Some(db)
}

/// Opens the database and counts its pending migrations.
async fn open(url: &DatabaseUrl) -> Result<(Db, usize), DbError> {
    let pending = Migrations::on(url)?.missing()?;
    let db = Db::open(url, 1)?;
    db.probe().await?;
    Ok((db, pending))
}
