//! The languages of the app besides English: `web/languages/<tag>.json`, with the English texts as keys.
//!
//! The app gets each file as sorted lines, which it searches without parsing: the English text, the plural category (or
//! nothing) and the translation, separated by tabs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The ending of the published files.
pub(crate) const EXTENSION: &str = ".txt";

/// The folder of the languages.
pub(crate) const FOLDER: &str = "web/languages";

/// A language.
pub(crate) struct Language {
    /// Its tag, such as `de`.
    pub(crate) tag: String,
    /// The translations of the app's texts.
    pub(crate) texts: BTreeMap<String, Translation>,
    /// The translations of sentences that the server sends.
    pub(crate) received: BTreeMap<String, String>,
}

/// A translation.
#[derive(Debug, PartialEq)]
pub(crate) enum Translation {
    /// Of a text without a number.
    Text(String),
    /// Of a text with a number: a form for each plural category of the language.
    Forms(BTreeMap<String, String>),
}

/// Reads all languages, sorted by tag.
pub(crate) fn read(root: &Path) -> Result<Vec<Language>> {
    let folder = root.join(FOLDER);
    let mut languages = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(tag) = name.strip_suffix(".json") {
            let json = std::fs::read_to_string(&path)?;
            languages.push(Language::parse(tag, &json).with_context(|| format!("reading {FOLDER}/{name}"))?);
        }
    }
    languages.sort_by(|one, other| one.tag.cmp(&other.tag));
    Ok(languages)
}

impl Language {
    /// Parses a file.
    pub(crate) fn parse(tag: &str, json: &str) -> Result<Self> {
        let file: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(json)?;
        let mut language = Self { tag: tag.to_owned(), texts: BTreeMap::new(), received: BTreeMap::new() };
        for (section, entries) in file {
            for (english, value) in entries {
                match (section.as_str(), value) {
                    ("texts", Value::String(text)) => {
                        language.texts.insert(english, Translation::Text(text));
                    }
                    ("texts", value) => {
                        language.texts.insert(english, Translation::Forms(serde_json::from_value(value)?));
                    }
                    ("received", Value::String(text)) => {
                        language.received.insert(english, text);
                    }
                    _ => bail!("`{section}` does not contain `{english}` as a text"),
                }
            }
        }
        Ok(language)
    }

    /// The name of the published file.
    pub(crate) fn published_name(&self) -> String {
        format!("{}{EXTENSION}", self.tag)
    }

    /// The content of the published file.
    pub(crate) fn published(&self) -> String {
        let mut lines = BTreeSet::new();
        for (english, translation) in &self.texts {
            match translation {
                Translation::Text(text) => {
                    lines.insert((english, "", text));
                }
                Translation::Forms(forms) => {
                    lines.extend(forms.iter().map(|(category, text)| (english, category.as_str(), text)));
                }
            }
        }
        // A sentence of both kinds is published once.
        for (english, text) in &self.received {
            if !self.texts.contains_key(english) {
                lines.insert((english, "", text));
            }
        }
        lines.iter().map(|(english, category, text)| format!("{english}\t{category}\t{text}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_published_as_sorted_lines() {
        let json = r#"{"texts": {"Send": "Senden", "{count} days": {"one": "{count} Tag", "other": "{count} Tage"}},
            "received": {"Send": "Absenden", "Not found.": "Nicht gefunden."}}"#;
        let language = Language::parse("de", json).unwrap();
        assert_eq!(language.published_name(), "de.txt");
        assert_eq!(
            language.published(),
            "Not found.\t\tNicht gefunden.\nSend\t\tSenden\n\
             {count} days\tone\t{count} Tag\n{count} days\tother\t{count} Tage\n"
        );
    }

    #[test]
    fn an_unknown_section_is_refused() {
        assert!(Language::parse("de", r#"{"text": {"Send": "Senden"}}"#).is_err());
        assert!(Language::parse("de", r#"{"received": {"Send": {"one": "Senden"}}}"#).is_err());
    }
}
