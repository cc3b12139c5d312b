//! The texts of the single-page app and their translations: each text of the code has one in every file of
//! `web/languages`, with the same names in braces, and no text of the screens is left out.

mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use self::scan::Text;
use super::Violation;
use crate::sources::Source;
use crate::web::languages::{self, FOLDER, Language, Translation};

/// The plural categories of each language, of CLDR.
const CATEGORIES: [(&str, &[&str]); 1] = [("de", &["one", "other"])];

/// Compares the code with every language.
pub(super) fn check(root: &Path, sources: &[Source]) -> Result<Vec<Violation>> {
    let mut texts = Vec::new();
    let mut violations = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("web/src")) {
        let found = scan::scan(&source.text);
        texts.extend(found.texts.into_iter().map(|text| (source.path.clone(), text)));
        violations.extend(found.untranslated.into_iter().map(|(line, text)| {
            Violation::new(&source.path, line, format!("the text “{text}” is not in `t!`"))
        }));
    }
    for language in languages::read(root)? {
        violations.extend(compare(&texts, &language));
    }
    Ok(violations)
}

/// Returns what a language lacks, and what it has too much.
fn compare(texts: &[(PathBuf, Text)], language: &Language) -> Vec<Violation> {
    let mut violations = Vec::new();
    let Some((_, categories)) = CATEGORIES.iter().find(|(tag, _)| *tag == language.tag) else {
        let rule = format!("the plural categories of `{}` are unknown; add them to the lint", language.tag);
        return vec![Violation::new(&file(language), 1, rule)];
    };
    let mut used = BTreeSet::new();
    for (path, text) in texts {
        used.insert(text.english.as_str());
        let rule = match (language.texts.get(&text.english), text.is_plural) {
            (None, _) => format!("“{}” has no translation in {}", text.english, language.tag),
            (Some(Translation::Text(_)), false) => continue,
            (Some(Translation::Forms(forms)), true) => match missing(forms, categories) {
                Some(category) => {
                    format!("“{}” has no form `{category}` in {}", text.english, language.tag)
                }
                None => continue,
            },
            (Some(_), true) => format!("“{}” needs plural forms in {}", text.english, language.tag),
            (Some(_), false) => {
                format!("“{}” has plural forms in {}, but no number", text.english, language.tag)
            }
        };
        violations.push(Violation::new(path, text.line, rule));
    }
    for (english, translation) in &language.texts {
        if !used.contains(english.as_str()) {
            violations.push(Violation::new(&file(language), 1, format!("“{english}” is not in the code")));
        }
        if let Some(form) = forms(translation).find(|(category, form)| !same_names(english, category, form)) {
            let rule = format!("“{}” does not have the names in braces of “{english}”", form.1);
            violations.push(Violation::new(&file(language), 1, rule));
        }
    }
    let all = language.texts.iter().flat_map(|(english, translation)| {
        forms(translation).map(|(_, form)| form).chain([english.as_str()])
    });
    let all =
        all.chain(language.received.iter().flat_map(|(english, form)| [english.as_str(), form.as_str()]));
    violations.extend(
        all.filter(|text| text.contains(['\t', '\n'])).map(|text| {
            Violation::new(&file(language), 1, format!("“{text}” contains a tab or a line break"))
        }),
    );
    violations
}

fn file(language: &Language) -> PathBuf {
    Path::new(FOLDER).join(format!("{}.json", language.tag))
}

fn missing<'a>(forms: &BTreeMap<String, String>, categories: &[&'a str]) -> Option<&'a str> {
    categories.iter().find(|category| !forms.contains_key(**category)).copied()
}

/// The forms of a translation, with their plural category.
fn forms(translation: &Translation) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
    match translation {
        Translation::Text(text) => Box::new([("other", text.as_str())].into_iter()),
        Translation::Forms(forms) => {
            Box::new(forms.iter().map(|(category, form)| (category.as_str(), form.as_str())))
        }
    }
}

/// Whether a translation has the names in braces of the English text. The form for one may have a word in place of the
/// count.
fn same_names(english: &str, category: &str, form: &str) -> bool {
    let (mut expected, found) = (names(english), names(form));
    if category != "other" && !found.contains("count") {
        expected.remove("count");
    }
    expected == found
}

fn names(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(code: &str, json: &str) -> Vec<String> {
        let texts = scan::scan(code).texts.into_iter().map(|text| (PathBuf::from("web/src/a.rs"), text));
        let language = Language::parse("de", json).unwrap();
        compare(&texts.collect::<Vec<_>>(), &language).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_text_of_the_code_needs_a_translation() {
        let code = "fn f() {\n    t!(\"Send\"); marked!(\"Later\");\n}";
        assert_eq!(violations(code, r#"{"texts": {"Send": "Senden", "Later": "Später"}}"#), [""; 0]);
        let expected = ["web/src/a.rs:2: “Later” has no translation in de"];
        assert_eq!(violations(code, r#"{"texts": {"Send": "Senden"}}"#), expected);
    }

    #[test]
    fn a_translation_that_the_code_does_not_use_is_found() {
        let found = violations("", r#"{"texts": {"Send": "Senden"}, "received": {"Not found.": "Fehlt."}}"#);
        assert_eq!(found, ["web/languages/de.json:1: “Send” is not in the code"]);
    }

    #[test]
    fn a_translation_has_the_same_names_in_braces() {
        let code = r#"t!("{name} of {team}", name, team)"#;
        assert_eq!(violations(code, r#"{"texts": {"{name} of {team}": "{team}: {name}"}}"#), [""; 0]);
        assert_eq!(violations(code, r#"{"texts": {"{name} of {team}": "{team}: {nam}"}}"#).len(), 1);
    }

    #[test]
    fn a_text_with_a_number_has_all_plural_forms() {
        let code = r#"plural!(count, "{count} day", "{count} days")"#;
        let forms = |forms: &str| violations(code, &format!(r#"{{"texts": {{"{{count}} days": {forms}}}}}"#));
        assert_eq!(forms(r#"{"one": "ein Tag", "other": "{count} Tage"}"#), [""; 0]);
        assert_eq!(forms(r#"{"other": "{count} Tage"}"#).len(), 1);
        assert_eq!(forms(r#"{"one": "ein Tag", "other": "Tage"}"#).len(), 1);
        assert_eq!(forms(r#""{count} Tage""#).len(), 1);
    }

    #[test]
    fn the_kind_of_a_text_is_that_of_its_use() {
        let found = violations(
            r#"t!("{count} new", count)"#,
            r#"{"texts": {"{count} new": {"one": "{count} neu", "other": "{count} neu"}}}"#,
        );
        assert_eq!(found, ["web/src/a.rs:1: “{count} new” has plural forms in de, but no number"]);
    }
}
