//! Mentions of colleagues in a note: which one is being typed, which colleagues match it, and which a text contains.

use shared::{account::AccountName, ids::AccountId};

/// Maximum number of suggestions.
const MOST: usize = 6;

/// A mention that is being typed, before the caret.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TypedMention {
    /// The text before its `@`.
    before: String,
    /// What was typed after the `@`.
    name: String,
    /// The text after the caret.
    after: String,
}

impl TypedMention {
    /// Returns the mention that ends at the caret. `caret` counts UTF-16 units, as browsers do.
    pub(super) fn at(text: &str, caret: usize) -> Option<Self> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let (before, after) = units.split_at_checked(caret)?;
        let (before, after) = (String::from_utf16(before).ok()?, String::from_utf16(after).ok()?);
        let (before, name) = before.rsplit_once('@')?;
        let is_word = before.chars().next_back().is_some_and(char::is_alphanumeric);
        if is_word || name.starts_with(char::is_whitespace) || name.contains('\n') {
            return None;
        }
        Some(Self { before: before.to_owned(), name: name.to_owned(), after })
    }

    /// Returns the colleagues with a name, or a part of one, that begins with what was typed.
    pub(super) fn matching(&self, colleagues: &[AccountName]) -> Vec<AccountName> {
        let typed = self.name.to_lowercase();
        let matches = |colleague: &&AccountName| {
            let name = colleague.name.to_lowercase();
            let starts = name.match_indices(' ').map(|(space, _)| space + 1);
            [0].into_iter().chain(starts).any(|start| name[start..].starts_with(&typed))
        };
        colleagues.iter().filter(matches).take(MOST).cloned().collect()
    }

    /// Returns the range of the text to replace, in UTF-16 units, and the whole name to put there.
    pub(super) fn completed(&self, name: &str) -> (u32, u32, String) {
        let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        let (start, typed) = (units(&self.before), units(&self.name) + 1);
        let space = u32::from(self.after.starts_with(' '));
        (start, start + typed + space, format!("@{name} "))
    }
}

/// Returns the colleagues that a text mentions: the longest name after each `@`.
pub(super) fn mentioned(text: &str, colleagues: &[AccountName]) -> Vec<AccountId> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let after = &text[at + 1..];
        let named = |name: &str| {
            let rest = after.strip_prefix(name);
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        let longest = colleagues.iter().map(|colleague| &colleague.name).filter(|name| named(name));
        if let Some(longest) = longest.max_by_key(|name| name.len()) {
            found.extend(colleagues.iter().filter(|c| c.name == *longest).map(|c| c.id));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colleagues() -> Vec<AccountName> {
        let names = ["Ann", "Bo", "Bo Lee", "Zoë Bond"];
        (1..).zip(names).map(|(id, name)| AccountName { id: AccountId(id), name: name.to_owned() }).collect()
    }

    fn names(text: &str) -> Vec<String> {
        let typed = TypedMention::at(text, text.encode_utf16().count());
        let matching = typed.map(|typed| typed.matching(&colleagues())).unwrap_or_default();
        matching.into_iter().map(|colleague| colleague.name).collect()
    }

    #[test]
    fn colleagues_match_by_the_beginning_of_any_part_of_their_name() {
        assert_eq!(names("Hi @").len(), 4);
        assert_eq!(names("Hi @bo"), ["Bo", "Bo Lee", "Zoë Bond"]);
        assert_eq!(names("Hi @Bo L"), ["Bo Lee"]);
        assert_eq!(names("(@zoë"), ["Zoë Bond"]);
        for text in ["", "Bo", "mail@bo", "@ bo", "@Bo\n", "@Bob"] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_completed_mention_replaces_what_was_typed_and_the_space_after_it() {
        let typed = TypedMention::at("🙂 @bo, please", 6).unwrap();
        assert_eq!(typed.completed("Bo Lee"), (3, 6, "@Bo Lee ".to_owned()));
        let typed = TypedMention::at("@b please", 2).unwrap();
        assert_eq!(typed.completed("Bo"), (0, 3, "@Bo ".to_owned()));
    }

    #[test]
    fn a_text_mentions_the_colleague_with_the_longest_name() {
        let ids =
            |text: &str| -> Vec<i64> { mentioned(text, &colleagues()).into_iter().map(|id| id.0).collect() };
        assert_eq!(ids("@Bo Lee and @Ann, see @Ann"), [1, 3]);
        assert_eq!(ids("@Bo, @Zoë Bond."), [2, 4]);
        assert_eq!(ids("@Bob and Ann"), [0; 0]);
    }
}
