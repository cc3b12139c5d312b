//! Character classes for cleaning text, from the Unicode Character Database (version 16).

/// The digit zero of each script. The digits one to nine follow it in code point order.
const ZEROS: [u32; 75] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066,
    0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730,
    0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50,
    0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1,
    0x1e950, 0x1fbf0,
];

/// Converts a decimal digit of any script to ASCII.
pub(crate) fn digit(character: char) -> Option<char> {
    let code = u32::from(character);
    let at_or_below = ZEROS.partition_point(|zero| *zero <= code);
    let zero = ZEROS.get(at_or_below.checked_sub(1)?)?;
    char::from_digit(code - zero, 10)
}

/// Converts a full-width form to its ASCII character.
pub(super) fn plain_form(character: char) -> Option<char> {
    match u32::from(character) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xff01 + 0x21),
        _ => None,
    }
}

/// Returns whether the character is a hyphen, dash or minus sign. Hyphens that some scripts write within words (maqaf,
/// Armenian hyphen) do not count.
pub(crate) fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2212}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
    )
}

/// Returns whether the character takes no space on the screen: Unicode's `Default_Ignorable_Code_Point`, and the marks
/// of interlinear annotations.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns whether the character joins its neighbours or keeps them apart.
pub(super) fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Returns whether the character selects a variant of the character before it.
pub(super) fn is_variation_selector(character: char) -> bool {
    matches!(
        character,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Returns whether the character is a tag character. The flags of England, Scotland and Wales are made of these.
pub(super) fn is_tag(character: char) -> bool {
    matches!(character, '\u{e0020}'..='\u{e007f}')
}

/// Returns whether the character is a symbol, skin tone or variation selector that can be part of an emoji.
pub(super) fn is_emoji(character: char) -> bool {
    matches!(character, '\u{fe0f}' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Returns whether the character is a letter or mark of a script in which joiners change how text reads.
pub(super) fn is_of_joining_script(character: char) -> bool {
    matches!(
        character,
        '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18af}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (text, expected) in
            [("٠٩", "09"), ("۱", "1"), ("०९", "09"), ("๕", "5"), ("０９", "09"), ("𝟘𝟡", "09"), ("߀", "0")]
        {
            let read: String = text.chars().filter_map(digit).collect();
            assert_eq!(read, expected, "{text}");
        }
        assert!("abcЖ漢½²٪".chars().all(|character| digit(character).is_none()));
        assert!(ZEROS.is_sorted());
    }
}
