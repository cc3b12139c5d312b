//! The states of a daily file. Only files that are ready have customers for the rest of the server.

use serde::{Deserialize, Serialize};

/// The state of a daily file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DailyFileState {
    /// It is being imported.
    Staged,
    /// It is imported: current, or kept so that it can be restored.
    Ready,
    /// Its import failed, or it is too old to be kept. The cleanup deletes it.
    Discarded,
}
