//! Twilio's ids (SIDs), and the picture that the handset sends.

/// The picture that the handset sends.
pub(crate) const PICTURE: &[u8] = include_bytes!("media/picture.png");

/// Returns a new SID: two letters for the kind, and 32 hexadecimal digits.
pub(crate) fn new_sid(kind: &str) -> String {
    format!("{kind}{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_sid_is_two_letters_and_32_hexadecimal_digits() {
        let sid = super::new_sid("SM");
        assert_eq!(sid.len(), 34);
        assert!(sid.starts_with("SM") && sid.chars().skip(2).all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(sid, super::new_sid("SM"));
    }

    #[test]
    fn the_picture_is_a_png() {
        assert!(super::PICTURE.starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}
