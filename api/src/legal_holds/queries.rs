//! Legal holds in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    PhoneNumber,
    ids::{LegalHoldId, TeamId},
    legal_hold::LegalHold,
};

use crate::db::{AsText, DbConnection, DbError, Timestamp, on_each, schema::legal_holds};

#[derive(Queryable, Selectable)]
#[diesel(table_name = legal_holds)]
struct Row {
    id: i64,
    number: Option<AsText<PhoneNumber>>,
    reason: String,
    created_by: String,
    created_at: Timestamp,
}

impl From<Row> for LegalHold {
    fn from(row: Row) -> Self {
        Self {
            id: LegalHoldId(row.id),
            number: row.number.map(|AsText(number)| number),
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at.0,
        }
    }
}

/// Returns the team's holds that are not lifted, newest first.
pub(super) fn list(conn: &mut DbConnection, team: TeamId) -> Result<Vec<LegalHold>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| legal_holds::table
        .filter(legal_holds::team_id.eq(team.0))
        .filter(legal_holds::lifted_at.is_null())
        .order(legal_holds::id.desc())
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(LegalHold::from).collect())
}

pub(super) fn insert(
    conn: &mut DbConnection,
    team: TeamId,
    number: Option<PhoneNumber>,
    reason: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<LegalHold, DbError> {
    let values = (
        legal_holds::team_id.eq(team.0),
        legal_holds::number.eq(number.as_ref().map(PhoneNumber::as_str)),
        legal_holds::reason.eq(reason),
        legal_holds::created_by.eq(by),
        legal_holds::created_at.eq(Timestamp(now)),
    );
    let row: Row = on_each!(conn, |c| diesel::insert_into(legal_holds::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(c))?;
    Ok(row.into())
}

/// Lifts a hold, and returns it. `None` if the team has no such hold, or it is lifted already.
pub(super) fn lift(
    conn: &mut DbConnection,
    team: TeamId,
    id: LegalHoldId,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Option<LegalHold>, DbError> {
    let hold = legal_holds::table
        .filter(legal_holds::id.eq(id.0))
        .filter(legal_holds::team_id.eq(team.0))
        .filter(legal_holds::lifted_at.is_null());
    let row: Option<Row> = on_each!(conn, |c| diesel::update(hold)
        .set((legal_holds::lifted_by.eq(by), legal_holds::lifted_at.eq(Timestamp(now))))
        .returning(Row::as_returning())
        .get_result(c)
        .optional())?;
    Ok(row.map(LegalHold::from))
}
