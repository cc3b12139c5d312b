//! How long a file and a function may be. What is longer does more than one thing.

use super::Violation;
use crate::sources::Source;

/// Maximum lines of a file.
const FILE: usize = 350;
/// Maximum lines of a function in a package. A component of the single-page app contains its markup.
const FUNCTION: [(&str, usize); 2] = [("api/src", 60), ("web/src", 80)];

/// Returns every file and function that is too long.
pub(super) fn check(sources: &[Source]) -> Vec<Violation> {
    sources.iter().flat_map(|source| long_file(source).into_iter().chain(long_functions(source))).collect()
}

fn long_file(source: &Source) -> Option<Violation> {
    let lines = source.text.lines().count();
    (lines > FILE)
        .then(|| Violation::new(&source.path, lines, format!("no Rust file is longer than {FILE} lines")))
}

fn long_functions(source: &Source) -> Vec<Violation> {
    let Some((_, longest)) = FUNCTION.iter().find(|(folder, _)| source.path.starts_with(folder)) else {
        return Vec::new();
    };
    let lines: Vec<&str> = source.text.lines().collect();
    let mut violations = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function(line) else { continue };
        let length = length(lines.get(start..).unwrap_or_default());
        if length > *longest {
            let rule = format!("`{name}` has {length} lines; a function has at most {longest}");
            violations.push(Violation::new(&source.path, start + 1, rule));
        }
    }
    violations
}

/// Returns the name of the function that a line begins to define.
fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    // `pub(in crate::a)` contains a space.
    let line = match line.strip_prefix("pub(") {
        Some(restricted) => restricted.split_once(')')?.1,
        None => line,
    };
    let mut words = line.split_whitespace();
    let is_qualifier = |word: &&str| matches!(*word, "pub" | "async" | "const" | "unsafe");
    let keyword = words.by_ref().find(|word| !is_qualifier(word))?;
    let name = words.next().filter(|_| keyword == "fn")?;
    name.split(['(', '<']).next()
}

/// Counts the lines of a function up to its closing brace, which rustfmt indents like its first line. A declaration
/// without a body has one line.
fn length(lines: &[&str]) -> usize {
    let Some(first) = lines.first().filter(|first| !first.ends_with([';', '}'])) else { return 1 };
    let indentation = &first[..first.len() - first.trim_start().len()];
    let is_end = |line: &&&str| {
        line.strip_prefix(indentation)
            .is_some_and(|rest| rest == "}" || rest.starts_with(')') && rest.ends_with(';'))
    };
    lines.iter().position(|line| is_end(&line)).map_or(1, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.into(), text: text.to_owned() };
        check(&[source]).iter().map(ToString::to_string).collect()
    }

    fn function_of(lines: usize) -> String {
        format!(
            "impl A {{\n    pub(crate) async fn f<T>() {{\n{}    }}\n}}\n",
            "        g();\n".repeat(lines - 2)
        )
    }

    #[test]
    fn a_file_of_more_than_350_lines_is_found() {
        assert_eq!(found("shared/src/lib.rs", &"\n".repeat(350)), [""; 0]);
        assert_eq!(found("shared/src/lib.rs", &"\n".repeat(351)).len(), 1);
    }

    #[test]
    fn a_function_of_more_than_60_lines_is_found_in_api_and_of_more_than_80_in_web() {
        assert_eq!(found("api/src/a.rs", &function_of(60)), [""; 0]);
        let rule = "api/src/a.rs:2: `f` has 61 lines; a function has at most 60";
        assert_eq!(found("api/src/a.rs", &function_of(61)), [rule]);
        let restricted = function_of(61).replace("pub(crate)", "pub(in crate::a)");
        assert_eq!(found("api/src/a.rs", &restricted), [rule]);
        assert_eq!(found("web/src/a.rs", &function_of(80)), [""; 0]);
        assert_eq!(found("web/src/a.rs", &function_of(81)).len(), 1);
        assert_eq!(found("xtask/src/a.rs", &function_of(81)), [""; 0]);
    }

    #[test]
    fn a_declaration_ends_with_its_signature() {
        let text =
            format!("trait A {{\n    fn f();\n    fn g(\n        a: u8,\n    );\n{}}}\n", "\n".repeat(70));
        assert_eq!(found("api/src/a.rs", &text), [""; 0]);
    }
}
