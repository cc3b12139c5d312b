//! Short names for what the main module and its bindings call in one another. wasm-bindgen's carry hashes, which no
//! compression makes smaller: two hundred of them, twice, are a fiftieth of the first download. Must never touch a name
//! without such a hash: the chunks, and people in a browser's console, know those.

use std::collections::HashMap;

use wasm_bindgen_cli_support::Output;

/// How many hexadecimal digits wasm-bindgen's and the compiler's hashes have.
const HASH: usize = 16;

/// Renames in the module, and returns what the bindings must be rewritten with.
pub(crate) fn shorten(output: &mut Output) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let mut rename = |name: &mut String| {
        if has_hash(name) {
            let next = format!("_{}", names.len());
            name.clone_from(names.entry(name.clone()).or_insert(next));
        }
    };
    let module = output.wasm_mut();
    module.imports.iter_mut().for_each(|import| rename(&mut import.name));
    module.exports.iter_mut().for_each(|export| rename(&mut export.name));
    names
}

/// The bindings with the short names in the place of the long ones.
pub(crate) fn rewrite(script: &str, names: &HashMap<String, String>) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut short = String::with_capacity(script.len());
    // Pieces of a word, perhaps empty, and the one character after it.
    for piece in script.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        short.push_str(names.get(word).map_or(word, String::as_str));
        short.push_str(piece.strip_prefix(word).unwrap_or_default());
    }
    short
}

fn has_hash(name: &str) -> bool {
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    name.split(|c| !is_digit(c)).any(|digits| digits.len() == HASH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_with_a_hash_are_shortened_and_nothing_else() {
        let long = "__wbg_altKey_423da1d67b588078";
        assert!(has_hash(long) && has_hash("closures_____invoke__h55fb48279dedfd20_14"));
        assert!(!has_hash("__wbindgen_malloc") && !has_hash("__indirect_function_table"));
        let names = HashMap::from([(long.to_owned(), "_0".to_owned())]);
        let script = format!("{{ {long}: (a) => a.altKey, other_{long}: wasm.{long}(…) }}");
        assert_eq!(rewrite(&script, &names), format!("{{ _0: (a) => a.altKey, other_{long}: wasm._0(…) }}"));
    }
}
