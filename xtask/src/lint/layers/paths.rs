//! Finds the paths in a source file that lead to modules of its own crate, and resolves them from the crate's root.

use std::collections::{BTreeSet, HashMap};

use super::tokens::{Token, tokens};

/// A path from the crate's root, such as `["db", "schema"]`.
pub(super) type ModulePath = Vec<String>;

/// A path in a source file, resolved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) target: ModulePath,
    pub(super) line: usize,
    /// The path as code: `use crate::db::schema` or `crate::db::schema`.
    pub(super) code: String,
}

/// A path as the file writes it.
struct Written<'a> {
    segments: Vec<&'a str>,
    /// The module that contains it: the file's, or one declared inline.
    scope: ModulePath,
    line: usize,
    /// For a `use`: the name that it introduces.
    introduces: Option<&'a str>,
}

/// Returns every path of the file at `module` that resolves to something in the crate. `library` is the crate's name,
/// which the binary's modules write instead of `crate`.
pub(super) fn references(
    source: &str,
    module: &[String],
    library: &str,
    modules: &BTreeSet<ModulePath>,
) -> Vec<Reference> {
    let tokens = tokens(source);
    let written = Reader { tokens: &tokens, at: 0, scope: module.to_vec(), found: Vec::new() }.read();
    // Names are kept per file, not per block: an approximation that no file of this workspace defeats.
    let mut names = HashMap::new();
    // Twice, because a `use` may start with a name that a later one introduces.
    for _ in 0..2 {
        for path in &written {
            if let (Some(name), Some(target)) = (path.introduces, resolve(path, library, modules, &names)) {
                names.insert(name, target);
            }
        }
    }
    let reference = |path: &Written<'_>| {
        let keyword = if path.introduces.is_some() { "use " } else { "" };
        Some(Reference {
            target: resolve(path, library, modules, &names)?,
            line: path.line,
            code: format!("{keyword}{}", path.segments.join("::")),
        })
    };
    written.iter().filter_map(reference).collect()
}

