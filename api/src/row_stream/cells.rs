//! Writes the cells of a CSV file.

use chrono::{DateTime, SecondsFormat, Utc};

use super::formula::escape_formula;

/// The cells of a CSV file (RFC 4180), row by row, in memory, where writing cannot fail.
#[derive(Debug)]
pub(crate) struct Cells(csv::Writer<Vec<u8>>);

impl Default for Cells {
    fn default() -> Self {
        Self(
            csv::WriterBuilder::new()
                .flexible(true)
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new()),
        )
    }
}

impl Cells {
    /// Writes the row of column names.
    pub(crate) fn header(&mut self, columns: &[&str]) {
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
        let _ = self.0.write_field(word);
    }

    /// Writes a whole number, or an empty cell.
    pub(crate) fn integer(&mut self, number: impl Into<Option<i64>>) {
        self.word(&number.into().map(|number| number.to_string()).unwrap_or_default());
    }

    /// Writes a time, or an empty cell.
    pub(crate) fn time(&mut self, time: impl Into<Option<DateTime<Utc>>>) {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        self.word(&time.into().map(text).unwrap_or_default());
    }

    /// Ends the row.
    pub(crate) fn end_row(&mut self) {
        let _ = self.0.write_record(None::<&[u8]>);
    }

    /// Returns the rows that are written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
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
