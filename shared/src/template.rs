//! Templates: named message texts with placeholders.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{TeamId, TemplateId};

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// The template's id.
    pub id: TemplateId,
    /// The team that the template belongs to; `null` when it belongs to all teams.
    pub team_id: Option<TeamId>,
    /// The name in the drop-down.
    pub name: String,
    /// The text, with placeholders such as `{{name}}`.
    pub body: String,
    /// Position among the templates of the same team, from 0.
    pub position: i32,
    /// When the template was archived; `null` while it can be chosen.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub archived_at: Option<DateTime<Utc>>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

/// `POST /templates`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTemplate {
    /// The team that the template belongs to; `null` for all teams, which only an admin can choose.
    pub team_id: Option<TeamId>,
    /// The name in the drop-down, 1 to 100 characters, unique within the team.
    pub name: String,
    /// The text, 1 to 1600 characters, with placeholders from `GET /placeholders`.
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
    /// Position among the templates of the same team, from 0; unchanged when left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    pub position: Option<usize>,
    /// `false` restores an archived template.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// A placeholder that templates may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Placeholder {
    /// The placeholder's name, without the braces.
    pub name: String,
    /// An example: the value for a customer of the current daily file; `null` when there is none.
    pub sample: Option<String>,
}

/// A template rendered for a conversation or a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderedTemplate {
    /// The template's id.
    pub id: TemplateId,
    /// The name in the drop-down.
    pub name: String,
    /// The text with its placeholders.
    pub body: String,
    /// The text with every available value filled in. Placeholders without a value stay in the text.
    pub rendered: String,
    /// The placeholders without a value.
    pub missing: Vec<String>,
}

/// Returns the placeholders (`{{name}}`) in a text, each once, in order. The API refuses to send such a text.
#[must_use]
pub fn placeholders(text: &str) -> Vec<String> {
    fill(text, |_| None).1
}

/// Replaces placeholders with their values, and returns the names of those without a value, each once, in order. A
/// placeholder without a value stays in the text, so that no message is sent with a gap. A value that looks like a
/// placeholder is not replaced again.
#[must_use]
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> (String, Vec<String>) {
    let mut filled = String::with_capacity(text.len());
    let mut missing: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, tail)) = after.split_once("}}") else {
            break;
        };
        // In `{{{{name}}`, the innermost pair of braces is the placeholder.
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

/// A part of a text that looks like a placeholder with missing or extra braces, or without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenPlaceholder {
    /// The part, up to 30 characters.
    pub part: String,
    /// The line, from 1.
    pub line: usize,
    /// The position of its first character in the line, from 1.
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

/// Finds the first `{{` or `}}` that is not part of a complete placeholder, or the first placeholder without a name.
/// The API refuses templates and messages with a broken placeholder.
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
            // Starts at the single opening brace before, or else at the word before.
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
    // Ends after the closing braces, if there are any.
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
    fn a_broken_placeholder_is_found_with_its_position() {
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
    fn a_placeholder_with_a_value_is_replaced_once_and_one_without_stays() {
        let value = |name: &str| (name == "name").then(|| "{{ref}}".to_owned());
        let (filled, missing) = fill("{{{{ name }} {{ref}} {{}}", value);
        assert_eq!((filled.as_str(), missing), ("{{{{ref}} {{ref}} {{}}", vec!["ref".to_owned()]));
    }
}
