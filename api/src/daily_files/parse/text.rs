//! Decodes an upload to UTF-8 and normalises its line ends to line feeds. Accepts UTF-8, with or without a byte order
//! mark, and Windows-1252. Works piece by piece, so memory use does not depend on the size of the file.

use encoding_rs::WINDOWS_1252;

use super::fault::{FaultKind, FileFault};

/// The encoding, as far as the bytes so far show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// All bytes so far are ASCII, which is the same in both encodings.
    Ascii,
    Utf8,
    Windows1252,
}

/// Decodes pieces of a file.
#[derive(Debug)]
pub(super) struct TextDecoder {
    encoding: Encoding,
    begun: bool,
    // Bytes that need the next piece: the beginning of the file, or of a character.
    kept: Vec<u8>,
    after_return: bool,
    lines: u64,
}

impl Default for TextDecoder {
    fn default() -> Self {
        Self { encoding: Encoding::Ascii, begun: false, kept: Vec::new(), after_return: false, lines: 1 }
    }
}

impl TextDecoder {
    /// Decodes a piece of the file and appends it to `text`.
    ///
    /// # Errors
    /// When the piece is not text, or is in another encoding.
    pub(super) fn push(&mut self, piece: &[u8], text: &mut Vec<u8>) -> Result<(), FileFault> {
        self.take(piece, false, text)
    }

    /// Decodes the rest at the end of the file.
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
            let line = self.lines + count_line_feeds(bytes.get(..at).unwrap_or_default());
            return Err(FileFault::new(line, FaultKind::NulByte));
        }
        self.decode(bytes, is_last, text)
    }

    /// Reads the byte order mark, and refuses files that are recognisably not CSV.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], FileFault> {
        if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
            self.encoding = Encoding::Utf8;
            return Ok(rest);
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(FileFault::new(1, FaultKind::ExcelWorkbook));
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(FileFault::new(1, FaultKind::Utf16));
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
            return Err(FileFault::new(self.lines, FaultKind::InvalidUtf8));
        }
        self.encoding = Encoding::Windows1252;
        self.decode(rest, is_last, text)
    }

    /// Notes that the file is UTF-8 once a non-ASCII character shows it.
    fn note(&mut self, good: &[u8]) {
        if self.encoding == Encoding::Ascii && !good.is_ascii() {
            self.encoding = Encoding::Utf8;
        }
    }

    /// Appends decoded text with `\r\n` and `\r` replaced by `\n`.
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
        self.lines += count_line_feeds(text.get(from..).unwrap_or_default());
    }
}

/// Counts the line ends.
fn count_line_feeds(bytes: &[u8]) -> u64 {
    // The compiler vectorises this. The `bytecount` crate is faster, but counting is not the bottleneck.
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> Result<String, FileFault> {
        let (mut text, mut out) = (TextDecoder::default(), Vec::new());
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
            // Until the end of the file, the last byte could begin a UTF-8 character.
            assert_eq!(read(b"name\nZo\xEB", piece).unwrap(), "name\nZoë");
        }
    }

    #[test]
    fn a_file_that_is_not_text_is_refused_with_its_line() {
        for (bytes, fault) in [
            (&b"a\nb\x00c"[..], Some((2, FaultKind::NulByte))),
            (b"\xFF\xFEa\x00", Some((1, FaultKind::Utf16))),
            (b"PK\x03\x04....", Some((1, FaultKind::ExcelWorkbook))),
            ("a\nZoë\nb\n\u{e9}".as_bytes(), None),
            (b"a\nZo\xC3\xAB\r\nb\r\nZo\xEB,", Some((4, FaultKind::InvalidUtf8))),
            (b"\xEF\xBB\xBFa\nZo\xEB,", Some((2, FaultKind::InvalidUtf8))),
        ] {
            for piece in 1..12 {
                let found = read(bytes, piece).err().map(|fault| (fault.line, fault.kind));
                assert_eq!(found, fault, "{bytes:?} in pieces of {piece}");
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
            // A carriage return and the line feed of the next, empty line form one line end.
            let expected = given.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(read(given.as_bytes(), piece), Ok(expected));
        }

        #[test]
        fn any_bytes_are_decoded_or_refused_without_a_panic(bytes: Vec<u8>, piece in 1..9_usize) {
            let _ = read(&bytes, piece);
        }
    }
}
