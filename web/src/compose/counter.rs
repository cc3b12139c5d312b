//! The live counter of a message box: length, number of parts, and the character that requires UCS-2.

use leptos::prelude::*;
use shared::{
    format::pluralize,
    message::MAX_BODY_CHARACTERS,
    segments::{Segments, segments},
};

/// The counter: "84/160 · 1 part · GSM-7".
pub(crate) fn counter(text: Memo<String>) -> AnyView {
    let counted =
        Memo::new(move |_| text.with(|text| (count(segments(text)), too_long(text), ucs2_cause(text))));
    view! {
        <p id="message-count" class="text-sm tabular-nums">
            {move || counted.with(|(count, ..)| count.clone())}
            {move || {
                counted.with(|(.., cause)| {
                    cause.clone().map(|cause| view! { " · " <span class="font-medium">{cause}</span> })
                })
            }}
            {move || {
                counted.with(|(_, long, _)| {
                    long.clone().map(|long| view! { " · " <strong>{long}</strong> })
                })
            }}
        </p>
    }
    .into_any()
}

fn count(text: Segments) -> String {
    let Segments { units, capacity, parts, encoding, .. } = text;
    format!("{units}/{capacity} · {} · {}", pluralize(parts, "part"), encoding.display())
}

fn ucs2_cause(text: &str) -> Option<String> {
    let counted = segments(text);
    let character = counted.costly?;
    Some(format!("“{character}” requires {}", counted.encoding.display()))
}

fn too_long(text: &str) -> Option<String> {
    let length = text.chars().count();
    (length > MAX_BODY_CHARACTERS)
        .then(|| format!("{} too many", pluralize(length - MAX_BODY_CHARACTERS, "character")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_shows_units_parts_and_encoding() {
        assert_eq!(count(segments(&"a".repeat(84))), "84/160 · 1 part · GSM-7");
        assert_eq!(count(segments(&"a".repeat(161))), "161/306 · 2 parts · GSM-7");
        assert_eq!(count(segments("")), "0/160 · 0 parts · GSM-7");
    }

    #[test]
    fn the_character_that_requires_ucs_2_is_named() {
        assert_eq!(ucs2_cause("a – b").as_deref(), Some("“–” requires UCS-2"));
        assert_eq!(ucs2_cause("a - b"), None);
    }

    #[test]
    fn the_excess_of_a_text_that_is_too_long_is_shown() {
        assert_eq!(too_long(&"é".repeat(1600)), None);
        assert_eq!(too_long(&"é".repeat(1603)).as_deref(), Some("3 characters too many"));
        assert_eq!(too_long(&"é".repeat(1601)).as_deref(), Some("1 character too many"));
    }
}
