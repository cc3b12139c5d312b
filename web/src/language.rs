//! The texts of the screens in the user's language. The code contains the English texts; `web/languages` has a file for
//! each other language, with the English texts as its keys. `cargo xtask lint` compares the files with the code.
//!
//! A language is chosen before the first screen is shown, and does not change while the app runs.

use std::cell::Cell;

/// Finds the translation of a text; of a text with a number, for a plural category of CLDR.
type Translate = fn(english: &'static str, category: &str) -> Option<&'static str>;

thread_local! {
    /// Nothing in English.
    static TRANSLATE: Cell<Option<Translate>> = const { Cell::new(None) };
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

/// Returns the form of a text for a number.
pub(crate) fn number_text(count: f64, one: &'static str, other: &'static str) -> &'static str {
    let category = if count == 1.0 { "one" } else { "other" };
    translated(other, category).unwrap_or(if category == "one" { one } else { other })
}

fn translated(english: &'static str, category: &str) -> Option<&'static str> {
    TRANSLATE.get().and_then(|translate| translate(english, category))
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
