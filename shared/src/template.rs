//! Templates: named texts with placeholders.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{TeamId, TemplateId};

/// A template as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// The team it belongs to; `null` when it belongs to all.
    pub team_id: Option<TeamId>,
    /// The name in the drop-down.
    pub name: String,
    /// The text, with placeholders such as `{{name}}`.
    pub body: String,
    /// Its place among those of the same team, from 0.
    pub position: i32,
    /// Since when it is not offered any more; `null` while it is.
    pub archived_at: Option<DateTime<Utc>>,
}

/// `POST /templates`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTemplate {
    /// The team it belongs to; `null` for all teams, which only those may who act in all.
    pub team_id: Option<TeamId>,
    /// The name in the drop-down, 1 to 100 characters; a team has no two with the same.
    pub name: String,
    /// The text, 1 to 1600 characters, with placeholders of `GET /placeholders`.
    pub body: String,
}

/// `PUT /templates/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateChange {
    /// The name in the drop-down.
    pub name: String,
    /// The text.
    pub body: String,
    /// Its place among those of the same team, from 0; where it is when left out.
    #[serde(default)]
    pub position: Option<usize>,
    /// `false` offers it again after it was archived.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// A placeholder that templates may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Placeholder {
    /// Its name, without the braces.
    pub name: String,
    /// What it would be for a customer of the current daily file; `null` when there is none to show.
    pub sample: Option<String>,
}

/// A template rendered for one conversation, or for one number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderedTemplate {
    /// Its id.
    pub id: TemplateId,
    /// The name in the drop-down.
    pub name: String,
    /// The text with its placeholders.
    pub body: String,
    /// The text with every known value filled in; a missing one still stands as its placeholder.
    pub rendered: String,
    /// The placeholders that have no value here.
    pub missing: Vec<String>,
}

/// The placeholders (`{{name}}`) that still stand in a text, each once, in order. Such a text is never sent.
#[must_use]
pub fn placeholders(text: &str) -> Vec<String> {
    fill(text, |_| None).1
}

/// Puts values in place of placeholders, and names those without a value, each once, in order: they stay as they are,
/// so that nothing is ever sent blank. Values are put in as they are: one that looks like a placeholder is not filled
/// in again.
#[must_use]
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> (String, Vec<String>) {
    let mut filled = String::with_capacity(text.len());
    let mut missing: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, tail)) = after.split_once("}}") else {
            break;
        };
        // `{{{{name}}` opens twice: the innermost pair is the placeholder.
        let (stray, placeholder) = inside.rsplit_once("{{").unwrap_or(("", inside));
        filled.push_str(before);
        if placeholder.len() < inside.len() {
            filled.push_str("{{");
            filled.push_str(stray);
        }
        let name = placeholder.trim();
        match value(name) {
            Some(value) => filled.push_str(&value),
            None => {
                filled.push_str("{{");
                filled.push_str(placeholder);
                filled.push_str("}}");
                if !name.is_empty() && !missing.iter().any(|known| known == name) {
                    missing.push(name.to_owned());
                }
            }
        }
        rest = tail;
    }
    filled.push_str(rest);
    (filled, missing)
}

/// A part of a text that looks like a placeholder with a brace too few or too many, or without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenPlaceholder {
    /// The part, up to 30 characters.
    pub part: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its first character within the line, from 1.
    pub column: usize,
}

impl fmt::Display for BrokenPlaceholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, line, column } = self;
        write!(
            f,
            "“{part}” (line {line}, character {column}) is not a complete placeholder. Write two braces on each side \
             of the name, as in {{{{name}}}}, or remove the braces."
        )
    }
}

