//! The rejected rows of a file as a CSV file, to return to the author of the file. Values that a spreadsheet would run
//! as formulas are escaped.

use shared::{
    daily_file::RejectedRow,
    ids::{DailyFileId, TeamId},
};

use super::{parse::MAX_STORED, queries};
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    row_stream::Cells,
    teams,
};

/// Why the rejected rows could not be returned.
#[derive(Debug, thiserror::Error)]
pub(super) enum RejectedRowsError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Team(#[from] LookupError),
    /// The file does not exist.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the CSV file.
///
/// # Errors
/// `NotFound` for the team and the daily file.
pub(super) fn csv(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    id: DailyFileId,
) -> Result<Vec<u8>, RejectedRowsError> {
    teams::queries::require(conn, scope, team)?;
    let found = queries::find(conn, team, id)?.ok_or(NotFound::new(Resource::DailyFile))?;
    let most = i64::try_from(MAX_STORED).unwrap_or(i64::MAX);
    let rows = queries::rejected(conn, id, most)?;
    Ok(to_csv(&rows, found.file.rejected_rows))
}

fn to_csv(rows: &[RejectedRow], count: i64) -> Vec<u8> {
    let mut cells = Cells::default();
    cells.header(&["line", "column", "value", "reason"]);
    for row in rows {
        cells.integer(row.line);
        cells.optional(row.column.as_deref());
        cells.text(&row.value);
        cells.text(&row.reason);
        cells.end_row();
    }
    let more = count - i64::try_from(rows.len()).unwrap_or_default();
    if more > 0 {
        (0..3).for_each(|_| cells.word(""));
        cells.text(&format!("{more} more rejected rows are not listed."));
        cells.end_row();
    }
    cells.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_escaped_and_the_number_of_unlisted_rows_is_stated() {
        let row = |line, value: &str| RejectedRow {
            line,
            column: Some("Mobile".into()),
            value: value.into(),
            reason: "This is not a phone number.".into(),
        };
        let rows = [row(2, "=cmd()"), row(3, "a \"b\""), row(9, "+44 77"), row(10, "@x"), row(11, "-1")];
        let text = String::from_utf8(to_csv(&rows, 12)).unwrap();
        let expected = "line,column,value,reason\r\n\
            2,Mobile,'=cmd(),This is not a phone number.\r\n\
            3,Mobile,\"a \"\"b\"\"\",This is not a phone number.\r\n\
            9,Mobile,'+44 77,This is not a phone number.\r\n\
            10,Mobile,'@x,This is not a phone number.\r\n\
            11,Mobile,'-1,This is not a phone number.\r\n\
            ,,,7 more rejected rows are not listed.\r\n";
        assert_eq!(text, expected);
    }
}
