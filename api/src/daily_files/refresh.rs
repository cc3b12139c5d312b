//! After a file has become current, the team's conversations in progress take its references and names over, a slice at a
//! time, so that nobody waits. Closed ones stay as they are, for ever.

mod queries;

use shared::{
    event::EventKind,
    ids::{ConversationId, DailyFileId, TeamId},
};

use super::DailyFiles;
use crate::{conversations, db::DbError, events};

pub(super) use queries::due;

/// For how many conversations customers are looked up at once.
const LOOKED_UP: usize = 500;
/// How many conversations are changed in one transaction: some milliseconds of work.
const SLICE: usize = 50;

/// A conversation in progress, with the reference and name that it has now.
#[derive(Clone, Debug)]
struct Held {
    id: ConversationId,
    number: shared::CustomerAddress,
    reference: Option<String>,
    name: Option<String>,
}

impl Held {
    /// The reference and name that it is to have, if they are others: those of the customer whom it is held with; when
    /// nobody knows who that is, those of the only customer who has the number. A number that is somebody else's now
    /// changes nothing: the key data panel warns of it, and can only do so while the conversation says whom it was with.
    fn renamed(self, customers: &[(String, String)]) -> Option<Held> {
        let known = |(reference, _): &&(String, String)| self.reference.as_ref() == Some(reference);
        let (reference, name) = customers.iter().find(known).or(match customers {
            [only] if self.reference.is_none() => Some(only),
            _ => None,
        })?;
        let same = self.reference.as_ref() == Some(reference) && self.name.as_ref() == Some(name);
        (!same).then(|| Held { reference: Some(reference.clone()), name: Some(name.clone()), ..self })
    }
}

impl DailyFiles {
    /// Refreshes the conversations of a team whose file has become current. What fails is logged and done later.
    pub(super) async fn refresh(&self, team: TeamId, file: DailyFileId) {
        if let Err(error) = self.try_refresh(team, file).await {
            tracing::warn!(%error, %team, "conversations still have the names of an earlier daily file");
        }
    }

    async fn try_refresh(&self, team: TeamId, file: DailyFileId) -> Result<(), DbError> {
        let live = self.db.read(move |conn| queries::live(conn, team)).await?;
        let mut any = false;
        for some in live.chunks(LOOKED_UP) {
            let some = some.to_vec();
            let changed = self.db.read(move |conn| changed(conn, file, some)).await?;
            for slice in changed.chunks(SLICE) {
                let slice = slice.to_vec();
                if !self.db.write(move |conn| rename(conn, file, &slice)).await? {
                    // Another file has become current meanwhile, and refreshes them itself.
                    return Ok(());
                }
                any = true;
            }
        }
        let now = self.clock.now();
        self.db
            .write(move |conn| {
                queries::done(conn, file)?;
                // Those who looked in between look again.
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
    held: Vec<Held>,
) -> Result<Vec<Held>, DbError> {
    let customers = queries::customers(conn, file, &held)?;
    let of = |held: &Held| customers.get(held.number.as_str()).map_or(&[][..], Vec::as_slice);
    Ok(held
        .into_iter()
        .filter_map(|held| {
            let customers = of(&held);
            held.renamed(customers)
        })
        .collect())
}

/// `false` when the file is not current any more.
fn rename(conn: &mut crate::db::DbConnection, file: DailyFileId, held: &[Held]) -> Result<bool, DbError> {
    if !queries::is_current(conn, file)? {
        return Ok(false);
    }
    for Held { id, number, reference, name } in held {
        let (Some(reference), Some(name)) = (reference, name) else { continue };
        // It may have been closed since it was read.
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
        let held = Held {
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
    fn who_it_is_held_with_is_kept_and_only_who_is_unknown_is_named() {
        let some = |reference: &str, name: &str| Some((reference.to_owned(), name.to_owned()));
        let (one, two) = (("A-1", "Jo"), ("A-2", "Al"));
        assert_eq!(renamed(None, &[]), None);
        assert_eq!(renamed(None, &[one]), some("A-1", "Jo"));
        assert_eq!(renamed(None, &[one, two]), None, "nobody knows which of them");
        assert_eq!(renamed(Some("A-1"), &[]), None, "it keeps what it last had");
        assert_eq!(renamed(Some("A-1"), &[one]), None);
        assert_eq!(renamed(Some("A-1"), &[("A-1", "Joanna"), two]), some("A-1", "Joanna"));
        assert_eq!(renamed(Some("A-1"), &[two]), None, "the number is somebody else's now");
        assert_eq!(renamed(Some("A-3"), &[one, two]), None);
    }
}
