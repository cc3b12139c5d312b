//! Daily files in the database: claims, the current file of a team, and its history.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use shared::{
    daily_file::{DailyFile, RejectedRow},
    ids::{DailyFileId, TeamId},
};

use super::RowCounts;
use crate::{
    customers::DailyFileState,
    db::{
        AsText, DbConnection, DbError, Timestamp, for_update, on_each,
        schema::{customers, daily_files, rejected_rows},
    },
};

/// A file whose import begins.
pub(super) struct NewFile<'a> {
    pub(super) team: TeamId,
    pub(super) date: NaiveDate,
    pub(super) by: &'a str,
    pub(super) now: DateTime<Utc>,
    pub(super) held_until: DateTime<Utc>,
}

/// Inserts a staged file, which claims the team. Returns `None` if another import holds the claim.
pub(super) fn claim(conn: &mut DbConnection, new: &NewFile<'_>) -> Result<Option<DailyFileId>, DbError> {
    discard_abandoned(conn, Some(new.team), new.now)?;
    let values = (
        daily_files::team_id.eq(new.team.0),
        daily_files::file_date.eq(new.date),
        daily_files::key_data_columns.eq("[]"),
        daily_files::is_current.eq(false),
        daily_files::created_at.eq(Timestamp(new.now)),
        daily_files::created_by.eq(new.by),
        daily_files::state.eq(AsText(DailyFileState::Staged)),
        daily_files::held_until.eq(Timestamp(new.held_until)),
    );
    let id: Option<i64> = on_each!(conn, |c| diesel::insert_into(daily_files::table)
        .values(values)
        .on_conflict_do_nothing()
        .returning(daily_files::id)
        .get_result(c)
        .optional())?;
    Ok(id.map(DailyFileId))
}

/// A claim that expires later than this was made before the clock was set back: claims last seconds.
const CLAIM_TOO_FAR_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Discards staged files whose claim has expired, of one team or of all.
pub(super) fn discard_abandoned(
    conn: &mut DbConnection,
    team: Option<TeamId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let abandoned = daily_files::table.filter(daily_files::state.eq(AsText(DailyFileState::Staged))).filter(
        daily_files::held_until
            .lt(Timestamp(now))
            .or(daily_files::held_until.gt(Timestamp(now + CLAIM_TOO_FAR_AHEAD))),
    );
    let discarded = daily_files::state.eq(AsText(DailyFileState::Discarded));
    match team {
        Some(team) => on_each!(conn, |c| {
            diesel::update(abandoned.filter(daily_files::team_id.eq(team.0))).set(discarded).execute(c)
        })?,
        None => on_each!(conn, |c| diesel::update(abandoned).set(discarded).execute(c))?,
    };
    Ok(())
}

/// Discards all staged files, even those with a valid claim.
pub(super) fn discard_staged(conn: &mut DbConnection) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(
        daily_files::table.filter(daily_files::state.eq(AsText(DailyFileState::Staged)))
    )
    .set(daily_files::state.eq(AsText(DailyFileState::Discarded)))
    .execute(c))?;
    Ok(())
}

/// Renews the claim of a staged file. Returns `false` if the file was discarded.
pub(super) fn renew(conn: &mut DbConnection, id: DailyFileId, until: DateTime<Utc>) -> Result<bool, DbError> {
    let staged = daily_files::table.find(id.0).filter(daily_files::state.eq(AsText(DailyFileState::Staged)));
    let renewed = on_each!(conn, |c| diesel::update(staged)
        .set(daily_files::held_until.eq(Timestamp(until)))
        .execute(c))?;
    Ok(renewed > 0)
}

/// Discards a staged file.
pub(super) fn discard(conn: &mut DbConnection, id: DailyFileId) -> Result<(), DbError> {
    let staged = daily_files::table.find(id.0).filter(daily_files::state.eq(AsText(DailyFileState::Staged)));
    on_each!(conn, |c| diesel::update(staged)
        .set(daily_files::state.eq(AsText(DailyFileState::Discarded)))
        .execute(c))?;
    Ok(())
}

/// A file of the history.
#[derive(Clone, Debug)]
pub(super) struct StoredFile {
    pub(super) file: DailyFile,
    pub(super) columns: Vec<String>,
}

