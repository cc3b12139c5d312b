//! Templates: named texts with placeholders.

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
}

/// A template rendered for one conversation.
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
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((inside, tail)) = after.split_once("}}") else {
            break;
        };
        // `{{{{name}}` opens twice: the innermost pair is the placeholder.
        let name = inside.rsplit("{{").next().unwrap_or(inside).trim().to_owned();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
        rest = tail;
    }
    found
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
}
