//! What a campaign would send: the parts of all rows, the rows that would be refused, and the first texts.

use std::{collections::HashSet, hash::BuildHasher, sync::Arc};

use shared::{
    ErrorCode,
    campaign::{Campaign, CampaignPreview, CampaignSample, MAX_SAMPLES, RowProblem},
    ids::CampaignId,
    segments::{Encoding, segments},
};

use super::{
    rows::{self, CampaignRow},
    text::Text,
};
use crate::{
    auth::{Authenticator, LookupError, TeamScope, TokenKeys},
    db::{Db, DbConnection, DbError},
    teams,
};

/// Number of rows that are read at a time.
const SLICE: i64 = 1000;

/// Returns the preview of a campaign.
///
/// # Errors
/// `NotFound`, and database errors.
pub async fn preview(
    db: &Db,
    auth: &Arc<Authenticator>,
    scope: TeamScope,
    id: CampaignId,
) -> Result<CampaignPreview, LookupError> {
    let (campaign, team) = db
        .read(move |conn| {
            let campaign = super::get(conn, &scope, id)?;
            let team = teams::queries::team(conn, &scope, campaign.team_id)?;
            Ok::<_, LookupError>((campaign, team.map_or_else(String::new, |team| team.name)))
        })
        .await?;
    let mut progress = Progress::new(campaign, team);
    loop {
        let (next, is_last) = db
            .read({
                let auth = Arc::clone(auth);
                move |conn| progress.add_slice(conn, &auth.keys)
            })
            .await?;
        if is_last {
            return Ok(next.preview);
        }
        progress = next;
    }
}

/// The preview of the rows so far.
struct Progress {
    campaign: Campaign,
    team: String,
    preview: CampaignPreview,
    /// The hashes of the numbers so far.
    seen: HashSet<u64>,
    line: i64,
}

impl Progress {
    fn new(campaign: Campaign, team: String) -> Self {
        let preview = CampaignPreview {
            sendable: 0,
            parts: 0,
            ucs2: 0,
            missing_values: 0,
            missing: Vec::new(),
            unusable: 0,
            opted_out: 0,
            in_progress: 0,
            repeated: 0,
            samples: Vec::new(),
            refused: Vec::new(),
            rejected: Vec::new(),
        };
        Self { campaign, team, preview, seen: HashSet::new(), line: 0 }
    }

    /// Adds the next rows. Returns whether they are the last ones.
    fn add_slice(mut self, conn: &mut DbConnection, keys: &TokenKeys) -> Result<(Self, bool), DbError> {
        let found = rows::queries::after(conn, self.campaign.id, self.line, SLICE)?;
        let is_last = i64::try_from(found.len()).is_ok_and(|count| count < SLICE);
        self.line = found.last().map_or(self.line, |last| last.line);
        let numbers: Vec<String> = found.iter().map(|row| row.number.clone()).collect();
        let opted_out = rows::opted_out(conn, keys, &self.campaign.from, &numbers)?;
        let in_progress = rows::queries::in_progress(conn, &self.campaign, &numbers)?;
        for row in &found {
            let known = Known {
                has_opted_out: opted_out.contains(&row.number),
                is_in_progress: in_progress.contains(&row.number),
            };
            self.add(row, known);
        }
        Ok((self, is_last))
    }

    fn add(&mut self, row: &CampaignRow, known: Known) {
        let Self { campaign, team, preview, seen, .. } = self;
        if let Some(rejected) = row.problem.as_ref().filter(|problem| problem.code == ErrorCode::InvalidFile)
        {
            push(&mut preview.rejected, row, String::new(), Some(rejected.clone()));
            return;
        }
        let text = Text { campaign, team };
        let (body, missing) = text.of(row);
        let sizes = segments(&body);
        let parts = i64::try_from(sizes.parts).unwrap_or(i64::MAX);
        preview.repeated += i64::from(!seen.insert(seen.hasher().hash_one(&row.number)));
        for name in &missing {
            if !preview.missing.contains(name) {
                preview.missing.push(name.clone());
            }
        }
        let problem = match text.message(row, body.clone()) {
            Err(problem) => {
                let is_missing = problem.code == ErrorCode::MissingPlaceholder;
                preview.missing_values += i64::from(is_missing);
                preview.unusable += i64::from(!is_missing);
                Some(problem)
            }
            Ok(_) if known.has_opted_out => {
                preview.opted_out += 1;
                let text = "The customer has opted out of messages from this number.".to_owned();
                Some(RowProblem { code: ErrorCode::NumberOptedOut, text })
            }
            Ok(_) if known.is_in_progress => {
                preview.in_progress += 1;
                let text = "A conversation with this number is in progress. Reply there.".to_owned();
                Some(RowProblem { code: ErrorCode::ConversationOpen, text })
            }
            Ok(_) => {
                preview.sendable += 1;
                preview.parts += parts;
                preview.ucs2 += i64::from(sizes.encoding == Encoding::Ucs2);
                None
            }
        };
        if problem.is_some() {
            push(&mut preview.refused, row, body.clone(), problem.clone());
        }
        push(&mut preview.samples, row, body, problem);
    }
}

/// What the database knows of a number.
struct Known {
    has_opted_out: bool,
    is_in_progress: bool,
}

/// Adds a sample to a list, unless it is full.
fn push(list: &mut Vec<CampaignSample>, row: &CampaignRow, body: String, problem: Option<RowProblem>) {
    if list.len() >= MAX_SAMPLES {
        return;
    }
    let sizes = segments(&body);
    list.push(CampaignSample {
        line: row.line,
        number: row.number.clone(),
        reference: row.reference.clone(),
        name: row.name.clone(),
        body,
        parts: i64::try_from(sizes.parts).unwrap_or(i64::MAX),
        encoding: sizes.encoding,
        problem,
    });
}
