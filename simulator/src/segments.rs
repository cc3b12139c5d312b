//! Counts a message's segments, independently of `shared`, so that tests compare two implementations.

const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// Counts the segments: 160 septets or 70 UTF-16 units in a single one, 153 or 67 in each of several. A character of
/// two units is not split across segments.
pub(crate) fn count(body: &str) -> usize {
    let septets: Option<Vec<usize>> = body.chars().map(septets_of).collect();
    match septets {
        Some(widths) => parts(&widths, 160, 153),
        None => parts(&body.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

fn septets_of(character: char) -> Option<usize> {
    if GSM_BASIC.contains(character) {
        Some(1)
    } else if GSM_EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

fn parts(widths: &[usize], alone: usize, each: usize) -> usize {
    if widths.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for width in widths {
        if used + width > each {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn gsm_text_fits_160_characters_in_one_segment_and_153_in_each_of_several() {
        assert_eq!(count(""), 1);
        assert_eq!(count(&"a".repeat(160)), 1);
        assert_eq!(count(&"a".repeat(161)), 2);
        assert_eq!(count(&"a".repeat(307)), 3);
    }

    #[test]
    fn a_character_outside_gsm_limits_segments_to_70_characters() {
        assert_eq!(count(&"ł".repeat(70)), 1);
        assert_eq!(count(&"ł".repeat(71)), 2);
    }

    #[test]
    fn an_extended_character_or_an_emoji_is_not_split() {
        assert_eq!(count(&"€".repeat(80)), 1);
        assert_eq!(count(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), 3);
        assert_eq!(count(&"😀".repeat(66)), 2);
        assert_eq!(count(&"😀".repeat(67)), 3);
    }
}
