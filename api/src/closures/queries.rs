//! Closure reasons in the database. A reason without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    closure::ClosureReason,
    ids::{ClosureReasonId, TeamId},
};

use crate::{
    auth::TeamScope,
    catalogue::{self, CatalogueEntry, queries::catalogue_entry},
    db::{
        DbConnection, DbError, Timestamp, for_share, on_each,
        schema::{closure_reasons, conversations},
    },
    precondition::version_of,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = closure_reasons)]
struct Row {
    id: i64,
    team_id: Option<i64>,
    name: String,
    position: i32,
    archived_at: Option<Timestamp>,
}

impl From<Row> for ClosureReason {
    fn from(row: Row) -> Self {
        let version = version_of(&(&row.name, row.archived_at.is_some()));
        Self {
            id: ClosureReasonId(row.id),
            team_id: row.team_id.map(TeamId),
            name: row.name,
            position: row.position,
            archived_at: row.archived_at.map(DateTime::from),
            version,
        }
    }
}

/// Returns a reason if a team can close conversations with it. Locks it against deletion until the transaction ends.
pub(crate) fn usable(
    conn: &mut DbConnection,
    id: ClosureReasonId,
    team: TeamId,
) -> Result<Option<ClosureReason>, DbError> {
    let row: Option<Row> = for_share!(
        conn,
        closure_reasons::table.filter(closure_reasons::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(ClosureReason::from).filter(|reason| catalogue::is_usable(reason, team)))
}

/// Returns the reason with this name among those that a team can use.
pub(crate) fn by_name(
    conn: &mut DbConnection,
    team: TeamId,
    name: &str,
) -> Result<Option<ClosureReasonId>, DbError> {
    let offered = ClosureReason::list(conn, &TeamScope::Only(vec![team]), false)?;
    Ok(offered.into_iter().find(|reason| reason.name == name).map(|reason| reason.id))
}

pub(crate) fn insert(
    conn: &mut DbConnection,
    team: Option<TeamId>,
    name: &str,
    position: i32,
) -> Result<ClosureReasonId, DbError> {
    let values = (
        closure_reasons::team_id.eq(team.map(|id| id.0)),
        closure_reasons::name.eq(name),
        closure_reasons::position.eq(position),
    );
    Ok(ClosureReasonId(on_each!(conn, |c| diesel::insert_into(closure_reasons::table)
        .values(values)
        .returning(closure_reasons::id)
        .get_result(c))?))
}

/// Updates a reason's name and archive time.
pub(super) fn update(
    conn: &mut DbConnection,
    id: ClosureReasonId,
    name: &str,
    archived_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let changes =
        (closure_reasons::name.eq(name), closure_reasons::archived_at.eq(archived_at.map(Timestamp)));
    on_each!(conn, |c| diesel::update(closure_reasons::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

catalogue_entry!(
    ClosureReason, ClosureReasonId, ClosureReasons, closure_reasons,
    audited as ClosureReasonCreated, ClosureReasonChanged, ClosureReasonDeleted,
    used by conversations.closure_reason_id
);
