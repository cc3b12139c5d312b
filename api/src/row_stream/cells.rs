//! Writes the cells of a CSV file.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};

use super::escape_formula;

/// The cells of a CSV file, row by row. Rows end with CRLF (RFC 4180).
#[derive(Debug, Default)]
pub(crate) struct Cells {
    text: String,
    is_in_row: bool,
}

impl Cells {
    /// Writes the row of column names.
    pub(super) fn header(&mut self, columns: &[&str]) {
        columns.iter().for_each(|column| self.word(column));
        self.end_row();
    }

    /// Writes a text that people wrote. Formulas are escaped, except phone numbers.
    pub(crate) fn text(&mut self, text: &str) {
        let is_number =
            text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|d| d.is_ascii_digit()));
        if is_number { self.word(text) } else { self.word(&escape_formula(text)) }
    }

    /// Writes a text, or an empty cell.
    pub(crate) fn optional(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    /// Writes a word of the server as it is.
    pub(crate) fn word(&mut self, word: &str) {
        self.begin();
        if word.contains([',', '"', '\r', '\n']) {
            self.text.push('"');
            self.text.push_str(&word.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(word);
        }
    }

    /// Writes a whole number, or an empty cell.
    pub(crate) fn integer(&mut self, number: impl Into<Option<i64>>) {
        self.begin();
        if let Some(number) = number.into() {
            let _ = write!(self.text, "{number}");
        }
    }

    /// Writes a time, or an empty cell.
    pub(crate) fn time(&mut self, time: impl Into<Option<DateTime<Utc>>>) {
        self.begin();
        if let Some(time) = time.into() {
            self.text.push_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self) {
        self.text.push_str("\r\n");
        self.is_in_row = false;
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.is_in_row, true) {
            self.text.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_escaped_but_not_phone_numbers() {
        let mut cells = Cells::default();
        cells.header(&["a", "b"]);
        cells.text("+447700900123");
        cells.text("+44 7700");
        cells.text("=cmd()");
        cells.text("Two\nlines, \"quoted\"");
        cells.optional(None);
        cells.integer(-5);
        cells.time(DateTime::from_timestamp(0, 0));
        cells.end_row();
        let expected = "a,b\r\n+447700900123,'+44 7700,'=cmd(),\"Two\nlines, \"\"quoted\"\"\",,-5,1970-01-01T00:00:00Z\r\n";
        assert_eq!(String::from_utf8(cells.into_bytes()).unwrap(), expected);
    }
}
