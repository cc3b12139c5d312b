//! Inserts the demo data's daily files.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::ids::TeamId;

use super::cast::Customer;
use crate::db::{
    AsText, DbConnection, DbError, Timestamp, on_each,
    schema::{customers, daily_files},
};

pub(super) fn insert_daily_file(
    conn: &mut DbConnection,
    team: TeamId,
    key_data_columns: &[&str],
    rows: &[Customer],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let columns: Vec<String> = key_data_columns.iter().map(|name| (*name).to_owned()).collect();
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let values = (
        daily_files::team_id.eq(team.0),
        daily_files::file_date.eq(now.date_naive()),
        daily_files::key_data_columns.eq(AsText(columns)),
        daily_files::is_current.eq(true),
        daily_files::created_at.eq(Timestamp(now)),
        daily_files::created_by.eq("SMS Chat"),
        daily_files::rows.eq(count),
        daily_files::accepted.eq(count),
    );
    let file: i64 = on_each!(conn, |c| diesel::insert_into(daily_files::table)
        .values(values)
        .returning(daily_files::id)
        .get_result(c))?;
    // The header is on line 1.
    for (line, row) in (2_i64..).zip(rows) {
        let values = (
            customers::daily_file_id.eq(file),
            customers::number.eq(&row.number),
            customers::line.eq(line),
            customers::reference.eq(&row.reference),
            customers::name.eq(row.name),
            customers::key_data.eq(AsText(row.key_data.clone())),
        );
        on_each!(conn, |c| diesel::insert_into(customers::table).values(values).execute(c))?;
    }
    Ok(())
}
