//! Finding conversations by number, reference or name (rule 12). `fold` says what is the same to a search, [`term`]
//! reads what was typed; `sqlite` and `postgres` know their databases' text indexes.

pub(crate) mod fold;
mod postgres;
mod queries;
pub mod routes;
mod sqlite;
pub mod term;

pub use queries::{Wanted, find};

use tokio::sync::watch;

use self::queries::Refolding;
use crate::db::Db;

/// Folds the stored texts of all conversations again when the rules have changed since they were written, the newest
/// conversations first, in slices that each commit with their progress: a restart resumes where the last slice ended.
/// Ends when all are done, or when `stop` becomes true.
pub(crate) async fn refold(db: Db, stop: watch::Receiver<bool>) {
    loop {
        if *stop.borrow() {
            return;
        }
        match db.write(queries::refold_slice).await {
            Ok(Refolding::Continues) => {}
            Ok(Refolding::Finished) => return tracing::info!("the texts for search are up to date"),
            Ok(Refolding::UpToDate) => return,
            Err(error) => {
                return tracing::error!(%error, "the texts for search could not be updated; the next start resumes");
            }
        }
    }
}
