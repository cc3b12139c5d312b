//! Whether the database answers, takes what is written, and has the present schema. It must never make one.

use super::Finding;
use crate::{
    config::Settings,
    db::{DatabaseUrl, Db, DbError, Migrations},
};

/// The database, if it can be worked with.
pub(super) async fn examine(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Db> {
    const DATABASE: &str = "database";
    const MIGRATIONS: &str = "migrations";
    let url = &settings.database.url;
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        findings.push(Finding::wrong(
            DATABASE,
            format!("there is none at {}", path.display()),
            "make it with sms-chat migrate, or check SMS_CHAT_DATABASE_URL",
        ));
        return None;
    }
    let (db, missing) = match open(url).await {
        Ok(opened) => opened,
        Err(error) => {
            let fix = "check SMS_CHAT_DATABASE_URL, and who may write there";
            findings.push(Finding::wrong(DATABASE, error.to_string(), fix));
            findings.push(Finding::unchecked(MIGRATIONS, "they need the database"));
            return None;
        }
    };
    findings.push(Finding::fine(DATABASE, format!("{url} answers and takes what is written")));
    if missing > 0 {
        let fault = format!("{missing} are missing, so the schema is older than this program");
        findings.push(Finding::wrong(MIGRATIONS, fault, "run sms-chat migrate, or restart the desk"));
        return None;
    }
    findings.push(Finding::fine(MIGRATIONS, "the schema is current"));
    Some(db)
}

/// The database, and how many migrations it lacks.
async fn open(url: &DatabaseUrl) -> Result<(Db, usize), DbError> {
    let missing = Migrations::on(url)?.missing()?;
    let db = Db::open(url, 1)?;
    db.probe().await?;
    Ok((db, missing))
}
