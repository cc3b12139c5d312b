//! Stores the rows of a campaign's file while it is uploaded, a slice at a time. Until its end, no list shows the campaign;
//! one whose upload was cut off is deleted.

use chrono::{DateTime, Utc};
use shared::{
    audit_entry::AuditSubjectKind,
    campaign::{Campaign, DEFAULT_PACE, MAX_CAMPAIGN_ROWS},
    daily_file::ColumnMapping,
    ids::{CampaignId, TeamId},
    message::Sender,
};
use tokio::{sync::mpsc, task::JoinError};

use super::{
    queries::{self, NewCampaign},
    rows,
};
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope, audit_log::AuditEvent},
    daily_files::{
        ParseError, Piece,
        foreign::{FileEnd, FileRow, Unwanted, read_rows},
        mapping,
    },
    db::{Db, DbConnection, DbError},
    fields::{Invalid, Validation},
    teams,
};

/// Number of rows in a transaction.
const SLICE: usize = 500;
/// Number of slices that wait to be stored.
const SLICES_AHEAD: usize = 2;

/// Why a campaign was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The name is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The team has no number.
    #[error("The team has no number to send from. Ask an administrator to add one.")]
    NoTeamNumber,
    /// The file cannot be used.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The file has too many rows.
    #[error("A campaign has at most {MAX_CAMPAIGN_ROWS} rows. Split the file.")]
    TooManyRows,
    /// The task that parses the file was aborted.
    #[error("the parsing of a file was aborted: {0}")]
    Aborted(#[from] JoinError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A campaign to be made.
#[derive(Clone, Debug)]
pub struct Order {
    /// The caller's teams.
    pub scope: TeamScope,
    /// The team.
    pub team: TeamId,
    /// The name.
    pub name: String,
    /// The caller.
    pub by: Sender,
    /// Its entry of the audit log.
    pub(crate) event: AuditEvent,
}

/// Makes a draft of the file whose parts come through `pieces`.
///
/// # Errors
/// [`CreateError`]. Nothing is stored.
pub async fn create(
    db: &Db,
    order: Order,
    pieces: mpsc::Receiver<Piece>,
    now: DateTime<Utc>,
) -> Result<Campaign, CreateError> {
    let event = order.event.clone();
    let (id, region, mapping) = db.write(move |conn| begin(conn, &order, now)).await?;
    let stored = store(db, id, pieces, region, mapping, event, now).await;
    if stored.is_err()
        && let Err(error) = db.write(move |conn| queries::delete(conn, id)).await
    {
        // It is deleted later.
        tracing::warn!(%error, "an incomplete campaign could not be deleted");
    }
    stored
}

fn begin(
    conn: &mut DbConnection,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<(CampaignId, String, ColumnMapping), CreateError> {
    let team = teams::queries::team(conn, &order.scope, order.team)?;
    let team = team.ok_or(NotFound::new(Resource::Team)).map_err(LookupError::from)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &order.name);
    validation.finish()?;
    let from = team.numbers.first().ok_or(CreateError::NoTeamNumber)?;
    let new = NewCampaign { team: team.id, name: &name, from, pace: DEFAULT_PACE, by: &order.by };
    let id = queries::insert(conn, &new, now)?;
    Ok((id, team.region, mapping::queries::find(conn, team.id)?))
}

async fn store(
    db: &Db,
    id: CampaignId,
    pieces: mpsc::Receiver<Piece>,
    region: String,
    mapping: ColumnMapping,
    event: AuditEvent,
    now: DateTime<Utc>,
) -> Result<Campaign, CreateError> {
    let (sender, mut slices) = mpsc::channel(SLICES_AHEAD);
    let parsing = tokio::task::spawn_blocking(move || parse(pieces, region, mapping, &sender));
    let mut count = 0;
    while let Some(slice) = slices.recv().await {
        count += i64::try_from(slice.len()).unwrap_or(i64::MAX);
        if count > MAX_CAMPAIGN_ROWS {
            return Err(CreateError::TooManyRows);
        }
        db.write(move |conn| rows::queries::insert(conn, id, &slice)).await?;
    }
    let end = parsing.await??;
    db.write(move |conn| {
        rows::queries::insert_rejected(conn, id, &end.rejections)?;
        queries::complete(conn, id, &end.columns, end.accepted, end.rejected)?;
        let stored = queries::find(conn, id)?.ok_or(NotFound::new(Resource::Campaign));
        let stored = stored.map_err(LookupError::from)?;
        event.subject(AuditSubjectKind::Campaign, id.0).label(&stored.name).record(conn, now)?;
        Ok(stored)
    })
    .await
}

/// Sends the rows in slices.
fn parse(
    pieces: mpsc::Receiver<Piece>,
    region: String,
    mapping: ColumnMapping,
    slices: &mpsc::Sender<Vec<FileRow>>,
) -> Result<FileEnd, ParseError> {
    let mut slice = Vec::with_capacity(SLICE);
    let end = read_rows(pieces, region, mapping, |row| {
        slice.push(row);
        if slice.len() < SLICE {
            return Ok(());
        }
        slices.blocking_send(std::mem::take(&mut slice)).map_err(|_| Unwanted)
    })?;
    // A receiver that is gone has an error of its own.
    if !slice.is_empty() {
        let _ = slices.blocking_send(slice);
    }
    Ok(end)
}