type Columns = (i64, i64, NaiveDate, AsText<Vec<String>>, bool, Timestamp, i64, i64, i64, String);

/// The database columns of [`Columns`].
macro_rules! columns {
    () => {
        (
            daily_files::id,
            daily_files::team_id,
            daily_files::file_date,
            daily_files::key_data_columns,
            daily_files::is_current,
            daily_files::created_at,
            daily_files::rows,
            daily_files::accepted,
            daily_files::rejected_rows,
            daily_files::created_by,
        )
    };
}

fn stored(
    (id, team, date, AsText(columns), is_current, created_at, rows, accepted, rejected_rows, created_by): Columns,
) -> StoredFile {
    let file = DailyFile {
        id: DailyFileId(id),
        team_id: TeamId(team),
        file_date: date,
        rows,
        accepted,
        rejected_rows,
        is_current,
        created_by,
        created_at: created_at.into(),
    };
    StoredFile { file, columns }
}

/// Returns the team's current file, and locks its row until the end of the transaction.
pub(super) fn current(conn: &mut DbConnection, team: TeamId) -> Result<Option<StoredFile>, DbError> {
    let current =
        daily_files::table.filter(daily_files::team_id.eq(team.0)).filter(daily_files::is_current.eq(true));
    let row: Option<Columns> =
        for_update!(conn, current.select(columns!()), |query, c| query.first(c).optional())?;
    Ok(row.map(stored))
}

/// Returns a file of the team's history.
pub(super) fn find(
    conn: &mut DbConnection,
    team: TeamId,
    id: DailyFileId,
) -> Result<Option<StoredFile>, DbError> {
    let row: Option<Columns> = on_each!(conn, |c| daily_files::table
        .find(id.0)
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::state.eq(AsText(DailyFileState::Ready)))
        .select(columns!())
        .first(c)
        .optional())?;
    Ok(row.map(stored))
}

/// Returns a file of the team's history, without its columns.
pub(crate) fn by_id(
    conn: &mut DbConnection,
    team: TeamId,
    id: DailyFileId,
) -> Result<Option<DailyFile>, DbError> {
    Ok(find(conn, team, id)?.map(|stored| stored.file))
}

/// Returns the date of a file.
pub(super) fn date(conn: &mut DbConnection, id: DailyFileId) -> Result<NaiveDate, DbError> {
    Ok(on_each!(conn, |c| daily_files::table.find(id.0).select(daily_files::file_date).first(c))?)
}

/// Returns the team's history, newest first, from before the id `before`.
pub(super) fn list(
    conn: &mut DbConnection,
    team: TeamId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DailyFile>, DbError> {
    let rows: Vec<Columns> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::id.lt(before.unwrap_or(i64::MAX)))
        .filter(daily_files::state.eq(AsText(DailyFileState::Ready)))
        .order(daily_files::id.desc())
        .limit(limit)
        .select(columns!())
        .load(c))?;
    Ok(rows.into_iter().map(|row| stored(row).file).collect())
}

/// Records the result of an import, and makes the file ready. Returns `false` if the file was discarded.
pub(super) fn finish(
    conn: &mut DbConnection,
    id: DailyFileId,
    columns: Vec<String>,
    RowCounts { rows, accepted, rejected }: RowCounts,
) -> Result<bool, DbError> {
    let staged = daily_files::table.find(id.0).filter(daily_files::state.eq(AsText(DailyFileState::Staged)));
    let changes = (
        daily_files::key_data_columns.eq(AsText(columns)),
        daily_files::rows.eq(rows),
        daily_files::accepted.eq(accepted),
        daily_files::rejected_rows.eq(rejected),
        daily_files::state.eq(AsText(DailyFileState::Ready)),
        daily_files::held_until.eq(None::<Timestamp>),
    );
    Ok(on_each!(conn, |c| diesel::update(staged).set(changes).execute(c))? > 0)
}

