//! The texts of the screens in the user's language. The code contains the English texts; `web/languages` has a file for
//! each other language, with the English texts as its keys. `cargo xtask lint` compares the files with the code.
//!
//! A language is chosen before the first screen is shown, and does not change while the app runs.

pub(crate) mod choice;

use std::cell::Cell;

use js_sys::{Array, Intl::PluralRules, Object, Reflect};
use leptos::prelude::*;
use shared::format::group_digits;

/// An English text, the plural category or nothing, and the translation.
type Entry = (&'static str, &'static str, &'static str);

thread_local! {
    /// The texts of the language, sorted; none in English.
    static TEXTS: Cell<&'static [Entry]> = const { Cell::new(&[]) };
}

/// Takes over the texts that `head.js` has fetched. Call it before the first screen.
pub(crate) fn start() {
    let texts = Reflect::get(&window(), &"smscTexts".into()).ok().and_then(|texts| texts.as_string());
    if let Some(texts) = texts {
        TEXTS.set(entries(texts));
    }
}

/// Reads the published file of a language (`xtask/src/web/languages.rs`). Its texts stay in memory.
fn entries(file: String) -> &'static [Entry] {
    let file: &'static str = file.leak();
    let entry = |line: &'static str| {
        let (english, rest) = line.split_once('\t')?;
        let (category, translation) = rest.split_once('\t')?;
        Some((english, category, translation))
    };
    file.lines().filter_map(entry).collect::<Vec<_>>().leak()
}

/// Returns a text of the screens: `t!("Sign out")`. Values replace names in braces: `t!("Sending in {left} s", left)`
/// or `t!("Sending in {left} s", left = seconds())`.
macro_rules! t {
    ($english:literal) => {
        $crate::language::text($english)
    };
    ($english:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {
        $crate::language::filled(
            $crate::language::text($english),
            &[$((stringify!($name), $crate::language::t!(@value $name $($value)?).to_string())),+],
        )
    };
    (@value $name:ident) => { $name };
    (@value $name:ident $value:expr) => { $value };
}

/// Returns a text with a number in the form that the language uses for it: `plural!(count, "{count} message",
/// "{count} messages")`. Both contain `{count}`, or the first one a word in its place.
macro_rules! plural {
    ($count:expr, $one:literal, $other:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        let count = $count;
        $crate::language::filled(
            $crate::language::number_text(count as f64, $one, $other),
            &[("count", count.to_string()) $(, (stringify!($name), $crate::language::t!(@value $name $($value)?).to_string()))*],
        )
    }};
}

/// Marks a text of a constant, which is translated where it is shown: `text(LABEL)`.
macro_rules! marked {
    ($english:literal) => {
        $english
    };
}

pub(crate) use {marked, plural, t};

/// Returns the translation of a text of the code, or the text itself.
pub(crate) fn text(english: &'static str) -> &'static str {
    translated(english, "").unwrap_or(english)
}

/// Returns the translation of a sentence of the server, or the sentence itself.
pub(crate) fn received(english: &str) -> String {
    if let Some(whole) = translated(english, "") {
        return whole.to_owned();
    }
    // The server joins a cause and an advice. With one of them in English, both stay in English.
    let mut all = String::new();
    for sentence in english.split_inclusive(". ") {
        let Some(sentence) = translated(sentence.trim_ascii_end(), "") else { return english.to_owned() };
        all = all + sentence + " ";
    }
    all.truncate(all.trim_ascii_end().len());
    all
}

/// Returns the form of a text for a number.
pub(crate) fn number_text(count: f64, one: &'static str, other: &'static str) -> &'static str {
    if TEXTS.get().is_empty() {
        return if count == 1.0 { one } else { other };
    }
    let category =
        String::from(PluralRules::new(&Array::of1(&locale().into()), &Object::new()).select(count));
    translated(other, &category).or_else(|| translated(other, "other")).unwrap_or(other)
}

/// The locale of dates and numbers.
pub(crate) fn locale() -> &'static str {
    t!("en-GB")
}

fn translated(english: &str, category: &str) -> Option<&'static str> {
    let texts = TEXTS.get();
    let found = texts.binary_search_by(|entry| (entry.0, entry.1).cmp(&(english, category))).ok()?;
    texts.get(found).map(|entry| entry.2)
}

/// Replaces the names in braces by views: `with_views(t!("Closed on {date}"), [("date", date)])`.
pub(crate) fn with_views<const N: usize>(text: &'static str, views: [(&str, AnyView); N]) -> AnyView {
    fn parts(mut text: &'static str, mut views: Vec<(&str, AnyView)>) -> Vec<AnyView> {
        let mut parts = Vec::new();
        while let Some((before, after)) = text.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            parts.push(before.into_any());
            if let Some(place) = views.iter().position(|(key, _)| *key == name) {
                parts.push(views.swap_remove(place).1);
            }
            text = after;
        }
        parts.push(text.into_any());
        parts
    }
    parts(text, Vec::from(views)).into_any()
}

/// Formats a number with separators of thousands: "1,204".
pub(crate) fn number(count: i64) -> String {
    group_digits(count).replace(',', t!(","))
}

/// Replaces the names in braces by their values.
pub(crate) fn filled(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        if let Some((_, value)) = values.iter().find(|(key, _)| *key == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_file_replace_the_english_ones() {
        TEXTS.set(entries("Notes\t\tNotizen\nSend\t\tSenden\nSent {at}\t\tAm {at} gesendet\n".to_owned()));
        assert_eq!((t!("Send"), t!("Notes"), t!("Sending")), ("Senden", "Notizen", "Sending"));
        assert_eq!(t!("Sent {at}", at = "22. Nov."), "Am 22. Nov. gesendet");
        assert_eq!((received("Notes").as_str(), received("No.").as_str()), ("Notizen", "No."));
    }

    #[test]
    fn the_sentences_of_the_server_are_translated_together_or_not_at_all() {
        TEXTS.set(entries("It failed.\t\tEs schlug fehl.\nTry again.\t\tNoch einmal.\n".to_owned()));
        assert_eq!(received("It failed. Try again."), "Es schlug fehl. Noch einmal.");
        assert_eq!(received("It failed. Wait 5 minutes."), "It failed. Wait 5 minutes.");
    }

    #[test]
    fn values_replace_their_names() {
        let left = 5;
        assert_eq!(t!("Sending in {left} s", left), "Sending in 5 s");
        assert_eq!(t!("{name} of {team}", team = "Support", name = "{team}"), "{team} of Support");
        assert_eq!(t!("Send"), "Send");
    }

    #[test]
    fn the_form_of_a_text_follows_the_number() {
        assert_eq!(plural!(1, "{count} message", "{count} messages"), "1 message");
        assert_eq!(plural!(2, "{count} message", "{count} messages"), "2 messages");
        assert_eq!(
            plural!(1_usize, "one of {team}", "{count} of {team}", team = "Support"),
            "one of Support"
        );
    }
}