/// Finds the first `{{` or `}}` that does not belong to a complete placeholder, and the first placeholder without a
/// name. A template with one is not saved, and a message with one is not sent.
#[must_use]
pub fn broken_placeholder(text: &str) -> Option<BrokenPlaceholder> {
    let mut done = 0;
    loop {
        let rest = text.get(done..)?;
        let found = match (rest.find("{{"), rest.find("}}")) {
            (None, None) => return None,
            (Some(open), Some(close)) if open < close => {
                let inside = rest.get(open + 2..close)?;
                let after = rest.get(close + 2..)?;
                let is_whole = !inside.trim().is_empty() && !inside.contains("{{") && !after.starts_with('}');
                if is_whole {
                    done += close + 2;
                    continue;
                }
                open
            }
            (Some(open), None) => open,
            // Begins where a single brace opens, or at the word before.
            (_, Some(close)) => {
                let before = rest.get(..close)?;
                before
                    .rfind('{')
                    .or_else(|| {
                        before
                            .char_indices()
                            .rfind(|(_, c)| c.is_whitespace())
                            .map(|(at, space)| at + space.len_utf8())
                    })
                    .unwrap_or_default()
            }
        };
        return Some(broken_at(text, done + found));
    }
}

fn broken_at(text: &str, start: usize) -> BrokenPlaceholder {
    let (before, rest) = text.split_at(start);
    let first_line = rest.lines().next().unwrap_or_default();
    // Ends after the braces that close it, where there are any.
    let name = first_line.trim_start_matches('{');
    let opened = first_line.len() - name.len();
    let end = name.find(['{', '}']).map_or(first_line.len(), |brace| {
        let closing = name.get(brace..).unwrap_or_default();
        opened + brace + (closing.len() - closing.trim_start_matches('}').len())
    });
    let part = first_line.get(..end).unwrap_or_default().trim_end();
    BrokenPlaceholder {
        part: part.chars().take(30).collect(),
        line: before.matches('\n').count() + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broken_placeholder_is_found_with_its_place() {
        for (text, part, line, column) in [
            ("Hi {{name}", "{{name}", 1, 4),
            ("Hi {{name", "{{name", 1, 4),
            ("Hi {{name, how are you?", "{{name, how are you?", 1, 4),
            ("Hi {{}}", "{{}}", 1, 4),
            ("Hi {{ }}", "{{ }}", 1, 4),
            ("Hi {name}}", "{name}}", 1, 4),
            ("Hi name}}, bye", "name}}", 1, 4),
            ("Hi {{name}}}", "{{name}}}", 1, 4),
            ("{{ref}}\nÉ {{name} {{ref}}", "{{name}", 2, 3),
            ("{{ref}} }}", "}}", 1, 9),
            ("{{", "{{", 1, 1),
        ] {
            let found = broken_placeholder(text);
            let expected = BrokenPlaceholder { part: part.into(), line, column };
            assert_eq!(found, Some(expected), "{text}");
        }
        for text in ["", "Hi {{name}}, {{ Due date }}", "{{a}}{{b}}", "{name} { }", "100 % {", ":-}"] {
            assert_eq!(broken_placeholder(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_without_broken_and_missing_placeholders_has_no_double_braces(text in "[{} a\n]{0,14}") {
            let is_sendable = broken_placeholder(&text).is_none() && placeholders(&text).is_empty();
            prop_assert_eq!(is_sendable, !text.contains("{{") && !text.contains("}}"));
        }
    }

    #[test]
    fn placeholders_are_found_once_and_in_order() {
        assert_eq!(placeholders("Hi {{ name }}, {{Due date}} {{name}}"), ["name", "Due date"]);
        assert_eq!(placeholders("{{{{name}}"), ["name"]);
        assert!(placeholders("no {placeholders} }} {{ here {{}}").is_empty());
    }

    #[test]
    fn what_has_a_value_is_filled_in_once_and_what_has_none_stays() {
        let value = |name: &str| (name == "name").then(|| "{{ref}}".to_owned());
        let (filled, missing) = fill("{{{{ name }} {{ref}} {{}}", value);
        assert_eq!((filled.as_str(), missing), ("{{{{ref}} {{ref}} {{}}", vec!["ref".to_owned()]));
    }
}
