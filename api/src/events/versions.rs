//! Versions of what events change: each team, the list of teams, each account, and the API keys. A `cache`
//! keeps a value together with the version that was read before the value, and reads again when the version has changed.
//!
//! A commit of this process changes the versions before its writer continues, so that a caller always sees its own
//! change. The [feed](super::feed) changes them for the commits of other processes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use chrono::TimeDelta;
use shared::{
    event::{Event, EventKind},
    ids::{AccountId, EventId, TeamId},
};

use crate::{clock::Clock, db::CommitObserver};

/// How old the last read of the event log may be before caches are not used. The feed reads it ten times a second,
/// unless the database does not answer. So a change of another process is seen within this time.
const MAX_AGE: TimeDelta = TimeDelta::milliseconds(250);
/// Maximum number of own events that are remembered until the feed reads them.
const MAX_OWN: usize = 10_000;

/// A version of a value. Versions can only be compared with versions of the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(u64, u64);

/// The current versions.
#[derive(Debug)]
pub struct Versions {
    clock: Clock,
    changes: RwLock<Changes>,
}

/// How often each thing has changed.
#[derive(Debug, Default)]
struct Changes {
    /// The changes of all teams together.
    all_teams: u64,
    teams: HashMap<TeamId, u64>,
    /// Changes that concern every team.
    every_team: u64,
    /// Changes of teams' names and numbers, and of the list of teams.
    team_list: u64,
    accounts: HashMap<AccountId, u64>,
    /// Changes that concern every account.
    every_account: u64,
    api_keys: u64,
    /// Events of this process that are counted already.
    own: BTreeSet<EventId>,
    /// When the event log was last read.
    read_at: Duration,
}

