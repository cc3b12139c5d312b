//! The known reports, and what follows from them for each account in each conversation. Pure rules, without a database.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use shared::{
    account::AccountName,
    ids::{AccountId, ConversationId, TeamId},
    presence::{PresenceChange, PresenceChangeKind, PresenceState},
};

use super::is_present;

/// A tab of an account, with a conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) conversation: ConversationId,
    pub(super) account: AccountId,
    pub(super) tab: String,
}

/// The last report of a tab.
#[derive(Clone, Debug)]
pub(super) struct Reported {
    pub(super) key: Key,
    pub(super) team: TeamId,
    /// The account's display name.
    pub(super) name: String,
    pub(super) state: PresenceState,
    pub(super) seen_at: DateTime<Utc>,
    /// A later report of the tab has a higher version.
    pub(super) version: i64,
}

#[derive(Debug)]
struct Entry {
    report: Reported,
    /// When it expires, by the monotonic clock.
    expires_at: Duration,
}

/// The known reports. A report that the tab is gone stays until it expires, so that an earlier one that is read late does
/// not count again.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<Key, Entry>);

impl Known {
    /// Applies a report, unless a later one of the tab is known. Returns the change of the account in the conversation.
    pub(super) fn apply(&mut self, report: Reported, expires_at: Duration) -> Option<PresenceChange> {
        let key = report.key.clone();
        if self.0.get(&key).is_some_and(|known| known.report.version >= report.version) {
            return None;
        }
        let before = self.of_account(&key);
        let (team, name) = (report.team, report.name.clone());
        self.0.insert(key.clone(), Entry { report, expires_at });
        let after = self.of_account(&key);
        if before == after {
            return None;
        }
        after.or_else(|| Some(change(&key, team, name, PresenceState::Gone)))
    }

    /// Removes the reports that have expired. Returns their versions, and the accounts that are gone or do less than
    /// before.
    pub(super) fn expire(&mut self, now: Duration) -> (Vec<i64>, Vec<PresenceChange>) {
        let is_expired = |entry: &Entry| entry.expires_at <= now;
        let expired: Vec<Key> =
            self.0.iter().filter(|(_, entry)| is_expired(entry)).map(|(key, _)| key.clone()).collect();
        let (mut versions, mut changes) = (Vec::new(), Vec::new());
        for key in &expired {
            let before = self.of_account(key);
            let Some(Entry { report, .. }) = self.0.remove(key) else { continue };
            versions.push(report.version);
            let after = self.of_account(key);
            if before != after {
                changes.push(
                    after.unwrap_or_else(|| change(key, report.team, report.name, PresenceState::Gone)),
                );
            }
        }
        (versions, changes)
    }

    /// Returns the team of a conversation that has a report.
    pub(super) fn team_of(&self, conversation: ConversationId) -> Option<TeamId> {
        self.entries_of(conversation).next().map(|entry| entry.report.team)
    }

    /// Returns the presences in a conversation, by account.
    pub(super) fn of_conversation(&self, conversation: ConversationId) -> Vec<PresenceChange> {
        combined(self.entries_of(conversation))
    }

    /// Returns all presences.
    pub(super) fn all(&self) -> Vec<PresenceChange> {
        combined(self.0.values())
    }

    fn entries_of(&self, conversation: ConversationId) -> impl Iterator<Item = &Entry> {
        let first = Key { conversation, account: AccountId(i64::MIN), tab: String::new() };
        self.0
            .range(first..)
            .map(|(_, entry)| entry)
            .take_while(move |entry| entry.report.key.conversation == conversation)
    }

    /// Returns the presence of the key's account in the key's conversation.
    fn of_account(&self, key: &Key) -> Option<PresenceChange> {
        let of_account = |entry: &&Entry| entry.report.key.account == key.account;
        combined(self.entries_of(key.conversation).filter(of_account)).pop()
    }
}

/// Combines the reports of an account's tabs, which are next to each other, into one presence. Leaves out accounts that
/// are gone.
fn combined<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<PresenceChange> {
    let mut presences: Vec<PresenceChange> = Vec::new();
    let mut newest = 0;
    for Entry { report, .. } in entries.filter(|entry| is_present(entry.report.state)) {
        let Reported { key, team, name, state, version, .. } = report;
        match presences.last_mut() {
            Some(last) if last.conversation_id == key.conversation && last.account.id == key.account => {
                last.state = last.state.max(*state);
                // The newest report has the current name.
                if *version > newest {
                    last.account.name.clone_from(name);
                    newest = *version;
                }
            }
            _ => {
                presences.push(change(key, *team, name.clone(), *state));
                newest = *version;
            }
        }
    }
    presences
}

