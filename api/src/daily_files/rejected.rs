//! The rejected rows of a file as a CSV file of their own, to hand back to whoever made it. What a spreadsheet would run as a
//! formula stands there as text.

use shared::{
    clean::strip_invisible,
    daily_file::RejectedRow,
    ids::{DailyFileId, TeamId},
};

use super::{queries, rejections::MOST_KEPT};
use crate::{auth::TeamScope, db::DbConnection, error::ApiError, teams};

/// The file.
///
/// # Errors
/// `not_found` for the team and the daily file.
pub(super) fn csv(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    id: DailyFileId,
) -> Result<Vec<u8>, ApiError> {
    teams::queries::require(conn, scope, team)?;
    let found = queries::find(conn, team, id)?.ok_or_else(|| ApiError::not_found("daily file"))?;
    let most = i64::try_from(MOST_KEPT).unwrap_or(i64::MAX);
    let rows = queries::rejected(conn, id, most)?;
    written(&rows, found.file.rejected_rows).map_err(|error| ApiError::internal(&error))
}

fn written(rows: &[RejectedRow], count: i64) -> csv::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(["line", "column", "value", "reason"])?;
    for row in rows {
        let column = row.column.as_deref().unwrap_or_default();
        writer.write_record([
            row.line.to_string().as_str(),
            &no_formula(column),
            &no_formula(&row.value),
            &no_formula(&row.reason),
        ])?;
    }
    let more = count - i64::try_from(rows.len()).unwrap_or_default();
    if more > 0 {
        let reason = format!("{more} more rows were rejected, which are not listed.");
        writer.write_record(["", "", "", &reason])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A value that no spreadsheet runs as a formula (OWASP, CSV injection): an apostrophe before each sign that begins a cell
/// marks the cell as text. White space and invisible characters before the sign do not hide it, nor does its full-width
/// form. A spreadsheet may split the file at other delimiters than commas.
fn no_formula(value: &str) -> String {
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
    fn a_formula_is_found_behind_what_cannot_be_seen() {
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
            assert_eq!(no_formula(value), expected, "{value:?}");
        }
    }

    #[test]
    fn formulas_are_escaped_and_what_is_not_listed_is_said() {
        let row = |line, value: &str| RejectedRow {
            line,
            column: Some("Mobile".into()),
            value: value.into(),
            reason: "This is not a phone number.".into(),
        };
        let rows = [row(2, "=cmd()"), row(3, "a \"b\""), row(9, "+44 77"), row(10, "@x"), row(11, "-1")];
        let text = String::from_utf8(written(&rows, 12).unwrap()).unwrap();
        let expected = "line,column,value,reason\r\n\
            2,Mobile,'=cmd(),This is not a phone number.\r\n\
            3,Mobile,\"a \"\"b\"\"\",This is not a phone number.\r\n\
            9,Mobile,'+44 77,This is not a phone number.\r\n\
            10,Mobile,'@x,This is not a phone number.\r\n\
            11,Mobile,'-1,This is not a phone number.\r\n\
            ,,,\"7 more rows were rejected, which are not listed.\"\r\n";
        assert_eq!(text, expected);
    }
}
