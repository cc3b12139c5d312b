//! Campaigns in the database. The functions take ids that the caller has checked.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    PhoneNumber,
    campaign::{Campaign, CampaignState},
    ids::{CampaignId, TeamId},
    message::{Sender, SenderKind},
};

use super::change::Checked;
use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, IsRunning, Timestamp, for_update, on_each,
        schema::campaigns::{self as campaign, table as campaigns},
    },
    precondition::version_of,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = campaign)]
struct Row {
    id: i64,
    team_id: i64,
    name: String,
    team_number: AsText<PhoneNumber>,
    body: String,
    pace: i32,
    state: Option<AsText<CampaignState>>,
    pause_reason: Option<String>,
    key_data_columns: AsText<Vec<String>>,
    rows: i64,
    rejected_rows: i64,
    queued: i64,
    refused: i64,
    due_at: Option<Timestamp>,
    created_by_name: Option<String>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl Row {
    /// Returns `None` while the file is being stored.
    fn campaign(self) -> Option<Campaign> {
        let AsText(state) = self.state?;
        let version = version_of(&(&self.name, &self.body, &self.team_number.0, self.pace));
        Some(Campaign {
            id: CampaignId(self.id),
            team_id: TeamId(self.team_id),
            name: self.name,
            from: self.team_number.0,
            body: self.body,
            pace: self.pace,
            state,
            pause_reason: self.pause_reason,
            columns: self.key_data_columns.0,
            rows: self.rows,
            rejected_rows: self.rejected_rows,
            queued: self.queued,
            refused: self.refused,
            created_by: self.created_by_name.unwrap_or_default(),
            created_at: self.created_at.0,
            starts_at: self.due_at.map(DateTime::from).filter(|_| state == CampaignState::Running),
            finished_at: self.finished_at.map(DateTime::from),
            version,
        })
    }
}

/// A campaign whose file is about to be stored.
pub(super) struct NewCampaign<'a> {
    pub(super) team: TeamId,
    pub(super) name: &'a str,
    pub(super) from: &'a PhoneNumber,
    pub(super) pace: i32,
    pub(super) by: &'a Sender,
}

/// Inserts a campaign without rows, which no list shows yet.
pub(super) fn insert(
    conn: &mut DbConnection,
    new: &NewCampaign<'_>,
    now: DateTime<Utc>,
) -> Result<CampaignId, DbError> {
    let values = (
        campaign::team_id.eq(new.team.0),
        campaign::name.eq(new.name),
        campaign::team_number.eq(new.from.as_str()),
        campaign::body.eq(""),
        campaign::pace.eq(new.pace),
        campaign::key_data_columns.eq("[]"),
        campaign::rows.eq(0),
        campaign::rejected_rows.eq(0),
        campaign::created_by_kind.eq(AsText(new.by.kind)),
        campaign::created_by_id.eq(new.by.id),
        campaign::created_by_name.eq(&new.by.name),
        campaign::created_at.eq(Timestamp(now)),
    );
    let id: i64 = on_each!(conn, |c| diesel::insert_into(campaigns)
        .values(values)
        .returning(campaign::id)
        .get_result(c))?;
    Ok(CampaignId(id))
}

/// Makes a campaign a draft, once its file is stored.
pub(super) fn complete(
    conn: &mut DbConnection,
    id: CampaignId,
    columns: &[String],
    rows: i64,
    rejected: i64,
) -> Result<(), DbError> {
    let changes = (
        campaign::state.eq(AsText(CampaignState::Draft)),
        campaign::key_data_columns.eq(AsText(columns)),
        campaign::rows.eq(rows),
        campaign::rejected_rows.eq(rejected),
    );
    on_each!(conn, |c| diesel::update(campaigns.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Deletes a campaign with its rows.
pub(super) fn delete(conn: &mut DbConnection, id: CampaignId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(campaigns.find(id.0)).execute(c))?;
    Ok(())
}

/// Deletes the campaigns whose file was not stored completely, and whose upload began before `before`.
pub(crate) fn delete_incomplete(conn: &mut DbConnection, before: DateTime<Utc>) -> Result<(), DbError> {
    let incomplete =
        campaigns.filter(campaign::state.is_null()).filter(campaign::created_at.lt(Timestamp(before)));
    on_each!(conn, |c| diesel::delete(incomplete).execute(c))?;
    Ok(())
}

/// Returns a campaign.
pub(super) fn find(conn: &mut DbConnection, id: CampaignId) -> Result<Option<Campaign>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| campaigns.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.and_then(Row::campaign))
}

