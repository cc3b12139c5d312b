//! Splits CSV text, which arrives in pieces, into rows with their line numbers.
//!
//! Stricter than most RFC 4180 readers: a row with a broken quote is malformed and ends with its first line. The
//! following lines inside the quote are read as rows of their own. So an unclosed quote cannot give a customer another
//! customer's number. This module does not interpret the columns.

mod record;

pub(super) use record::{Malformed, Next, Record};

use super::fault::{FaultKind, FileFault};

/// Maximum size of a row.
pub(super) const MAX_ROW_BYTES: usize = 1024 * 1024;
/// Maximum number of values in a row; empty values at the end do not count.
pub(super) const MAX_COLUMNS: usize = 1000;
/// Maximum number of bytes of a file that are read again because of broken quotes.
const MAX_REREAD_BYTES: usize = 64 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a row.
    Between,
    /// Before a value.
    Before,
    Unquoted,
    Quoted,
    /// After a quote in a quoted value: it closes the value, or is the first half of a doubled quote.
    Closing,
    /// In white space after a closing quote.
    Closed,
    /// In the rest of a malformed line.
    Skipping,
}

/// Splits text into rows.
#[derive(Debug)]
pub(super) struct Records {
    delimiter: u8,
    /// Columns in which line breaks and stray quotes are refused, in rows below this line.
    strict: ([usize; 3], u64),
    state: State,
    /// The bytes from the beginning of the current row.
    held: Vec<u8>,
    /// Positions in the held bytes: the beginning of the current row, the end of its first line, and the next byte.
    start: usize,
    first_break: Option<usize>,
    at: usize,
    /// The values of the row, and the end of each.
    text: Vec<u8>,
    ends: Vec<usize>,
    has_odd_quotes: bool,
    malformed: Option<Malformed>,
    begins: u64,
    line: u64,
    reread: usize,
}

impl Records {
    /// Splits rows at line feeds, and values at `delimiter`.
    pub(super) fn separated_by(delimiter: u8) -> Self {
        Self {
            delimiter,
            strict: ([usize::MAX; 3], u64::MAX),
            state: State::Between,
            held: Vec::new(),
            start: 0,
            first_break: None,
            at: 0,
            text: Vec::with_capacity(16 * 1024),
            ends: Vec::with_capacity(64),
            has_odd_quotes: false,
            malformed: None,
            begins: 1,
            line: 1,
            reread: 0,
        }
    }

    /// Refuses line breaks and stray quotes in these columns, in rows below the line `below`.
    pub(super) fn strict_in(self, columns: [usize; 3], below: u64) -> Self {
        Self { strict: (columns, below), ..self }
    }

    /// Passes each row that ends in this piece of text to `each`.
    ///
    /// # Errors
    /// Errors of `each`, and a row that is too long.
    pub(super) fn push<E: From<FileFault>>(
        &mut self,
        text: &[u8],
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        let mut buffer = std::mem::take(&mut self.held);
        buffer.extend_from_slice(text);
        while self.at < buffer.len() {
            self.step(&buffer, each)?;
        }
        buffer.drain(..self.start);
        self.at -= self.start;
        self.first_break = self.first_break.map(|at| at - self.start);
        self.start = 0;
        self.held = buffer;
        Ok(())
    }

    /// Ends the text. The last row may lack its line end, but not a closing quote.
    ///
    /// # Errors
    /// Errors of `each`, and a quote that is open in the last line.
    pub(super) fn finish<E: From<FileFault>>(
        &mut self,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        while self.state == State::Quoted {
            if self.first_break.is_none() {
                return Err(FileFault::new(self.begins, FaultKind::OpenQuote).into());
            }
            self.break_off(Malformed::OpenQuote, each)?;
            self.push(b"", each)?;
        }
        if self.state != State::Between {
            self.end_value();
            self.end_row(each)?;
        }
        Ok(())
    }

