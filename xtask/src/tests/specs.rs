//! Finds the browser tests of a given name, by reading the specs.

use std::path::Path;

use anyhow::{Context, Result};

const ENDING: &str = ".spec.ts";

/// A file of browser tests.
pub(super) struct Spec {
    /// The file's name without `.spec.ts`.
    name: String,
    text: String,
}

impl Spec {
    /// The titles of its tests, as written: a template's placeholders stay.
    fn titles(&self) -> impl Iterator<Item = &str> {
        self.text.split("test(").skip(1).filter_map(|after| {
            let quote = after.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))?;
            after.split(quote).nth(1)
        })
    }
}

/// Reads the specs of `e2e/tests`.
pub(super) fn read(root: &Path) -> Result<Vec<Spec>> {
    let folder = root.join("e2e").join("tests");
    let mut specs = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(ENDING)) {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            specs.push(Spec { name: name.to_owned(), text });
        }
    }
    specs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(specs)
}

/// Returns Playwright's arguments for the specs and titles that match; `None` when nothing does.
///
/// A single word matches titles and parts of spec names only when `any_word` is set: words such as `search` name many
/// Rust tests, which should not wait for a browser.
pub(super) fn arguments(specs: &[Spec], names: &[String], any_word: bool) -> Option<Vec<String>> {
    let mut files = Vec::new();
    let mut patterns = Vec::new();
    for name in names {
        let file = name.rsplit('/').next().unwrap_or(name).trim_end_matches(ENDING);
        for spec in specs {
            let named = spec.name == file || (any_word && spec.name.contains(file));
            let titled = (any_word || name.contains(' ')) && spec.titles().any(|title| matches(title, name));
            if named || titled {
                files.push(format!("{}{ENDING}", escape(&spec.name)));
            }
            // Playwright searches a text that begins with the file's name and ends with the title.
            patterns.extend(named.then(|| format!("{}{}", escape(&spec.name), escape(ENDING))));
            patterns.extend(titled.then(|| escape(name)));
        }
    }
    patterns.dedup();
    files.dedup();
    let grep = ["--grep".to_owned(), patterns.join("|")];
    (!files.is_empty()).then(|| files.into_iter().chain(grep).collect())
}

/// Whether a title contains the name. A placeholder `${...}` matches anything, so such a title may match too often.
fn matches(title: &str, name: &str) -> bool {
    let (title, name) = (title.to_lowercase(), name.to_lowercase());
    let start = title.split("${").next().unwrap_or_default();
    title.contains(&name) || (start.len() < title.len() && !start.is_empty() && name.contains(start))
}

/// Escapes what means something in a regular expression.
fn escape(text: &str) -> String {
    text.chars()
        .flat_map(|c| [(!c.is_alphanumeric() && !c.is_whitespace()).then_some('\\'), Some(c)])
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, any_word: bool) -> Option<String> {
        let specs = [
            (
                "daily-file",
                "test(\"a file is used\", async () => {});\ntest(`each row of ${kind} is shown`, f);",
            ),
            ("queue", "test(\n\"multi\");\ntest(\"the file's order stays (oldest first)\", f);"),
        ];
        let specs = specs.map(|(name, text)| Spec { name: name.to_owned(), text: text.to_owned() });
        Some(arguments(&specs, &[name.to_owned()], any_word)?.join(" "))
    }

    #[test]
    fn a_spec_is_found_by_its_name() {
        for name in ["queue", "queue.spec.ts", "e2e/tests/queue.spec.ts"] {
            assert_eq!(found(name, false).as_deref(), Some("queue.spec.ts --grep queue\\.spec\\.ts"));
        }
        assert_eq!(found("daily", false), None);
        assert!(found("daily", true).unwrap().starts_with("daily\\-file.spec.ts"));
    }

    #[test]
    fn a_test_is_found_by_words_of_its_title() {
        assert_eq!(found("Oldest first)", false).as_deref(), Some("queue.spec.ts --grep Oldest first\\)"));
        assert!(found("each row of rejected is shown", false).unwrap().starts_with("daily\\-file"));
        assert_eq!(found("file", false), None);
        assert!(found("file", true).unwrap().contains("queue.spec.ts"));
    }
}
