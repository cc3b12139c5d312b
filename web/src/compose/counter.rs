//! The live counter of a message box: length, number of parts, and the characters that require UCS-2. It selects them in
//! the text, and replaces those that have a similar character in GSM-7.

use leptos::{html, prelude::*};
use shared::{
    gsm7::with_gsm7,
    message::MAX_BODY_CHARACTERS,
    segments::{Segments, is_gsm7, segments},
};

use super::input::{replace_range, select_range, selection};
use crate::{
    components::when::when,
    language::{number, plural, t},
};

/// What the counter says about a text.
#[derive(Clone, Debug, PartialEq)]
struct Counted {
    count: String,
    /// Which characters require UCS-2.
    cause: Option<String>,
    /// Whether some of them can be replaced.
    is_replaceable: bool,
    too_long: Option<String>,
}

impl Counted {
    fn new(text: &str) -> Self {
        let counted = segments(text);
        Self {
            cause: counted.costly.map(|first| cause(first, text)),
            is_replaceable: counted.costly.is_some() && with_gsm7(text).is_some(),
            too_long: too_long(text),
            count: count(counted),
        }
    }
}

/// The counter of the text in a box: "84/160 · 1 part · GSM-7".
pub(crate) fn counter(text: Memo<String>, area: NodeRef<html::Textarea>) -> AnyView {
    let counted = Memo::new(move |_| text.with(|text| Counted::new(text)));
    let select = move |_| {
        if let Some(area) = area.get_untracked()
            && let Some((start, end)) = text.with_untracked(|text| costly_after(text, selection(&area).1))
        {
            select_range(&area, start, end);
        }
    };
    let replace = move |_| {
        if let Some(area) = area.get_untracked()
            && let Some(replaced) = text.with_untracked(|text| with_gsm7(text))
        {
            replace_range(&area, 0, u32::MAX, &replaced);
        }
    };
    let cause = move |cause: String| {
        view! {
            " · "
            <button
                type="button"
                class="cursor-pointer font-medium underline decoration-dotted underline-offset-4"
                title=t!("Select it in the text")
                on:click=select
            >
                {cause}
            </button>
        }
    };
    view! {
        <div class="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
            <p id="message-count" class="tabular-nums">
                {move || counted.with(|counted| counted.count.clone())}
                {move || counted.with(|counted| counted.cause.clone()).map(cause)}
                {move || {
                    counted
                        .with(|counted| counted.too_long.clone())
                        .map(|long| view! { " · " <strong>{long}</strong> })
                }}
            </p>
            {when(
                move || counted.with(|counted| counted.is_replaceable),
                move || {
                    view! {
                        <button type="button" class="btn btn-xs" on:click=replace>
                            {t!("Use GSM-7 characters")}
                        </button>
                    }
                    .into_any()
                },
            )}
        </div>
    }
    .into_any()
}

fn count(text: Segments) -> String {
    let Segments { units, capacity, parts, encoding, .. } = text;
    let parts = plural!(parts, "{count} part", "{count} parts");
    format!("{units}/{capacity} · {parts} · {}", encoding.display())
}

/// Names the first character that requires UCS-2, and how many others do.
fn cause(first: char, text: &str) -> String {
    match text.chars().filter(|character| !is_gsm7(*character)).count() {
        0 | 1 => t!("“{first}” requires UCS-2", first),
        costly => t!("“{first}” and {more} more require UCS-2", first, more = costly - 1),
    }
}

/// Returns the place of the next character that requires UCS-2, or of the first one after the last, in UTF-16 units.
fn costly_after(text: &str, position: u32) -> Option<(u32, u32)> {
    let mut start = 0;
    let mut first = None;
    for character in text.chars() {
        let end = start + if u32::from(character) > 0xffff { 2 } else { 1 };
        if !is_gsm7(character) {
            if start >= position {
                return Some((start, end));
            }
            first = first.or(Some((start, end)));
        }
        start = end;
    }
    first
}

fn too_long(text: &str) -> Option<String> {
    let length = text.chars().count();
    (length > MAX_BODY_CHARACTERS).then(|| {
        let excess = (length - MAX_BODY_CHARACTERS) as i64;
        plural!(
            excess,
            "{number} character too many",
            "{number} characters too many",
            number = number(excess)
        )
    })
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
    fn the_characters_that_require_ucs_2_are_named_and_counted() {
        let cause = |text| Counted::new(text).cause;
        assert_eq!(cause("a – b").as_deref(), Some("“–” requires UCS-2"));
        assert_eq!(cause("a – “b”").as_deref(), Some("“–” and 2 more require UCS-2"));
        assert_eq!(cause("a - b"), None);
    }

    #[test]
    fn a_replacement_is_offered_only_for_characters_that_have_one() {
        let is_replaceable = |text| Counted::new(text).is_replaceable;
        assert!(is_replaceable("a – b") && is_replaceable("Ł – b"));
        assert!(!is_replaceable("Łukasz") && !is_replaceable("a - b"));
    }

    #[test]
    fn the_costly_characters_are_selected_one_after_the_other() {
        let text = "😀a–b";
        assert_eq!(costly_after(text, 0), Some((0, 2)));
        assert_eq!(costly_after(text, 2), Some((3, 4)));
        assert_eq!(costly_after(text, 4), Some((0, 2)));
        assert_eq!(costly_after("abc", 0), None);
    }

    #[test]
    fn the_excess_of_a_text_that_is_too_long_is_shown() {
        assert_eq!(too_long(&"é".repeat(1600)), None);
        assert_eq!(too_long(&"é".repeat(1603)).as_deref(), Some("3 characters too many"));
        assert_eq!(too_long(&"é".repeat(1601)).as_deref(), Some("1 character too many"));
    }
}
