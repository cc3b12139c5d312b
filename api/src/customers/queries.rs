//! Customers in the database. Look-ups use the team's current file.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use shared::{
    CustomerAddress, PhoneNumber,
    customer::{CustomerKeyData, Field},
    ids::TeamId,
};

use super::DailyFileState;
use crate::db::{
    AsText, DbConnection, DbError, Timestamp, on_each,
    schema::{customers, daily_files},
};

/// Returns the reference and name of the customer with a number, if exactly one customer of the current file has it.
pub(crate) fn only_customer(
    conn: &mut DbConnection,
    team: TeamId,
    number: &CustomerAddress,
) -> Result<Option<(String, String)>, DbError> {
    let mut found: Vec<(String, String)> = on_each!(conn, |c| customers::table
        .inner_join(daily_files::table.on(daily_files::id.eq(customers::daily_file_id)))
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::is_current.eq(true))
        .filter(customers::number.eq(number.as_str()))
        .order(customers::line)
        .limit(2)
        .select((customers::reference, customers::name))
        .load(c))?;
    let second = found.len() > 1;
    Ok(found.pop().filter(|_| !second))
}

/// Returns the date of the team's current file, and its customers with the number in file order.
pub(super) fn key_data(
    conn: &mut DbConnection,
    team: TeamId,
    number: &CustomerAddress,
) -> Result<(Option<NaiveDate>, Vec<CustomerKeyData>), DbError> {
    let file: Option<(i64, NaiveDate, AsText<Vec<String>>)> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::is_current.eq(true))
        .select((daily_files::id, daily_files::file_date, daily_files::key_data_columns))
        .first(c)
        .optional())?;
    let Some((file, date, AsText(columns))) = file else {
        return Ok((None, Vec::new()));
    };
    let rows: Vec<(String, String, AsText<Vec<String>>)> = on_each!(conn, |c| customers::table
        .filter(customers::daily_file_id.eq(file))
        .filter(customers::number.eq(number.as_str()))
        .order(customers::line)
        .select((customers::reference, customers::name, customers::key_data))
        .load(c))?;
    let customers = rows
        .into_iter()
        .map(|(reference, name, AsText(values))| {
            let fields = columns.iter().zip(values).map(|(name, value)| Field { name: name.clone(), value });
            CustomerKeyData { reference, name, fields: fields.collect() }
        })
        .collect();
    Ok((Some(date), customers))
}

/// Returns since when the number belongs to customers other than `reference`: the import time of the oldest file that
/// has the number and is newer than every file that gives it to `reference`. Considers only the files in the history.
pub(super) fn other_owner_since(
    conn: &mut DbConnection,
    team: TeamId,
    number: &CustomerAddress,
    reference: &str,
) -> Result<Option<DateTime<Utc>>, DbError> {
    let files: Vec<(i64, Timestamp)> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::state.eq(AsText(DailyFileState::Ready)))
        .order(daily_files::id.desc())
        .select((daily_files::id, daily_files::created_at))
        .load(c))?;
    let mut since = None;
    for (file, imported_at) in files {
        let references: Vec<String> = on_each!(conn, |c| customers::table
            .filter(customers::daily_file_id.eq(file))
            .filter(customers::number.eq(number.as_str()))
            .select(customers::reference)
            .load(c))?;
        if references.iter().any(|of| of == reference) {
            break;
        }
        if !references.is_empty() {
            since = Some(imported_at.0);
        }
    }
    Ok(since)
}

/// A daily file's key data columns, and its first customer with the number, as an example.
pub(crate) type Columns = (Vec<String>, Option<(PhoneNumber, CustomerKeyData)>);

/// Returns the columns of the team's current file; `None` without a file.
pub(crate) fn current_columns(conn: &mut DbConnection, team: TeamId) -> Result<Option<Columns>, DbError> {
    let file: Option<(i64, AsText<Vec<String>>)> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::team_id.eq(team.0))
        .filter(daily_files::is_current.eq(true))
        .select((daily_files::id, daily_files::key_data_columns))
        .first(c)
        .optional())?;
    let Some((file, AsText(columns))) = file else {
        return Ok(None);
    };
    let number: Option<AsText<PhoneNumber>> = on_each!(conn, |c| customers::table
        .filter(customers::daily_file_id.eq(file))
        .order((customers::daily_file_id, customers::number))
        .select(customers::number)
        .first(c)
        .optional())?;
    let Some(AsText(number)) = number else {
        return Ok(Some((columns, None)));
    };
    let (_, customers) = key_data(conn, team, &(&number).into())?;
    let first = customers.into_iter().next();
    Ok(Some((columns, first.map(|customer| (number, customer)))))
}
