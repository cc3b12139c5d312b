//! Closure reasons in the database. A reason without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    closure::ClosureReason,
    ids::{ClosureReasonId, TeamId},
};

use crate::{
    auth::{Resource, TeamScope},
    catalogue::{self, CatalogueEntry},
    db::{
        DbConnection, DbError, Lock, Timestamp, for_share, for_update, on_each,
        schema::{closure_reasons, conversations},
    },
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
        Self {
            id: ClosureReasonId(row.id),
            team_id: row.team_id.map(TeamId),
            name: row.name,
            position: row.position,
            archived_at: row.archived_at.map(DateTime::from),
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

impl CatalogueEntry for ClosureReason {
    type Id = ClosureReasonId;
    const RESOURCE: Resource = Resource::ClosureReason;
    const LOCK: Lock<'static> = Lock::ClosureReasons;

    fn id(&self) -> ClosureReasonId {
        self.id
    }

    fn team_id(&self) -> Option<TeamId> {
        self.team_id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn position(&self) -> i32 {
        self.position
    }

    fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.archived_at
    }

    fn find(
        conn: &mut DbConnection,
        scope: &TeamScope,
        id: ClosureReasonId,
    ) -> Result<Option<Self>, DbError> {
        let row: Option<Row> = on_each!(conn, |c| closure_reasons::table
            .find(id.0)
            .select(Row::as_select())
            .first(c)
            .optional())?;
        Ok(row.map(Self::from).filter(|reason| catalogue::is_visible(reason, scope)))
    }

    fn list(conn: &mut DbConnection, scope: &TeamScope, archived: bool) -> Result<Vec<Self>, DbError> {
        let rows: Vec<Row> = on_each!(conn, |c| closure_reasons::table.select(Row::as_select()).load(c))?;
        Ok(catalogue::in_order(rows.into_iter().map(Self::from), scope, archived))
    }

    fn arrange(conn: &mut DbConnection, order: &[ClosureReasonId]) -> Result<(), DbError> {
        for (position, id) in (0..).zip(order) {
            let position: i32 = position;
            on_each!(conn, |c| diesel::update(closure_reasons::table.find(id.0))
                .filter(closure_reasons::position.ne(position))
                .set(closure_reasons::position.eq(position))
                .execute(c))?;
        }
        Ok(())
    }

    fn archive(conn: &mut DbConnection, id: ClosureReasonId, at: DateTime<Utc>) -> Result<(), DbError> {
        on_each!(conn, |c| diesel::update(closure_reasons::table.find(id.0))
            .set(closure_reasons::archived_at.eq(Timestamp(at)))
            .execute(c))?;
        Ok(())
    }

    fn lock(conn: &mut DbConnection, id: ClosureReasonId) -> Result<(), DbError> {
        let row = closure_reasons::table.filter(closure_reasons::id.eq(id.0)).select(closure_reasons::id);
        let _: Option<i64> = for_update!(conn, row, |query, c| query.first(c).optional())?;
        Ok(())
    }

    /// Whether a conversation was ever closed with the reason.
    fn was_used(conn: &mut DbConnection, id: ClosureReasonId) -> Result<bool, DbError> {
        let found: Option<i64> = on_each!(conn, |c| conversations::table
            .filter(conversations::closure_reason_id.eq(id.0))
            .select(conversations::id)
            .first(c)
            .optional())?;
        Ok(found.is_some())
    }

    fn delete(conn: &mut DbConnection, id: ClosureReasonId) -> Result<(), DbError> {
        on_each!(conn, |c| diesel::delete(closure_reasons::table.find(id.0)).execute(c))?;
        Ok(())
    }
}
