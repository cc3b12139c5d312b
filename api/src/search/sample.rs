//! A sample of the search texts, from which [`super::rare`] sees which trigrams are frequent. It is kept for some time,
//! because reading it takes as long as a lookup. A stale one makes a search slower, not wrong.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::queries;
use crate::{
    clock::Clock,
    db::{DbConnection, DbError},
};

/// How long a sample is used.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Search texts spread over all conversations, and when they were read.
type Kept = (Arc<[String]>, Duration);

/// The sample of a database.
#[derive(Debug)]
pub struct Sample {
    clock: Clock,
    kept: Mutex<Option<Kept>>,
}

impl Sample {
    /// Creates a sample that is read by the first search.
    #[must_use]
    pub const fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::new(None) }
    }

    /// Returns the texts. None, if there are few conversations.
    pub(super) fn texts(&self, conn: &mut DbConnection) -> Result<Arc<[String]>, DbError> {
        let now = self.clock.monotonic();
        if let Some((texts, read_at)) = &*self.kept.lock().unwrap_or_else(PoisonError::into_inner)
            && now.saturating_sub(*read_at) < MAX_AGE
        {
            return Ok(Arc::clone(texts));
        }
        let texts: Arc<[String]> = queries::sample(conn)?.into();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&texts), now));
        Ok(texts)
    }
}
