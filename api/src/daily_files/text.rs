//! Makes text of what arrives: UTF-8 with or without a byte order mark, or Windows-1252, with a line feed at the end of
//! each line. Piece by piece, so that a file of any size takes no more memory than a piece. It must never know of rows.

use encoding_rs::WINDOWS_1252;

use super::fault::FileFault;

/// How the bytes so far are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// All of them were ASCII, which is the same in both.
    Ascii,
    Utf8,
    Windows1252,
}

/// What has been read so far, and what of it is still to be understood.
#[derive(Debug)]
pub(super) struct Text {
    encoding: Encoding,
    begun: bool,
    // Bytes that cannot be read without what follows them: the beginning of the file, or of a character.
    kept: Vec<u8>,
    after_return: bool,
    lines: u64,
}

impl Default for Text {
    fn default() -> Self {
        Self { encoding: Encoding::Ascii, begun: false, kept: Vec::new(), after_return: false, lines: 1 }
    }
}

impl Text {
    /// Appends what a piece of the file says to `text`.
    ///
    /// # Errors
    /// When it is no text, or in another encoding.
    pub(super) fn push(&mut self, piece: &[u8], text: &mut Vec<u8>) -> Result<(), FileFault> {
        self.take(piece, false, text)
    }

    /// Appends what is left at the end of the file.
    ///
    /// # Errors
    /// When the file ends in the middle of a character.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) -> Result<(), FileFault> {
        self.take(&[], true, text)
    }

    fn take(&mut self, piece: &[u8], is_last: bool, text: &mut Vec<u8>) -> Result<(), FileFault> {
        let joined;
        let mut bytes = piece;
        if !self.kept.is_empty() {
            let mut kept = std::mem::take(&mut self.kept);
            kept.extend_from_slice(piece);
            joined = kept;
            bytes = &joined;
        }
        if !self.begun {
            if bytes.len() < 4 && !is_last {
                self.kept = bytes.to_vec();
                return Ok(());
            }
            self.begun = true;
            bytes = self.begin(bytes)?;
        }
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            let line = self.lines + feeds(bytes.get(..at).unwrap_or_default());
            let message = "This holds a NUL byte, so it is no text. Save the file as CSV (UTF-8).";
            return Err(FileFault::new(line, "not_text", message));
        }
        self.decode(bytes, is_last, text)
    }

    /// Looks at how the file begins: what says its encoding, or that it is something else altogether.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], FileFault> {
        if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
            self.encoding = Encoding::Utf8;
            return Ok(rest);
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            let message = "This is an Excel workbook, no CSV. In Excel, choose Save As and CSV UTF-8.";
            return Err(FileFault::new(1, "not_csv", message));
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            let message = "This is text in UTF-16. Save the file as CSV (UTF-8).";
            return Err(FileFault::new(1, "unknown_encoding", message));
        }
        Ok(bytes)
    }

    fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) -> Result<(), FileFault> {
        if self.encoding == Encoding::Windows1252 {
            self.append(WINDOWS_1252.decode_without_bom_handling(bytes).0.as_bytes(), text);
            return Ok(());
        }
        let error = match std::str::from_utf8(bytes) {
            Ok(_) => {
                self.append(bytes, text);
                self.note(bytes);
                return Ok(());
            }
            Err(error) => error,
        };
        let (good, rest) = bytes.split_at(error.valid_up_to());
        self.append(good, text);
        self.note(good);
        if error.error_len().is_none() && !is_last {
            self.kept = rest.to_vec();
            return Ok(());
        }
        if self.encoding == Encoding::Utf8 {
            let message = "This holds bytes that are neither UTF-8, as what comes before them is, nor anything else \
                           that can be told. Save the file as CSV (UTF-8).";
            return Err(FileFault::new(self.lines, "unknown_encoding", message));
        }
        self.encoding = Encoding::Windows1252;
        self.decode(rest, is_last, text)
    }

    /// Only a character outside of ASCII tells UTF-8 from Windows-1252.
    fn note(&mut self, good: &[u8]) {
        if self.encoding == Encoding::Ascii && !good.is_ascii() {
            self.encoding = Encoding::Utf8;
        }
    }

    /// Every line ends with a line feed, however it ended before.
    fn append(&mut self, decoded: &[u8], text: &mut Vec<u8>) {
        let from = text.len();
        let mut rest = decoded;
        while let Some((&first, after)) = rest.split_first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                rest = after;
                continue;
            }
            let end = rest.iter().position(|byte| *byte == b'\r');
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            text.extend_from_slice(line);
            rest = after;
            if let Some((_, after)) = after.split_first() {
                text.push(b'\n');
                self.after_return = true;
                rest = after;
            }
        }
        self.lines += feeds(text.get(from..).unwrap_or_default());
    }
}

/// How many lines end here.
pub(super) fn feeds(bytes: &[u8]) -> u64 {
    // `bytecount` would be faster still; this is vectorised, and far from what takes the time.
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> Result<String, FileFault> {
        let (mut text, mut out) = (Text::default(), Vec::new());
        for piece in bytes.chunks(piece) {
            text.push(piece, &mut out)?;
        }
        text.finish(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_encoding_is_detected_wherever_the_pieces_end() {
        for piece in 1..20 {
            assert_eq!(read("name\nZoë €\n".as_bytes(), piece).unwrap(), "name\nZoë €\n");
            assert_eq!(read("\u{feff}name\nZoë\n".as_bytes(), piece).unwrap(), "name\nZoë\n");
            assert_eq!(read(b"name\nZo\xEB \x80 \x93O\x94\n", piece).unwrap(), "name\nZoë € “O”\n");
            assert_eq!(read(b"", piece).unwrap(), "");
            assert_eq!(read(b"a", piece).unwrap(), "a");
            // The last byte alone could still have become UTF-8.
            assert_eq!(read(b"name\nZo\xEB", piece).unwrap(), "name\nZoë");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        for (bytes, line, code) in [
            (&b"a\nb\x00c"[..], 2, "not_text"),
            (b"\xFF\xFEa\x00", 1, "unknown_encoding"),
            (b"PK\x03\x04....", 1, "not_csv"),
            ("a\nZoë\nb\n\u{e9}".as_bytes(), 0, ""),
            (b"a\nZo\xC3\xAB\r\nb\r\nZo\xEB,", 4, "unknown_encoding"),
            (b"\xEF\xBB\xBFa\nZo\xEB,", 2, "unknown_encoding"),
        ] {
            for piece in 1..12 {
                let found = read(bytes, piece).map_err(|fault| (fault.line, fault.code));
                let expected = if line == 0 { Ok(()) } else { Err((line, code)) };
                assert_eq!(found.map(drop), expected, "{bytes:?} in pieces of {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_kind_of_line_end_becomes_a_line_feed(
            lines in proptest::collection::vec(("[a-z\"é]{0,6}", 0..3_usize), 0..12),
            piece in 1..9_usize,
        ) {
            let given: String =
                lines.iter().map(|(line, end)| format!("{line}{}", ["\n", "\r\n", "\r"][*end])).collect();
            // A return followed by an empty line that ends with a line feed is one end, not two.
            let expected = given.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(read(given.as_bytes(), piece), Ok(expected));
        }

        #[test]
        fn whatever_arrives_is_read_or_refused(bytes: Vec<u8>, piece in 1..9_usize) {
            let _ = read(&bytes, piece);
        }
    }
}
