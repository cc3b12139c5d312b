//! The answers to `GET /queue`, made once after a change, however many ask. A section is read once for all members of
//! its team, and an answer is put together once for all callers with the same teams.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::future::try_join_all;
use sha2::{Digest, Sha256};
use shared::{ids::TeamId, team::TeamSummary};

use super::{AssignedFilter, Filter, section};
use crate::{
    auth::{NotFound, TeamScope},
    db::{Db, DbError},
    events::{
        cache::Cache,
        versions::{Version, Versions},
    },
    teams,
};

/// Number of sections that are kept. One of 50 conversations has about 25 kB.
const SECTIONS: usize = 512;
/// Number of whole answers that are kept, one for each combination of teams.
const ANSWERS: usize = 64;
/// Number of answers with the conversations of one account, or with one tag, that are kept, so that they do not push
/// out those of all.
const RARE_ANSWERS: usize = 2048;
/// Quality of the compression, from 0 to 11. Higher ones take several times as long for a few percent.
const BROTLI_QUALITY: i32 = 5;
/// Size of the compressor's window: 2 to this power, in bytes. It holds a whole answer.
const BROTLI_WINDOW: i32 = 18;

/// Why the queue was not returned.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A section could not be written as JSON.
    #[error("a section of the queue could not be written as JSON: {0}")]
    Serialize(#[from] serde_json::Error),
}

/// The teams of an answer in a fixed order, `None` for all teams; which conversations it has; and the largest number of
/// conversations in a section.
type Key = (Option<Vec<TeamId>>, Filter, i64);

/// A ready answer.
pub struct Answer {
    /// The queue as JSON.
    pub body: Bytes,
    /// The entity tag. It is weak, because the compressed body has the same one.
    pub etag: String,
    compressed: OnceLock<Option<Bytes>>,
}

impl Answer {
    fn of(sections: &[Bytes]) -> Self {
        let body = [b"{\"sections\":[", sections.join(&b","[..]).as_slice(), b"]}"].concat();
        let tag = URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        Self { body: body.into(), etag: format!("W/\"{tag}\""), compressed: OnceLock::new() }
    }

    /// Returns the body compressed with brotli, or `None` if it cannot be compressed. Compresses it at the first call.
    pub fn brotli(&self) -> Option<Bytes> {
        let compress = || {
            let parameters = brotli::enc::BrotliEncoderParams {
                quality: BROTLI_QUALITY,
                lgwin: BROTLI_WINDOW,
                ..Default::default()
            };
            let mut compressed = Vec::new();
            brotli::BrotliCompress(&mut &self.body[..], &mut compressed, &parameters).ok()?;
            Some(compressed.into())
        };
        self.compressed.get_or_init(compress).clone()
    }
}

/// The answers to `GET /queue`.
pub struct QueueAnswers {
    db: Db,
    versions: Arc<Versions>,
    teams: Cache<(), Arc<[TeamSummary]>>,
    sections: Cache<(TeamId, Filter, i64), Bytes>,
    answers: Cache<Key, Arc<Answer>>,
    rare_answers: Cache<Key, Arc<Answer>>,
}

impl fmt::Debug for QueueAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueAnswers")
    }
}

impl QueueAnswers {
    /// Creates it without any answer.
    #[must_use]
    pub fn new(db: Db, versions: Arc<Versions>) -> Self {
        Self {
            db,
            versions,
            teams: Cache::new(1),
            sections: Cache::new(SECTIONS),
            answers: Cache::new(ANSWERS),
            rare_answers: Cache::new(RARE_ANSWERS),
        }
    }

    /// Returns the queue of the teams in the scope, or only of `team`, with up to `limit` of the conversations that
    /// `filter` names in a section.
    ///
    /// # Errors
    /// `NotFound` for a team that does not exist or is not in the scope.
    pub async fn queue(
        &self,
        scope: &TeamScope,
        team: Option<TeamId>,
        filter: Filter,
        limit: i64,
    ) -> Result<Arc<Answer>, QueueError> {
        let scope = match team {
            None => scope.clone(),
            Some(team) if scope.includes(team) => TeamScope::Only(vec![team]),
            Some(_) => return Err(NotFound::team_id().into()),
        };
        let make = || self.make(&scope, team, filter, limit);
        if !self.versions.are_current() {
            return make().await;
        }
        let (version, teams) = match &scope {
            TeamScope::Every => (self.versions.of_all_teams(), None),
            TeamScope::Only(teams) => {
                let mut teams = teams.clone();
                teams.sort_unstable();
                (self.versions.of_teams(&teams), Some(teams))
            }
        };
        let answers = if is_rare(filter) { &self.rare_answers } else { &self.answers };
        answers.get((teams, filter, limit), version, make).await
    }

    async fn make(
        &self,
        scope: &TeamScope,
        wanted: Option<TeamId>,
        filter: Filter,
        limit: i64,
    ) -> Result<Arc<Answer>, QueueError> {
        let are_current = self.versions.are_current();
        let listed = self.versions.of_team_list();
        let teams = self.teams(are_current.then_some(listed)).await?;
        let teams: Vec<&TeamSummary> = teams.iter().filter(|team| scope.includes(team.id)).collect();
        if wanted.is_some() && teams.is_empty() {
            return Err(NotFound::team_id().into());
        }
        let sections = teams.into_iter().map(|team| {
            let version = self.versions.of_listed_team(team.id, listed);
            self.section(team, filter, limit, are_current.then_some(version))
        });
        Ok(Arc::new(Answer::of(&try_join_all(sections).await?)))
    }

    /// Returns all teams. Without a version, reads them.
    async fn teams(&self, version: Option<Version>) -> Result<Arc<[TeamSummary]>, DbError> {
        let load = || async {
            let teams = self.db.read(|conn| teams::queries::teams(conn, &TeamScope::Every)).await?;
            Ok::<_, DbError>(teams.into())
        };
        match version {
            Some(version) => self.teams.get((), version, load).await,
            None => load().await,
        }
    }

    /// Returns a team's section as JSON. Without a version, reads it.
    async fn section(
        &self,
        team: &TeamSummary,
        filter: Filter,
        limit: i64,
        version: Option<Version>,
    ) -> Result<Bytes, QueueError> {
        let load = || async {
            let team = team.clone();
            self.db.read(move |conn| section(conn, team, filter, limit)).await
        };
        match version {
            // Few callers ask for it, and their whole answer is kept.
            Some(version) if !is_rare(filter) => {
                self.sections.get((team.id, filter, limit), version, load).await
            }
            _ => load().await,
        }
    }
}

/// Whether few callers want the same: only one account's conversations, or those with a tag.
const fn is_rare(filter: Filter) -> bool {
    matches!(filter.assigned, AssignedFilter::To(_)) || filter.tag.is_some()
}
