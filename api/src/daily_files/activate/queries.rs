//! Reads the customers of a file for a comparison.

use diesel::prelude::*;
use shared::{PhoneNumber, ids::DailyFileId};

use crate::{
    daily_files::parse::Row,
    db::{AsText, DbConnection, DbError, on_each, schema::customers},
};

/// Returns a page of a file's customers, ordered by number and line, after a position.
pub(super) fn page(
    conn: &mut DbConnection,
    id: DailyFileId,
    after: Option<&(PhoneNumber, i64)>,
    limit: i64,
) -> Result<Vec<Row>, DbError> {
    let (number, line) = after.map_or(("", i64::MIN), |(number, line)| (number.as_str(), *line));
    let rows: Vec<(AsText<PhoneNumber>, i64, String, String, String)> = on_each!(conn, |c| customers::table
        .filter(customers::daily_file_id.eq(id.0))
        .filter(customers::number.ge(number))
        .filter(customers::number.gt(number).or(customers::line.gt(line)))
        .order((customers::daily_file_id, customers::number, customers::line))
        .limit(limit)
        .select((
            customers::number,
            customers::line,
            customers::reference,
            customers::name,
            customers::key_data
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(AsText(number), line, reference, name, key_data)| Row {
            line,
            number,
            reference,
            name,
            key_data,
        })
        .collect())
}
