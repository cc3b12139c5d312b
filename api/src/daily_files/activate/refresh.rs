//! After a file has become current, updates the references and names of the team's conversations in progress. Works in
//! slices, so that other writes do not wait. Closed conversations do not change.

mod queries;

use shared::{
    event::EventKind,
    ids::{ConversationId, DailyFileId, TeamId},
};

use crate::{conversations, daily_files::DailyFiles, db::DbError, events};

pub(in crate::daily_files) use queries::due;

/// Conversations per query for customers.
const LOOKUP_BATCH: usize = 500;
/// Conversations changed per transaction: a few milliseconds of work.
const SLICE: usize = 50;

/// A conversation that is not closed, with its current reference and name.
#[derive(Clone, Debug)]
struct LiveConversation {
    id: ConversationId,
    number: shared::CustomerAddress,
    reference: Option<String>,
    name: Option<String>,
}

impl LiveConversation {
    /// Returns the conversation with its new reference and name, or `None` if they stay the same. A conversation with a
    /// reference takes the name of the customer with that reference. One without a reference takes both from the only
    /// customer with the number. If the number now belongs to another customer, nothing changes: the key data panel
    /// compares with the old reference to warn about it.
    fn renamed(self, customers: &[(String, String)]) -> Option<LiveConversation> {
        let known = |(reference, _): &&(String, String)| self.reference.as_ref() == Some(reference);
        let (reference, name) = customers.iter().find(known).or(match customers {
            [only] if self.reference.is_none() => Some(only),
            _ => None,
        })?;
        let same = self.reference.as_ref() == Some(reference) && self.name.as_ref() == Some(name);
        (!same).then(|| LiveConversation {
            reference: Some(reference.clone()),
            name: Some(name.clone()),
            ..self
        })
    }
}

impl DailyFiles {
    /// Updates the conversations of a team whose file has become current. Logs an error; the cleanup tries again.
    pub(in crate::daily_files) async fn refresh(&self, team: TeamId, file: DailyFileId) {
        if let Err(error) = self.try_refresh(team, file).await {
            tracing::warn!(%error, %team, "conversations not updated to the new daily file; will retry");
        }
    }

    async fn try_refresh(&self, team: TeamId, file: DailyFileId) -> Result<(), DbError> {
        let live = self.db.read(move |conn| queries::live(conn, team)).await?;
        let mut any = false;
        for some in live.chunks(LOOKUP_BATCH) {
            let some = some.to_vec();
            let changed = self.db.read(move |conn| changed(conn, file, some)).await?;
            for slice in changed.chunks(SLICE) {
                let slice = slice.to_vec();
                if !self.db.write(move |conn| rename(conn, file, &slice)).await? {
                    // Another file has become current, whose own refresh updates the conversations.
                    return Ok(());
                }
                any = true;
            }
        }
        let now = self.clock.now();
        self.db
            .write(move |conn| {
                queries::mark_refreshed(conn, file)?;
                // Clients that read the conversations during the update fetch them again.
                if any {
                    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team), now)
                } else {
                    Ok(())
                }
            })
            .await?;
        self.feed.wake();
        Ok(())
    }
}

fn changed(
    conn: &mut crate::db::DbConnection,
    file: DailyFileId,
    held: Vec<LiveConversation>,
) -> Result<Vec<LiveConversation>, DbError> {
    let customers = queries::customers(conn, file, &held)?;
    let of = |held: &LiveConversation| customers.get(held.number.as_str()).map_or(&[][..], Vec::as_slice);
    Ok(held
        .into_iter()
        .filter_map(|held| {
            let customers = of(&held);
            held.renamed(customers)
        })
        .collect())
}

/// Updates conversations. Returns `false` if the file is no longer current.
fn rename(
    conn: &mut crate::db::DbConnection,
    file: DailyFileId,
    held: &[LiveConversation],
) -> Result<bool, DbError> {
    if !queries::is_current(conn, file)? {
        return Ok(false);
    }
    for LiveConversation { id, number, reference, name } in held {
        let (Some(reference), Some(name)) = (reference, name) else { continue };
        // The conversation may have been closed since it was read.
        if queries::is_live(conn, *id)? {
            conversations::queries::rename(conn, *id, number, reference, name)?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(reference: Option<&str>, customers: &[(&str, &str)]) -> Option<(String, String)> {
        let held = LiveConversation {
            id: ConversationId(1),
            number: "+447700900123".parse().unwrap(),
            reference: reference.map(str::to_owned),
            name: reference.map(|_| "Jo".to_owned()),
        };
        let customers: Vec<(String, String)> =
            customers.iter().map(|(reference, name)| ((*reference).into(), (*name).into())).collect();
        held.renamed(&customers).map(|held| (held.reference.unwrap(), held.name.unwrap()))
    }

    #[test]
    fn a_known_customer_is_kept_and_an_unknown_one_is_named() {
        let some = |reference: &str, name: &str| Some((reference.to_owned(), name.to_owned()));
        let (one, two) = (("A-1", "Jo"), ("A-2", "Al"));
        assert_eq!(renamed(None, &[]), None);
        assert_eq!(renamed(None, &[one]), some("A-1", "Jo"));
        assert_eq!(renamed(None, &[one, two]), None, "the customer is ambiguous");
        assert_eq!(renamed(Some("A-1"), &[]), None, "the last reference is kept");
        assert_eq!(renamed(Some("A-1"), &[one]), None);
        assert_eq!(renamed(Some("A-1"), &[("A-1", "Joanna"), two]), some("A-1", "Joanna"));
        assert_eq!(renamed(Some("A-1"), &[two]), None, "the number belongs to another customer now");
        assert_eq!(renamed(Some("A-3"), &[one, two]), None);
    }
}
