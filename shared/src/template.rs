//! Templates: named texts with placeholders.

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

#[cfg(test)]
mod tests {
    use super::*;

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