fn change(key: &Key, team_id: TeamId, name: String, state: PresenceState) -> PresenceChange {
    PresenceChange {
        kind: PresenceChangeKind::PresenceChanged,
        team_id,
        conversation_id: key.conversation,
        account: AccountName { id: key.account, name },
        state,
    }
}

#[cfg(test)]
mod tests {
    use PresenceState::{Gone, Typing, Viewing};

    use super::*;

    const CONVERSATION: ConversationId = ConversationId(7);
    const START: Duration = Duration::from_secs(1000);

    fn report(account: i64, tab: &str, state: PresenceState, version: i64) -> Reported {
        Reported {
            key: Key { conversation: CONVERSATION, account: AccountId(account), tab: tab.to_owned() },
            team: TeamId(1),
            name: format!("Account {account}"),
            state,
            seen_at: DateTime::UNIX_EPOCH,
            version,
        }
    }

    /// Applies a report at a second, and returns the state that the account has changed to.
    fn apply(known: &mut Known, second: u64, report: Reported) -> Option<PresenceState> {
        known.apply(report, START + Duration::from_secs(second + 30)).map(|change| change.state)
    }

    fn expire(known: &mut Known, second: u64) -> Vec<(i64, PresenceState)> {
        let (_, changes) = known.expire(START + Duration::from_secs(second));
        changes.into_iter().map(|change| (change.account.id.0, change.state)).collect()
    }

    #[test]
    fn only_a_different_state_is_a_change() {
        let mut known = Known::default();
        assert_eq!(apply(&mut known, 0, report(1, "a", Viewing, 1)), Some(Viewing));
        assert_eq!(apply(&mut known, 15, report(1, "a", Viewing, 2)), None);
        assert_eq!(apply(&mut known, 16, report(1, "a", Typing, 3)), Some(Typing));
        assert_eq!(apply(&mut known, 17, report(1, "a", Gone, 4)), Some(Gone));
        assert_eq!(apply(&mut known, 18, report(1, "a", Gone, 5)), None);
        assert!(known.of_conversation(CONVERSATION).is_empty());
    }

    #[test]
    fn a_presence_ends_thirty_seconds_after_the_last_report() {
        let mut known = Known::default();
        apply(&mut known, 0, report(1, "a", Viewing, 1));
        apply(&mut known, 10, report(2, "a", Viewing, 2));
        apply(&mut known, 15, report(1, "a", Viewing, 3));
        assert_eq!(expire(&mut known, 39), []);
        assert_eq!(expire(&mut known, 40), [(2, Gone)]);
        assert_eq!(expire(&mut known, 45), [(1, Gone)]);
        assert_eq!(known.team_of(CONVERSATION), None);
    }

    #[test]
    fn several_tabs_of_an_account_count_once() {
        let mut known = Known::default();
        apply(&mut known, 0, report(1, "a", Viewing, 1));
        assert_eq!(apply(&mut known, 1, report(1, "b", Viewing, 2)), None);
        assert_eq!(apply(&mut known, 2, report(1, "b", Typing, 3)), Some(Typing));
        assert_eq!(apply(&mut known, 3, report(1, "a", Gone, 4)), None);
        assert_eq!(known.of_conversation(CONVERSATION).len(), 1);
        assert_eq!(apply(&mut known, 4, report(1, "b", Gone, 5)), Some(Gone));
    }

    #[test]
    fn an_account_views_again_when_its_typing_tab_expires() {
        let mut known = Known::default();
        apply(&mut known, 0, report(1, "a", Typing, 1));
        apply(&mut known, 10, report(1, "b", Viewing, 2));
        assert_eq!(expire(&mut known, 30), [(1, Viewing)]);
    }

    #[test]
    fn an_earlier_report_that_is_read_late_does_not_count() {
        let mut known = Known::default();
        assert_eq!(apply(&mut known, 0, report(1, "a", Gone, 2)), None);
        assert_eq!(apply(&mut known, 1, report(1, "a", Viewing, 1)), None);
        assert!(known.all().is_empty());
    }

    #[test]
    fn a_new_name_is_a_change() {
        let mut known = Known::default();
        apply(&mut known, 0, report(1, "a", Viewing, 1));
        let renamed = Reported { name: "Ann Other".to_owned(), ..report(1, "a", Viewing, 2) };
        assert_eq!(apply(&mut known, 15, renamed), Some(Viewing));
        assert_eq!(known.all()[0].account.name, "Ann Other");
    }
}