/// Returns a campaign, and locks it until the transaction ends.
pub(super) fn find_for_update(conn: &mut DbConnection, id: CampaignId) -> Result<Option<Campaign>, DbError> {
    let row: Option<Row> =
        for_update!(conn, campaigns.filter(campaign::id.eq(id.0)).select(Row::as_select()), |query, c| {
            query.first(c).optional()
        })?;
    Ok(row.and_then(Row::campaign))
}

/// Returns the campaigns of the scope, newest first, or those before `before`.
pub(super) fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Campaign>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut found = campaigns
            .filter(campaign::id.lt(before.unwrap_or(i64::MAX)))
            .filter(campaign::state.is_not_null())
            .order(campaign::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let TeamScope::Only(teams) = scope {
            let teams: Vec<i64> = teams.iter().map(|team| team.0).collect();
            found = found.filter(campaign::team_id.eq_any(teams));
        }
        found.load(c)
    })?;
    Ok(rows.into_iter().filter_map(Row::campaign).collect())
}

/// Changes a draft.
pub(super) fn update(conn: &mut DbConnection, id: CampaignId, change: &Checked) -> Result<(), DbError> {
    let changes = (
        campaign::name.eq(&change.name),
        campaign::body.eq(&change.body),
        campaign::team_number.eq(change.from.as_str()),
        campaign::pace.eq(change.pace),
    );
    on_each!(conn, |c| diesel::update(campaigns.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Changes the state. `due_at`: when the next message of a running campaign goes out. `reason`: why it paused by itself.
pub(super) fn set_state(
    conn: &mut DbConnection,
    id: CampaignId,
    state: CampaignState,
    due_at: Option<DateTime<Utc>>,
    reason: Option<&str>,
    finished_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let changes = (
        campaign::state.eq(AsText(state)),
        campaign::due_at.eq(due_at.map(Timestamp)),
        campaign::pause_reason.eq(reason),
        campaign::finished_at.eq(finished_at.map(Timestamp)),
    );
    on_each!(conn, |c| diesel::update(campaigns.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// A running campaign and its progress.
pub(super) struct Running {
    pub(super) campaign: Campaign,
    pub(super) due_at: DateTime<Utc>,
    /// The rows until this line have their result.
    pub(super) done_line: i64,
    pub(super) by: Sender,
}

/// Returns a campaign if it runs, and locks it until the transaction ends.
pub(super) fn running_for_update(
    conn: &mut DbConnection,
    id: CampaignId,
) -> Result<Option<Running>, DbError> {
    type Progress = (i64, AsText<SenderKind>, Option<i64>, Option<String>);
    let Some(campaign) = find_for_update(conn, id)? else { return Ok(None) };
    let Some(due_at) = campaign.starts_at else { return Ok(None) };
    let (done_line, AsText(kind), id, name): Progress = on_each!(conn, |c| campaigns
        .find(id.0)
        .select((
            campaign::done_line,
            campaign::created_by_kind,
            campaign::created_by_id,
            campaign::created_by_name,
        ))
        .first(c))?;
    Ok(Some(Running { campaign, due_at, done_line, by: Sender { kind, id, name } }))
}

/// Stores the progress of a running campaign.
pub(super) fn advance(conn: &mut DbConnection, running: &Running) -> Result<(), DbError> {
    let changes = (
        campaign::done_line.eq(running.done_line),
        campaign::queued.eq(running.campaign.queued),
        campaign::refused.eq(running.campaign.refused),
        campaign::due_at.eq(Timestamp(running.due_at)),
    );
    on_each!(conn, |c| diesel::update(campaigns.find(running.campaign.id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Returns the running campaigns with the time of their next message, the earliest first.
pub(super) fn running(conn: &mut DbConnection) -> Result<Vec<(CampaignId, DateTime<Utc>)>, DbError> {
    let rows: Vec<(i64, Option<Timestamp>)> = on_each!(conn, |c| campaigns
        .filter(IsRunning)
        .order((campaign::due_at, campaign::id))
        .limit(100)
        .select((campaign::id, campaign::due_at))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(id, due_at)| Some((CampaignId(id), due_at?.0))).collect())
}
