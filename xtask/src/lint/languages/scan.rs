//! Finds the texts of a Rust file: those in `t!`, `plural!` and `marked!`, and those of the markup that are in none of
//! them. Tests at the end of the file are left out.

/// A text of the code.
#[derive(Debug, PartialEq)]
pub(super) struct Text {
    pub(super) line: usize,
    /// The key of the translation; of a text with a number, the form for many.
    pub(super) english: String,
    pub(super) is_plural: bool,
}

/// What a file contains.
#[derive(Default)]
pub(super) struct Found {
    pub(super) texts: Vec<Text>,
    /// Texts of the markup without a translation, with their lines.
    pub(super) untranslated: Vec<(usize, String)>,
}

/// A macro for texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Use {
    Plain,
    Plural,
}

impl Use {
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "t" | "marked" => Some(Use::Plain),
            "plural" => Some(Use::Plural),
            _ => None,
        }
    }
}

/// Names that are the same in every language.
const NAMES: [&str; 1] = ["SMS Chat"];

/// The attributes whose value users read or hear.
const ATTRIBUTES: [&str; 4] = ["label", "title", "placeholder", "alt"];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Literal(String),
    Other(char),
}

/// Scans a file.
pub(super) fn scan(source: &str) -> Found {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let tokens = tokens(code);
    let mut found = Found::default();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let other = |offset: isize| {
            at.checked_add_signed(offset).and_then(|at| tokens.get(at)).map(|(_, token)| token)
        };
        match token {
            Token::Word(word)
                if other(1) == Some(&Token::Other('!')) && other(2) == Some(&Token::Other('(')) =>
            {
                let Some(kind) = Use::of(word) else { continue };
                let rest = tokens.get(at + 3..).unwrap_or_default();
                if let Some(english) = literal(rest, kind) {
                    found.texts.push(Text { line: *line, english, is_plural: kind == Use::Plural });
                }
            }
            Token::Literal(text)
                if has_words(text) && is_shown(other(-3), other(-2), other(-1), other(1)) =>
            {
                found.untranslated.push((*line, text.trim().to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// Returns the key among the arguments of a macro: its first literal, or the second one of `plural!`.
fn literal(arguments: &[(usize, Token)], kind: Use) -> Option<String> {
    let mut depth = 0;
    let inside = arguments.iter().take_while(|(_, token)| {
        match token {
            Token::Other('(') => depth += 1,
            Token::Other(')') => depth -= 1,
            _ => {}
        }
        depth >= 0
    });
    let mut literals = inside.filter_map(|(_, token)| match token {
        Token::Literal(text) => Some(text.clone()),
        _ => None,
    });
    literals.nth(usize::from(kind == Use::Plural))
}

/// Whether a literal with these neighbours is a node of the markup, or an attribute that users read.
fn is_shown(
    third: Option<&Token>,
    second: Option<&Token>,
    before: Option<&Token>,
    after: Option<&Token>,
) -> bool {
    let is = |token: Option<&Token>, wanted: &str| matches!(token, Some(Token::Other(character)) if wanted.contains(*character));
    let is_literal = |token: Option<&Token>| matches!(token, Some(Token::Literal(_)));
    // Not the end of `=>` or `->`.
    let ends_tag = is(before, ">") && !is(second, "=-");
    let is_node =
        (ends_tag || is(before, "}") || is_literal(before)) && (is(after, "<{}") || is_literal(after));
    let is_attribute = is(before, "=")
        && matches!(second, Some(Token::Word(word)) if ATTRIBUTES.contains(&word.as_str()))
        && !matches!(third, Some(Token::Word(word)) if word == "let");
    is_node || is_attribute
}

/// Whether a text contains a word to translate, beside names.
fn has_words(text: &str) -> bool {
    let is_name = NAMES.contains(&text.trim());
    let longest = text.split(|character: char| !character.is_alphabetic()).map(str::len).max();
    !is_name && longest.is_some_and(|length| length > 1)
}

/// Splits the code into tokens with their lines, without comments.
fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (code, 1);
    while let Some(first) = rest.chars().next() {
        let in_word = |character: char| character.is_alphanumeric() || character == '_';
        let (length, token) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if first == '"' {
            let (length, text) = string(rest);
            (length, Some(Token::Literal(text)))
        } else if let Some(length) = character(rest) {
            (length, None)
        } else if in_word(first) {
            let length = rest.find(|character| !in_word(character)).unwrap_or(rest.len());
            (length, Some(Token::Word(rest[..length].to_owned())))
        } else {
            (first.len_utf8(), (!first.is_whitespace()).then_some(Token::Other(first)))
        };
        tokens.extend(token.map(|token| (line, token)));
        let (text, after) = rest.split_at(length);
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

/// Reads the string literal at the start: its length in the code, and its content. A line break after a backslash, with
/// the white space that follows, is no part of it.
fn string(rest: &str) -> (usize, String) {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (at + 1, text),
            '\\' => match characters.next() {
                Some((_, '\n')) => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                // Escapes of code points are not part of the texts.
                Some((_, escaped)) => text.push(escaped),
                None => break,
            },
            _ => text.push(character),
        }
    }
    (rest.len(), text)
}

/// Returns the length of `'x'` or `'\x'` at the start. A lifetime is no character.
fn character(rest: &str) -> Option<usize> {
    let text = rest.strip_prefix('\'')?;
    let mut characters = text.chars();
    let first = characters.next()?;
    if first == '\\' {
        // The escaped character may be a quote.
        return text.get(2..)?.find('\'').map(|end| end + 4);
    }
    (characters.next() == Some('\'')).then_some(first.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<(usize, String)> {
        scan(code).texts.into_iter().map(|text| (text.line, text.english)).collect()
    }

    #[test]
    fn texts_are_found_with_their_lines() {
        let code = "// t!(\"No\")\nlet a = t!(\"It \\\"is\\\"\");\nplural!(\n    f('\"', x(1)),\n    \"{count} day\",\n    \"{count} days\"\n);";
        assert_eq!(texts(code), [(2, "It \"is\"".to_owned()), (3, "{count} days".to_owned())]);
        assert_eq!(texts("t!(\"one \\\n      line\")"), [(1, "one line".to_owned())]);
    }

    #[test]
    fn other_macros_functions_and_tests_are_left_out() {
        assert_eq!(texts("format!(\"No\"); t(\"No\"); t!(other);"), []);
        assert_eq!(texts("t!(\"Yes\");\n#[cfg(test)]\nmod tests { t!(\"No\") }"), [(1, "Yes".to_owned())]);
    }

    #[test]
    fn a_text_node_without_a_translation_is_found() {
        let untranslated = |code| scan(code).untranslated;
        assert_eq!(untranslated("view! { <p>\"Send\"</p> }"), [(1, "Send".to_owned())]);
        assert_eq!(untranslated("<p>{name} \" wrote \" {text}</p>"), [(1, "wrote".to_owned())]);
        assert_eq!(untranslated("<p aria-label=\"Send\">"), [(1, "Send".to_owned())]);
        for fine in [
            "<p>{t!(\"Send\")} \" · \" <kbd>\"K\"</kbd></p>",
            "<p class=\"btn\" id=\"send\" on:click=move |_| f(\"x\")>\"SMS Chat\"</p>",
            "match key { Key::A => \"agent\", _ => \"customer\" }",
            "let title = \"Send\";",
        ] {
            assert_eq!(untranslated(fine), [], "{fine}");
        }
    }
}
