//! The text that is still to be read, and its parts: words, integers and strings.

use std::borrow::Cow;

use super::Unreadable;

/// The text that is still to be read.
pub(super) struct Reader<'de> {
    pub(super) rest: &'de str,
}

impl<'de> Reader<'de> {
    /// Returns the next character after white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.as_bytes().first().copied()
    }

    /// Reads `word` if it comes next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.peek();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn expect(&mut self, word: &str) -> Result<(), Unreadable> {
        if self.take(word) { Ok(()) } else { Err(Unreadable) }
    }

    /// Reads the characters before the place `at`.
    fn split(&mut self, at: usize) -> Result<&'de str, Unreadable> {
        let (before, rest) = self.rest.split_at_checked(at).ok_or(Unreadable)?;
        self.rest = rest;
        Ok(before)
    }

    pub(super) fn integer(&mut self) -> Result<i64, Unreadable> {
        self.peek();
        let end = self.rest.bytes().position(|byte| !matches!(byte, b'-' | b'0'..=b'9'));
        self.split(end.unwrap_or(self.rest.len()))?.parse().map_err(|_| Unreadable)
    }

    /// Reads any number, also one that is not an integer.
    pub(super) fn skip_number(&mut self) -> Result<(), Unreadable> {
        let end = self
            .rest
            .bytes()
            .position(|byte| !matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'));
        match self.split(end.unwrap_or(self.rest.len()))? {
            "" => Err(Unreadable),
            _ => Ok(()),
        }
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Unreadable> {
        let holds = self.take("true");
        if !holds {
            self.expect("false")?;
        }
        Ok(holds)
    }

    /// Reads a string; copies it only when it has escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, Unreadable> {
        self.expect("\"")?;
        let mut read = Cow::Borrowed("");
        loop {
            let end = self.rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(Unreadable)?;
            let plain = self.split(end)?;
            if read.is_empty() {
                read = Cow::Borrowed(plain);
            } else {
                read.to_mut().push_str(plain);
            }
            if self.split(1)? == "\"" {
                return Ok(read);
            }
            let character = self.escaped()?;
            read.to_mut().push(character);
        }
    }

    /// Reads the rest of an escape, after the backslash.
    fn escaped(&mut self) -> Result<char, Unreadable> {
        Ok(match self.split(1)? {
            "n" => '\n',
            "r" => '\r',
            "t" => '\t',
            "b" => '\u{8}',
            "f" => '\u{c}',
            "u" => {
                let first = self.unit()?;
                // A character beyond 16 bits is written as two escapes.
                let is_half = (0xd800..0xdc00).contains(&first);
                let second = if is_half && self.split(2)? == "\\u" { Some(self.unit()?) } else { None };
                let mut units = char::decode_utf16([first].into_iter().chain(second));
                units.next().and_then(Result::ok).ok_or(Unreadable)?
            }
            plain @ ("\"" | "\\" | "/") => plain.chars().next().ok_or(Unreadable)?,
            _ => return Err(Unreadable),
        })
    }

    fn unit(&mut self) -> Result<u16, Unreadable> {
        u16::from_str_radix(self.split(4)?, 16).map_err(|_| Unreadable)
    }
}