/// Makes a file the current one instead of the previous one.
pub(super) fn make_current(
    conn: &mut DbConnection,
    before: Option<DailyFileId>,
    id: DailyFileId,
) -> Result<(), DbError> {
    if let Some(before) = before {
        on_each!(conn, |c| diesel::update(daily_files::table.find(before.0))
            .set(daily_files::is_current.eq(false))
            .execute(c))?;
    }
    let changes = (daily_files::is_current.eq(true), daily_files::refreshed.eq(false));
    on_each!(conn, |c| diesel::update(daily_files::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Discards all but the newest `kept` files of a team. The current file is always kept.
pub(super) fn discard_old(conn: &mut DbConnection, team: TeamId, kept: i64) -> Result<(), DbError> {
    let of_team = daily_files::table
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::state.eq(AsText(DailyFileState::Ready)))
        .filter(daily_files::is_current.eq(false));
    // The current file is one of the `kept` files.
    let oldest: Option<i64> = on_each!(conn, |c| of_team
        .clone()
        .order(daily_files::id.desc())
        .offset(kept - 1)
        .limit(1)
        .select(daily_files::id)
        .first(c)
        .optional())?;
    if let Some(oldest) = oldest {
        let old = of_team.filter(daily_files::id.le(oldest));
        on_each!(conn, |c| diesel::update(old)
            .set(daily_files::state.eq(AsText(DailyFileState::Discarded)))
            .execute(c))?;
    }
    Ok(())
}

/// Discards the files of a team that were imported until a time, except the current one. Returns how many.
pub(crate) fn discard_until(
    conn: &mut DbConnection,
    team: TeamId,
    until: DateTime<Utc>,
) -> Result<usize, DbError> {
    let old = daily_files::table
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::state.eq(AsText(DailyFileState::Ready)))
        .filter(daily_files::is_current.eq(false))
        .filter(daily_files::created_at.le(Timestamp(until)));
    Ok(on_each!(conn, |c| diesel::update(old)
        .set(daily_files::state.eq(AsText(DailyFileState::Discarded)))
        .execute(c))?)
}

/// Returns a discarded file that is not deleted yet.
pub(super) fn discarded(conn: &mut DbConnection) -> Result<Option<DailyFileId>, DbError> {
    let id: Option<i64> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::state.eq(AsText(DailyFileState::Discarded)))
        .order(daily_files::id)
        .select(daily_files::id)
        .first(c)
        .optional())?;
    Ok(id.map(DailyFileId))
}

/// Deletes a file whose customers are deleted already.
pub(super) fn delete(conn: &mut DbConnection, id: DailyFileId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(daily_files::table.find(id.0)).execute(c))?;
    Ok(())
}

/// Returns the first rejected rows of a file, by line.
pub(super) fn rejected(
    conn: &mut DbConnection,
    id: DailyFileId,
    limit: i64,
) -> Result<Vec<RejectedRow>, DbError> {
    let rows: Vec<(i64, Option<String>, String, String)> = on_each!(conn, |c| rejected_rows::table
        .filter(rejected_rows::daily_file_id.eq(id.0))
        .order(rejected_rows::line)
        .limit(limit)
        .select((
            rejected_rows::line,
            rejected_rows::column_name,
            rejected_rows::value,
            rejected_rows::reason,
        ))
        .load(c))?;
    let row = |(line, column, value, reason)| RejectedRow { line, column, value, reason };
    Ok(rows.into_iter().map(row).collect())
}

/// Deletes the first `count` customers of a file. Returns whether there may be more.
pub(super) fn delete_customers(
    conn: &mut DbConnection,
    id: DailyFileId,
    count: i64,
) -> Result<bool, DbError> {
    let of_file = customers::table.filter(customers::daily_file_id.eq(id.0));
    let last: Option<(String, i64)> = on_each!(conn, |c| of_file
        .order((customers::daily_file_id, customers::number, customers::line))
        .offset(count - 1)
        .limit(1)
        .select((customers::number, customers::line))
        .first(c)
        .optional())?;
    match last {
        Some((number, line)) => {
            let first = of_file
                .filter(customers::number.le(&number))
                .filter(customers::number.lt(&number).or(customers::line.le(line)));
            on_each!(conn, |c| diesel::delete(first).execute(c))?;
            Ok(true)
        }
        None => {
            on_each!(conn, |c| diesel::delete(of_file).execute(c))?;
            Ok(false)
        }
    }
}
