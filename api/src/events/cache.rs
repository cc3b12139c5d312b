//! A cache of values that events change. Each value is valid for one [version](super::versions); of those who ask for a
//! new version at the same time, one loads it and the others wait for it.

use std::{
    future::Future,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use tokio::sync::OnceCell;

use super::versions::Version;

/// A value that is loaded at most once, with its version.
type Entry<V> = (Version, Arc<OnceCell<V>>);

/// The values that were used last, by key.
pub(crate) struct Cache<K, V> {
    entries: Mutex<LruCache<K, Entry<V>>>,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// Creates a cache for up to `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
        Self { entries: Mutex::new(LruCache::new(capacity)) }
    }

    /// Returns the value of this version. Calls `load` if it is not known; an error is not kept. The version must have
    /// been read before `load` reads the value.
    pub(crate) async fn get<F: Future<Output = Result<V, E>>, E>(
        &self,
        key: K,
        version: Version,
        load: impl FnOnce() -> F,
    ) -> Result<V, E> {
        let cell = self.cell(key, version);
        cell.get_or_try_init(load).await.cloned()
    }

    /// Forgets a value.
    pub(crate) fn forget(&self, key: &K) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).pop(key);
    }

    fn cell(&self, key: K, version: Version) -> Arc<OnceCell<V>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(&key) {
            Some((known, cell)) if *known == version => Arc::clone(cell),
            _ => {
                let cell = Arc::default();
                entries.put(key, (version, Arc::clone(&cell)));
                cell
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use chrono::DateTime;
    use futures_util::future::join_all;
    use shared::{
        event::{Event, EventKind},
        ids::{EventId, TeamId},
    };

    use super::{super::versions::Versions, *};
    use crate::{
        clock::{Clock, TestClock},
        db::CommitObserver,
    };

    const TEAM: TeamId = TeamId(1);

    fn change(versions: &Versions) {
        versions.committed(&[Event {
            id: EventId(1),
            kind: EventKind::MessageReceived,
            team_id: Some(TEAM),
            conversation_id: None,
            message_id: None,
            account_id: None,
            at: DateTime::UNIX_EPOCH,
        }]);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn those_who_ask_at_the_same_time_share_one_load() {
        let versions = Versions::new(Clock::Test(TestClock::at(DateTime::UNIX_EPOCH)));
        let (cache, loads) = (Cache::new(8), AtomicUsize::new(0));
        let ask = || {
            cache.get(TEAM, versions.of_teams(&[TEAM]), || async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(loads.fetch_add(1, Ordering::Relaxed))
            })
        };
        assert_eq!(join_all((0..10).map(|_| ask())).await, [Ok(0); 10]);
        change(&versions);
        assert_eq!(join_all((0..10).map(|_| ask())).await, [Ok(1); 10]);
        cache.forget(&TEAM);
        assert_eq!(ask().await, Ok(2));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_error_is_not_kept() {
        let versions = Versions::new(Clock::Test(TestClock::at(DateTime::UNIX_EPOCH)));
        let (cache, version) = (Cache::new(8), versions.of_teams(&[TEAM]));
        assert_eq!(cache.get(TEAM, version, || async { Err::<i32, _>("busy") }).await, Err("busy"));
        assert_eq!(cache.get(TEAM, version, || async { Ok::<_, &str>(5) }).await, Ok(5));
    }
}