    fn step<E: From<FileFault>>(
        &mut self,
        buffer: &[u8],
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        if self.at - self.start > MAX_ROW_BYTES && self.state != State::Between {
            return self.too_long(each);
        }
        let rest = buffer.get(self.at..).unwrap_or_default();
        let Some(&byte) = rest.first() else { return Ok(()) };
        let delimiter = self.delimiter;
        let is_end = byte == b'\n' || byte == delimiter;
        match self.state {
            State::Between if byte == b'\n' => {
                self.line += 1;
                self.at += 1;
                self.start = self.at;
            }
            State::Between => {
                (self.start, self.begins) = (self.at, self.line);
                self.state = State::Before;
            }
            State::Before if byte == b'"' => {
                self.at += 1;
                self.state = State::Quoted;
            }
            State::Before => self.state = State::Unquoted,
            State::Unquoted | State::Closing | State::Closed if is_end => return self.end(byte, each),
            State::Unquoted => {
                let run = run_of(rest, |byte| byte != b'\n' && byte != delimiter);
                let quotes = run.iter().filter(|byte| **byte == b'"').count();
                self.has_odd_quotes ^= quotes % 2 == 1;
                self.take(run);
            }
            State::Quoted if byte == b'"' => {
                self.at += 1;
                self.state = State::Closing;
            }
            State::Quoted if byte == b'\n' => return self.break_line(each),
            State::Quoted => self.take(run_of(rest, |byte| byte != b'"' && byte != b'\n')),
            State::Closing if byte == b'"' => {
                self.take(b"\"");
                self.state = State::Quoted;
            }
            State::Closing | State::Closed if byte == b' ' || byte == b'\t' => {
                self.at += 1;
                self.state = State::Closed;
            }
            State::Closing | State::Closed => return self.break_off(Malformed::TextAfterQuote, each),
            State::Skipping if byte == b'\n' => return self.end(byte, each),
            State::Skipping => self.at += run_of(rest, |byte| byte != b'\n').len(),
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Ends a value at a delimiter, or the row at a line end.
    fn end<E: From<FileFault>>(
        &mut self,
        byte: u8,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        self.end_value();
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            return self.end_row(each);
        }
        self.state = State::Before;
        Ok(())
    }

    fn end_value(&mut self) {
        if self.state == State::Skipping {
            return;
        }
        let column = self.ends.len();
        if std::mem::take(&mut self.has_odd_quotes) && self.is_strict(column) {
            self.malformed.get_or_insert(Malformed::StrayQuote(column));
        }
        if column < MAX_COLUMNS {
            self.ends.push(self.text.len());
            return;
        }
        let from = self.ends.last().copied().unwrap_or_default();
        if !self.text.get(from..).unwrap_or_default().trim_ascii().is_empty() {
            self.malformed.get_or_insert(Malformed::TooManyColumns);
        }
        self.text.truncate(from);
    }

    /// Handles a line break inside quotes: an error in strict columns, text in others.
    fn break_line<E: From<FileFault>>(
        &mut self,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        self.first_break.get_or_insert(self.at);
        let column = self.ends.len();
        if self.is_strict(column) {
            return self.break_off(Malformed::LineBreak(column), each);
        }
        self.line += 1;
        self.take(b"\n");
        Ok(())
    }

    fn is_strict(&self, column: usize) -> bool {
        let (columns, below) = self.strict;
        self.begins > below && columns.contains(&column)
    }

    /// Ends a malformed row after its first line.
    fn break_off<E: From<FileFault>>(
        &mut self,
        malformed: Malformed,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        self.malformed.get_or_insert(malformed);
        self.end_value();
        match self.first_break {
            Some(first_break) => {
                self.emit(each)?;
                self.read_on_after(first_break)?;
            }
            None => self.state = State::Skipping,
        }
        Ok(())
    }

    fn end_row<E: From<FileFault>>(
        &mut self,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        let next = self.emit(each)?;
        match self.first_break {
            Some(first_break) if next == Next::SecondLine => self.read_on_after(first_break)?,
            _ => self.begin_row(),
        }
        Ok(())
    }

    fn emit<E: From<FileFault>>(
        &mut self,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<Next, E> {
        let text =
            std::str::from_utf8(&self.text).map_err(|_| FileFault::new(self.begins, FaultKind::NotText))?;
        each(Record { line: self.begins, malformed: self.malformed, text, ends: &self.ends })
    }

    /// Continues reading at the row's second line.
    fn read_on_after(&mut self, first_break: usize) -> Result<(), FileFault> {
        self.reread += self.at - first_break;
        if self.reread > MAX_REREAD_BYTES {
            return Err(FileFault::new(self.begins, FaultKind::TooManyOpenQuotes));
        }
        self.line = self.begins + 1;
        self.at = first_break + 1;
        self.begin_row();
        Ok(())
    }

    fn begin_row(&mut self) {
        self.start = self.at;
        self.state = State::Between;
        self.first_break = None;
        self.malformed = None;
        self.has_odd_quotes = false;
        self.text.clear();
        self.ends.clear();
    }

    fn too_long<E: From<FileFault>>(
        &mut self,
        each: &mut impl FnMut(Record<'_>) -> Result<Next, E>,
    ) -> Result<(), E> {
        if self.first_break.is_some() {
            return self.break_off(Malformed::OpenQuote, each);
        }
        Err(FileFault::new(self.begins, FaultKind::RowTooLong).into())
    }
}

fn run_of(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
