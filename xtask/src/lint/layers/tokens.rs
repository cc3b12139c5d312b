//! Splits Rust source into identifiers and punctuation, without comments, literals and items under `#[cfg(test)]`.

/// An identifier, a keyword, `::` or a single punctuation character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn is_word(self) -> bool {
        self.text.starts_with(starts_word)
    }
}

const TEST_ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

/// Returns the tokens of the code that is compiled without `cfg(test)`.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let all = all_tokens(source);
    let mut kept = Vec::new();
    let mut rest = all.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let attribute = rest.get(..TEST_ATTRIBUTE.len());
        if attribute.is_some_and(|start| start.iter().map(|token| token.text).eq(TEST_ATTRIBUTE)) {
            let item = rest.get(TEST_ATTRIBUTE.len()..).unwrap_or_default();
            rest = item.get(item_length(item)..).unwrap_or_default();
        } else {
            kept.push(*first);
            rest = after;
        }
    }
    kept
}

/// Counts the tokens up to the end of the item: its `;`, its closing brace, or the end of the block that holds it.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 => return index,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            }
            ";" if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn all_tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (length, is_token) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if let Some(length) = string(rest) {
            (length, false)
        } else if first == '\'' {
            (character_or_lifetime(rest), false)
        } else if starts_word(first) {
            (rest.find(|c| !in_word(c)).unwrap_or(rest.len()), true)
        } else if rest.starts_with("::") {
            (2, true)
        } else {
            (first.len_utf8(), !first.is_whitespace())
        };
        let (text, after) = rest.split_at(length);
        if is_token {
            tokens.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

fn starts_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of the block comment at the start; block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of the string literal at the start, if there is one: plain, byte, C and raw strings.
fn string(rest: &str) -> Option<usize> {
    let body = rest.trim_start_matches(['b', 'c']);
    if rest.len() - body.len() > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let open = raw.trim_start_matches('#');
        let hashes = raw.len() - open.len();
        let text = open.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = text.find(&end).map_or(text.len(), |at| at + end.len());
        return Some(rest.len() - text.len() + length);
    }
    let text = body.strip_prefix('"')?;
    Some(rest.len() - text.len() + up_to_quote(text, '"'))
}

/// Length of `'x'`, `'\n'` or `'lifetime` at the start.
fn character_or_lifetime(rest: &str) -> usize {
    let text = rest.strip_prefix('\'').unwrap_or(rest);
    let mut characters = text.chars();
    let is_character = characters.next() == Some('\\') || characters.next() == Some('\'');
    let length = if is_character { up_to_quote(text, '\'') } else { text.find(|c| !in_word(c)).unwrap_or(0) };
    1 + length
}

/// Length up to and including the next quote that no backslash escapes.
fn up_to_quote(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_literals_are_left_out() {
        let source = "a /* b /* c */ d */ \"e \\\" f\" r#\"g \" h\"# b\"i\" 'j' '\\'' k<'l> // m\n n::o";
        assert_eq!(texts(source), ["a", "k", "<", ">", "n", "::", "o"]);
        assert_eq!(texts("rest; bytes; r; c"), ["rest", ";", "bytes", ";", "r", ";", "c"]);
    }

    #[test]
    fn test_items_are_left_out() {
        let source = "one #[cfg(test)] mod tests { fn f() { a; } } two #[cfg(test)] use b::c; three";
        assert_eq!(texts(source), ["one", "two", "three"]);
        assert_eq!(texts("{ #[cfg(test)] x } y"), ["{", "}", "y"]);
    }

    #[test]
    fn tokens_know_their_line() {
        let lines: Vec<_> = tokens("a\n\"\n\"\n/*\n*/ b").into_iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 5]);
    }
}
