//! Shortens the names of the functions that the main module and its bindings import from each other. wasm-bindgen's
//! names contain hashes, which do not compress: 200 of them, twice, are 2 % of the first download. Names without a hash
//! stay, since the chunks use them.

use std::collections::HashMap;

use wasm_bindgen_cli_support::Output;

/// Number of hexadecimal digits in the hashes of wasm-bindgen and the compiler.
const HASH: usize = 16;

/// Renames the module's imports and exports; returns the new names by the old ones, for `rewrite`.
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

/// Returns the bindings with the short names.
pub(crate) fn rewrite(script: &str, names: &HashMap<String, String>) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut short = String::with_capacity(script.len());
    // Each piece is a word, perhaps empty, and the character after it.
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
    fn only_whole_words_with_a_hash_are_shortened() {
        let long = "__wbg_altKey_423da1d67b588078";
        assert!(has_hash(long) && has_hash("closures_____invoke__h55fb48279dedfd20_14"));
        assert!(!has_hash("__wbindgen_malloc") && !has_hash("__indirect_function_table"));
        let names = HashMap::from([(long.to_owned(), "_0".to_owned())]);
        let script = format!("{{ {long}: (a) => a.altKey, other_{long}: wasm.{long}(…) }}");
        assert_eq!(rewrite(&script, &names), format!("{{ _0: (a) => a.altKey, other_{long}: wasm._0(…) }}"));
    }
}
