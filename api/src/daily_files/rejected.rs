//! The rejected rows of a file as a CSV file, to return to the author of the file. Values that a spreadsheet would run
//! as formulas are escaped.

use shared::{
    clean::strip_invisible,
    daily_file::RejectedRow,
    ids::{DailyFileId, TeamId},
};

use super::{parse::MAX_STORED, queries};
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
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
    /// The CSV file could not be written.
    #[error(transparent)]
    Csv(#[from] csv::Error),
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
    Ok(to_csv(&rows, found.file.rejected_rows)?)
}

fn to_csv(rows: &[RejectedRow], count: i64) -> csv::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(["line", "column", "value", "reason"])?;
    for row in rows {
        let column = row.column.as_deref().unwrap_or_default();
        writer.write_record([
            row.line.to_string().as_str(),
            &escape_formula(column),
            &escape_formula(&row.value),
            &escape_formula(&row.reason),
        ])?;
    }
    let more = count - i64::try_from(rows.len()).unwrap_or_default();
    if more > 0 {
        let reason = format!("{more} more rejected rows are not listed.");
        writer.write_record(["", "", "", &reason])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Escapes a value so that no spreadsheet runs it as a formula (OWASP, CSV injection): an apostrophe before a sign that
/// begins a cell marks the cell as text. Also finds full-width signs, and signs behind white space and invisible
/// characters. Every common delimiter counts as the beginning of a cell, because the spreadsheet may split the file
/// there.
fn escape_formula(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut begins_cell = true;
    for character in value.chars() {
        let is_formula = matches!(
            character,
            '=' | '+' | '-' | '@' | '\u{2212}' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫'
        );
        let is_separator = matches!(character, ',' | ';' | '|' | '\t' | '\r' | '\n');
        if begins_cell && (is_formula || (plain.is_empty() && is_separator && character.is_control())) {
            plain.push('\'');
            begins_cell = false;
        }
        let is_hidden = character.is_whitespace()
            || character.is_control()
            || character == '"'
            || strip_invisible(character.encode_utf8(&mut [0; 4])).is_empty();
        begins_cell = is_separator || (begins_cell && is_hidden);
        plain.push(character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_behind_invisible_characters_is_escaped() {
        for (value, expected) in [
            (" =1", " '=1"),
            ("\u{a0}+1", "\u{a0}'+1"),
            ("\u{200b}\u{3000}@x", "\u{200b}\u{3000}'@x"),
            ("＝1", "'＝1"),
            (" ＋1", " '＋1"),
            ("－1", "'－1"),
            ("＠x", "'＠x"),
            ("\tx", "'\tx"),
            ("\r=1", "'\r'=1"),
            ("a;=1", "a;'=1"),
            ("a\t -1", "a\t '-1"),
            ("07700-900", "07700-900"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(escape_formula(value), expected, "{value:?}");
        }
    }

    #[test]
    fn formulas_are_escaped_and_the_number_of_unlisted_rows_is_stated() {
        let row = |line, value: &str| RejectedRow {
            line,
            column: Some("Mobile".into()),
            value: value.into(),
            reason: "This is not a phone number.".into(),
        };
        let rows = [row(2, "=cmd()"), row(3, "a \"b\""), row(9, "+44 77"), row(10, "@x"), row(11, "-1")];
        let text = String::from_utf8(to_csv(&rows, 12).unwrap()).unwrap();
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
