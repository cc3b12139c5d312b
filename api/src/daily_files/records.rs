//! Makes rows of text, with the line on which each begins. A row has an end to its length, so that a quote that is never
//! closed, or a line of a gigabyte, is found early. It must never know what the columns mean.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::{fault::FileFault, text::feeds};

/// The longest row, in bytes.
pub(super) const LONGEST: usize = 1024 * 1024;
/// How many values a row may have.
pub(super) const MOST_COLUMNS: usize = 1000;

/// A row as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// Its values, in their order.
    pub(super) fn values(self) -> impl Iterator<Item = &'a str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let value = self.text.get(start..end).unwrap_or_default();
            start = end;
            value
        })
    }
}

/// Takes rows out of a text that comes in pieces.
#[derive(Debug)]
pub(super) struct Records {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    // How much of the two belongs to the row that is being read.
    length: usize,
    values: usize,
    inside: bool,
    begins: u64,
    line: u64,
}

impl Records {
    /// For values that stand apart by this character.
    pub(super) fn separated_by(delimiter: u8) -> Self {
        let mut builder = ReaderBuilder::new();
        let reader = builder.delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self {
            reader,
            text: vec![0; 16 * 1024],
            ends: vec![0; 64],
            length: 0,
            values: 0,
            inside: false,
            begins: 1,
            line: 1,
        }
    }

    /// Hands each row that ends in this piece of text to `each`.
    ///
    /// # Errors
    /// What `each` answers, and rows that are too long.
    pub(super) fn push<E: From<FileFault>>(
        &mut self,
        mut text: &[u8],
        each: &mut impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if !self.inside {
                let blank = text.iter().take_while(|byte| **byte == b'\n').count();
                self.line += feeds(text.get(..blank).unwrap_or_default());
                text = text.get(blank..).unwrap_or_default();
                self.begins = self.line;
            }
            if text.is_empty() {
                return Ok(());
            }
            self.inside = true;
            let (result, read) = self.read(text);
            self.line += feeds(text.get(..read).unwrap_or_default());
            text = text.get(read..).unwrap_or_default();
            self.settle(result, each)?;
        }
    }

    /// The end of the file: the last row may lack its line end, but not a quote's.
    ///
    /// # Errors
    /// What `each` answers, and a quote that is open.
    pub(super) fn finish<E: From<FileFault>>(
        &mut self,
        each: &mut impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // A line end ends the last row, unless it stands inside quotes.
        self.push(b"\n", each)?;
        if self.inside {
            let message = "A quote is opened in this row and never closed: the file seems to be cut off.";
            return Err(FileFault::new(self.begins, "open_quote", message).into());
        }
        Ok(())
    }

    fn read(&mut self, text: &[u8]) -> (ReadRecordResult, usize) {
        let room = self.text.get_mut(self.length..).unwrap_or_default();
        let ends = self.ends.get_mut(self.values..).unwrap_or_default();
        let (result, read, written, ended) = self.reader.read_record(text, room, ends);
        self.length += written;
        self.values += ended;
        (result, read)
    }

    fn settle<E: From<FileFault>>(
        &mut self,
        result: ReadRecordResult,
        each: &mut impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull if self.text.len() < LONGEST => {
                self.text.resize((self.text.len() * 2).min(LONGEST), 0);
            }
            ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_COLUMNS => {
                self.ends.resize((self.ends.len() * 2).min(MOST_COLUMNS), 0);
            }
            ReadRecordResult::OutputFull => {
                let message =
                    "This row is longer than 1 MiB. Perhaps a quote is never closed, or it is no CSV.";
                return Err(FileFault::new(self.begins, "row_too_long", message).into());
            }
            ReadRecordResult::OutputEndsFull => {
                let message = format!("This row has more than {MOST_COLUMNS} values.");
                return Err(FileFault::new(self.begins, "too_many_columns", message).into());
            }
            ReadRecordResult::Record | ReadRecordResult::End => {
                self.inside = false;
                let text = self.text.get(..self.length).unwrap_or_default();
                let ends = self.ends.get(..self.values).unwrap_or_default();
                (self.length, self.values) = (0, 0);
                let text = std::str::from_utf8(text)
                    .map_err(|_| FileFault::new(self.begins, "not_text", "This row is no text."))?;
                each(Record { line: self.begins, text, ends })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Rows = Vec<(u64, Vec<String>)>;

    fn read(text: &str, delimiter: u8, piece: usize) -> Result<Rows, FileFault> {
        let mut records = Records::separated_by(delimiter);
        let mut rows = Rows::new();
        let mut each = |record: Record<'_>| {
            rows.push((record.line, record.values().map(str::to_owned).collect()));
            Ok(())
        };
        for piece in text.as_bytes().chunks(piece) {
            records.push(piece, &mut each)?;
        }
        records.finish(&mut each)?;
        Ok(rows)
    }

    #[test]
    fn each_row_knows_the_line_on_which_it_begins() {
        let text = "a,b\n\n\"1\n2\",\"x \"\"y\"\"\"\n\n3,4\n5,";
        for piece in 1..12 {
            let rows = read(text, b',', piece).unwrap();
            let row = |line, values: [&str; 2]| (line, values.map(str::to_owned).to_vec());
            assert_eq!(
                rows,
                [row(1, ["a", "b"]), row(3, ["1\n2", "x \"y\""]), row(6, ["3", "4"]), row(7, ["5", ""])]
            );
        }
    }

    #[test]
    fn an_open_quote_is_found_and_so_is_a_row_without_end() {
        for text in ["a\n1,\"2\n3\n4", "a\n\"", "a\n\"x\"\"", "a\n\"x\n"] {
            let fault = read(text, b',', 3).unwrap_err();
            assert_eq!((fault.line, fault.code), (2, "open_quote"), "{text:?}");
        }
        let long = format!("a\n{}", "x".repeat(LONGEST + 1));
        assert_eq!(read(&long, b',', 65_536).unwrap_err().code, "row_too_long");
        let wide = format!("a\n{}", ",".repeat(MOST_COLUMNS));
        assert_eq!(read(&wide, b',', 65_536).unwrap_err().code, "too_many_columns");
        assert_eq!(read(&",".repeat(MOST_COLUMNS - 1), b',', 7).unwrap()[0].1.len(), MOST_COLUMNS);
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z,;\"\n é]{0,5}", 2..5), 1..8),
            piece in 1..9_usize,
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> =
                read(&text, b',', piece).unwrap().into_iter().map(|(_, values)| values).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