fn resolve(
    path: &Written<'_>,
    library: &str,
    modules: &BTreeSet<ModulePath>,
    names: &HashMap<&str, ModulePath>,
) -> Option<ModulePath> {
    let (first, rest) = path.segments.split_first()?;
    let mut target;
    let mut rest = rest;
    match *first {
        "crate" => target = ModulePath::new(),
        "self" => target = path.scope.clone(),
        "super" => {
            target = path.scope.clone();
            target.pop()?;
        }
        name => {
            let child: ModulePath = path.scope.iter().cloned().chain([name.to_owned()]).collect();
            // A `use` does not resolve by the name that it introduces itself.
            let named = names.get(name).filter(|_| !rest.is_empty() && path.introduces != Some(name));
            target = match named {
                Some(named) => named.clone(),
                None if modules.contains(&child) => child,
                None if name == library => ModulePath::new(),
                None => return None,
            };
        }
    }
    while let Some((&"super", after)) = rest.split_first() {
        target.pop()?;
        rest = after;
    }
    target.extend(rest.iter().map(|segment| (*segment).to_owned()));
    Some(target)
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    scope: ModulePath,
    found: Vec<Written<'a>>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Vec<Written<'a>> {
        // For each open brace, whether it belongs to an inline module.
        let mut braces = Vec::new();
        while let Some(token) = self.peek(0) {
            match token {
                "mod" if self.peek(2) == Some("{") => {
                    self.scope.extend(self.peek(1).map(str::to_owned));
                    braces.push(true);
                    self.at += 3;
                }
                "{" => {
                    braces.push(false);
                    self.at += 1;
                }
                "}" => {
                    if braces.pop() == Some(true) {
                        self.scope.pop();
                    }
                    self.at += 1;
                }
                // `use<'a>` in a bound captures a lifetime.
                "use" if self.peek(1) != Some("<") => {
                    self.at += 1;
                    self.tree(&[]);
                }
                _ => self.inline(),
            }
        }
        self.found
    }

    fn peek(&self, ahead: usize) -> Option<&'a str> {
        self.tokens.get(self.at + ahead).map(|token| token.text)
    }

    fn is(&self, ahead: usize, text: &str) -> bool {
        self.peek(ahead) == Some(text)
    }

    /// Reads one `use` tree below `prefix`, up to the `,`, `}` or `;` after it.
    fn tree(&mut self, prefix: &[&'a str]) {
        let mut segments = prefix.to_vec();
        let mut line = 0;
        while let Some(token) =
            self.tokens.get(self.at).filter(|token| !matches!(token.text, "," | "}" | ";"))
        {
            line = token.line;
            self.at += 1;
            match token.text {
                "{" => {
                    while self.peek(0).is_some_and(|text| text != "}") {
                        self.tree(&segments);
                        self.at += usize::from(self.is(0, ","));
                    }
                    self.at += 1;
                    return;
                }
                "self" if !segments.is_empty() => {}
                "as" => {
                    let alias = self.peek(0);
                    self.at += 1;
                    return self.note(segments, line, Some(alias.unwrap_or("_")));
                }
                _ if token.is_word() => segments.push(token.text),
                // `::` between segments, and the `*` of a glob.
                _ => {}
            }
        }
        if line == 0 {
            // Code that does not compile: skip a token, so that the reader always advances.
            self.at += 1;
            return;
        }
        let name = segments.last().copied();
        self.note(segments, line, name);
    }

    /// Reads a path in an expression, a type or an attribute; steps over anything else.
    fn inline(&mut self) {
        let follows_path = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let starts = self.tokens.get(self.at).filter(|token| token.is_word() && self.is(1, "::"));
        let Some(first) = starts.filter(|_| follows_path.is_none_or(|before| before.text != "::")) else {
            self.at += 1;
            return;
        };
        // `pub(in crate::x)` says who may use the item; it uses nothing.
        let is_visibility = self.at >= 2
            && self
                .tokens
                .get(self.at - 2..self.at)
                .is_some_and(|two| two.iter().map(|t| t.text).eq(["(", "in"]));
        let mut segments = vec![first.text];
        while let Some(next) = self.tokens.get(self.at + 2).filter(|next| self.is(1, "::") && next.is_word())
        {
            segments.push(next.text);
            self.at += 2;
        }
        self.at += 1;
        if !is_visibility {
            self.note(segments, first.line, None);
        }
    }

    fn note(&mut self, segments: Vec<&'a str>, line: usize, introduces: Option<&'a str>) {
        if !segments.is_empty() {
            self.found.push(Written { segments, scope: self.scope.clone(), line, introduces });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ModulePath {
        text.split("::").map(str::to_owned).collect()
    }

    fn targets(source: &str) -> Vec<String> {
        let modules = ["a", "a::b", "a::routes", "c", "db"].map(path).into();
        let found = references(source, &path("a::b"), "api", &modules);
        found
            .into_iter()
            .map(|reference| format!("{} {}", reference.line, reference.target.join("::")))
            .collect()
    }

    #[test]
    fn use_trees_are_taken_apart() {
        let source =
            "use crate::{\n    a::b::{self, X as Y},\n    c,\n};\npub use crate::db::*;\nuse std::fmt;\n";
        assert_eq!(targets(source), ["2 a::b", "2 a::b::X", "3 c", "5 db"]);
    }

    #[test]
    fn inline_paths_and_macros_count_and_visibilities_do_not() {
        let source = "pub(in crate::c) fn f() -> crate::db::Db { $crate::c::g::<crate::a::T>() }";
        assert_eq!(targets(source), ["1 db::Db", "1 c::g", "1 a::T"]);
        assert_eq!(targets("for x in crate::c::all() {}"), ["1 c::all"]);
    }

    #[test]
    fn super_leaves_the_module_and_an_inline_module_is_one_level() {
        let source =
            "use super::routes;\nuse super::super::c::X;\nmod inner { use super::super::super::db; }";
        assert_eq!(targets(source), ["1 a::routes", "2 c::X", "3 db"]);
    }

    #[test]
    fn imported_names_are_followed() {
        let source = "use api::a;\nfn f() { use a::routes as r; r::list(); a::g(); std::a::h(); }";
        assert_eq!(targets(source), ["1 a", "2 a::routes", "2 a::routes::list", "2 a::g"]);
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        let source =
            "/// [`crate::c`]\nconst A: &str = \"crate::c::x\";\n#[cfg(test)]\nmod tests { use crate::c; }";
        assert_eq!(targets(source), [""; 0]);
    }
}
