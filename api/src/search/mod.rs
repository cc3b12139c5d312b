//! Searches conversations by number, reference or name (rule 12). [`term`] parses the search term, `find` chooses how to
//! find it, `dialect` writes the statements.

mod complete;
mod dialect;
mod find;
mod postgres;
mod problems;
mod queries;
mod rare;
mod request;
pub mod routes;
mod sample;
mod sqlite;
mod statement;
pub mod term;

pub use find::find;
pub use request::SearchRequest;
pub use sample::Sample;

use tokio::sync::watch;

use self::queries::Refolding;
use crate::db::Db;

/// Folds the stored texts of all conversations again if the rules have changed, newest conversations first. Each slice
/// commits its progress, so that a restart continues after the last slice. Returns when all texts are folded, or when
/// `stop` becomes true.
pub(crate) async fn refold(db: Db, stop: watch::Receiver<bool>) {
    loop {
        if *stop.borrow() {
            return;
        }
        match db.write(queries::refold_slice).await {
            Ok(Refolding::Continues) => {}
            Ok(Refolding::Finished) => {
                return tracing::info!("the search texts of all conversations are up to date");
            }
            Ok(Refolding::UpToDate) => return,
            Err(error) => {
                return tracing::error!(%error, "the search texts could not be updated; the next start resumes");
            }
        }
    }
}