impl Versions {
    /// Call it when the event log has just been read for the first time.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let changes = Changes { read_at: clock.monotonic(), ..Changes::default() };
        Self { clock, changes: RwLock::new(changes) }
    }

    /// Whether the versions include the commits of other processes, except those of the last moment.
    pub(crate) fn are_current(&self) -> bool {
        let age = self.clock.monotonic().saturating_sub(self.read().read_at);
        TimeDelta::from_std(age).is_ok_and(|age| age <= MAX_AGE)
    }

    /// The version of the list of teams, with their names and numbers.
    pub(crate) fn of_team_list(&self) -> Version {
        let changes = self.read();
        Version(changes.team_list, 0)
    }

    /// The version of what these teams have, together with the list of teams.
    pub(crate) fn of_teams(&self, teams: &[TeamId]) -> Version {
        let changes = self.read();
        let own: u64 = teams.iter().filter_map(|team| changes.teams.get(team)).sum();
        Version(changes.team_list, changes.every_team + own)
    }

    /// The version of what a team has, together with the list of teams of this version.
    pub(crate) fn of_listed_team(&self, team: TeamId, list: Version) -> Version {
        Version(list.0, self.of_teams(&[team]).1)
    }

    /// The version of what all teams have, together with the list of teams.
    pub(crate) fn of_all_teams(&self) -> Version {
        let changes = self.read();
        Version(changes.team_list, changes.every_team + changes.all_teams)
    }

    /// The version of an account, with its sessions.
    pub(crate) fn of_account(&self, account: AccountId) -> Version {
        let changes = self.read();
        Version(changes.accounts.get(&account).copied().unwrap_or_default(), changes.every_account)
    }

    /// The version of all API keys.
    pub(crate) fn of_api_keys(&self) -> Version {
        Version(self.read().api_keys, 0)
    }

    /// Counts events of the log that are not this process's own. The log was read at `read_at`.
    pub(super) fn read_from_log(&self, events: &[Event], read_at: Duration) {
        let mut changes = self.write();
        for event in events {
            if !changes.own.remove(&event.id) {
                changes.count(event);
            }
        }
        changes.read_at = read_at;
    }

    /// Changes all versions, because anything may have changed without an event.
    pub(super) fn change_all(&self) {
        let mut changes = self.write();
        changes.team_list += 1;
        changes.every_team += 1;
        changes.every_account += 1;
        changes.api_keys += 1;
        changes.own.clear();
    }

    fn read(&self) -> RwLockReadGuard<'_, Changes> {
        self.changes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Changes> {
        self.changes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CommitObserver for Versions {
    fn committed(&self, events: &[Event]) {
        let mut changes = self.write();
        for event in events {
            changes.count(event);
            changes.own.insert(event.id);
            if changes.own.len() > MAX_OWN {
                changes.own.pop_first();
            }
        }
    }
}

impl Changes {
    fn count(&mut self, event: &Event) {
        match (event.kind, event.team_id) {
            // The last two come with the event of a note or of an assignment.
            (EventKind::GatewayChanged | EventKind::Mentioned | EventKind::Given, _) => {}
            (EventKind::AccountChanged, _) => match event.account_id {
                Some(account) => *self.accounts.entry(account).or_default() += 1,
                None => self.api_keys += 1,
            },
            (kind, team) => {
                if kind == EventKind::TeamChanged {
                    self.team_list += 1;
                }
                match team {
                    Some(team) => {
                        *self.teams.entry(team).or_default() += 1;
                        self.all_teams += 1;
                    }
                    None => self.every_team += 1,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::clock::TestClock;

    const COLLECTIONS: TeamId = TeamId(1);
    const SUPPORT: TeamId = TeamId(2);

    fn event(id: i64, kind: EventKind, team: Option<TeamId>) -> Event {
        Event {
            id: EventId(id),
            kind,
            team_id: team,
            conversation_id: None,
            message_id: None,
            account_id: None,
            at: DateTime::UNIX_EPOCH,
        }
    }

    fn versions() -> (TestClock, Versions) {
        let clock = TestClock::at(DateTime::UNIX_EPOCH);
        (clock.clone(), Versions::new(Clock::Test(clock)))
    }

    #[test]
    fn an_event_changes_the_version_of_its_team_and_of_scopes_with_this_team() {
        let (_, versions) = versions();
        let read =
            || (versions.of_teams(&[COLLECTIONS]), versions.of_teams(&[SUPPORT]), versions.of_all_teams());
        let before = read();
        versions.committed(&[event(1, EventKind::MessageReceived, Some(COLLECTIONS))]);
        let after = read();
        assert_ne!(before.0, after.0);
        assert_eq!(before.1, after.1);
        assert_ne!(before.2, after.2);
    }

    #[test]
    fn an_event_without_a_team_changes_the_versions_of_all_teams() {
        let (_, versions) = versions();
        let before = versions.of_teams(&[SUPPORT]);
        versions.committed(&[event(1, EventKind::TeamChanged, None)]);
        assert_ne!(versions.of_teams(&[SUPPORT]), before);
    }

    #[test]
    fn an_own_event_that_the_feed_reads_is_counted_once() {
        let (clock, versions) = versions();
        let events = [event(1, EventKind::MessageReceived, Some(COLLECTIONS))];
        versions.committed(&events);
        let counted = versions.of_teams(&[COLLECTIONS]);
        versions.read_from_log(&events, Clock::Test(clock.clone()).monotonic());
        assert_eq!(versions.of_teams(&[COLLECTIONS]), counted);
        versions.read_from_log(
            &[event(2, EventKind::MessageReceived, Some(COLLECTIONS))],
            Clock::Test(clock).monotonic(),
        );
        assert_ne!(versions.of_teams(&[COLLECTIONS]), counted);
    }

    #[test]
    fn the_versions_are_not_current_while_the_log_cannot_be_read() {
        let (clock, versions) = versions();
        assert!(versions.are_current());
        clock.advance(TimeDelta::milliseconds(251));
        assert!(!versions.are_current());
        versions.read_from_log(&[], Clock::Test(clock).monotonic());
        assert!(versions.are_current());
    }
}
