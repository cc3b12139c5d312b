//! Finds the test targets that contain a test of a given name, by reading the sources: asking the compiled tests would
//! mean compiling all of them first.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{capture, cargo};
use crate::sources::Source;
use crate::workspace::Workspace;

/// What marks a file with tests. `on_both_databases!` is a macro of `api`'s tests.
const MARKS: [&str; 4] = ["#[test]", "::test]", "::test(", "on_both_databases!"];

/// Rust tests to compile and run.
pub(super) struct RustTests {
    /// Cargo's arguments that select targets; none for all.
    pub(super) targets: Vec<String>,
    /// Whether the tests of `api` that start the server are among them: those need PostgreSQL.
    pub(super) of_api: bool,
}

impl RustTests {
    pub(super) const fn all() -> Self {
        Self { targets: Vec::new(), of_api: true }
    }

    /// Returns the targets with a test whose path contains one of the names. May include a target too many, never one
    /// too few: the test binaries apply the names again.
    pub(super) fn named(targets: &[Target], sources: &[Source], names: &[String]) -> Option<Self> {
        let matches = |target: &&Target| {
            let mut files =
                sources.iter().filter_map(|source| Some((source, target.module(source, sources)?)));
            files.any(|(source, module)| has_test(&source.text, &module, names))
        };
        let chosen: BTreeSet<&Target> = targets.iter().filter(matches).collect();
        let of_api = chosen.iter().any(|target| target.kind == Kind::Test && target.name == "api");
        let targets: BTreeSet<_> = chosen.into_iter().map(Target::arguments).collect();
        (!targets.is_empty()).then(|| Self { targets: targets.into_iter().flatten().collect(), of_api })
    }
}

/// Whether the file contains a test whose path contains one of the names.
fn has_test(text: &str, module: &str, names: &[String]) -> bool {
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return false;
    }
    let functions = text.split("fn ").skip(1).filter_map(|after| {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        after.get(..end).filter(|name| !name.is_empty())
    });
    functions
        .flat_map(|function| [format!("{module}::tests::{function}"), format!("{module}::{function}")])
        .flat_map(|path| [format!("{path}::on_sqlite"), format!("{path}::on_postgres")])
        .any(|path| names.iter().any(|name| path.contains(name.as_str())))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Library,
    Binary,
    Test,
}

/// A target that cargo can compile as a test.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    kind: Kind,
    name: String,
    /// The target's main file, relative to the workspace's root.
    root: PathBuf,
}

impl Target {
    fn arguments(&self) -> Vec<String> {
        match self.kind {
            // Cargo has no argument for the library of one package without changing features: see `rust_command`.
            Kind::Library => vec!["--lib".to_owned()],
            Kind::Binary => vec!["--bin".to_owned(), self.name.clone()],
            Kind::Test => vec!["--test".to_owned(), self.name.clone()],
        }
    }

    /// The module path of a file in this target; `None` when the file does not belong to it.
    fn module(&self, source: &Source, sources: &[Source]) -> Option<String> {
        if source.path == self.root {
            return Some(String::new());
        }
        let in_folder = matches!(self.root.file_name()?.to_str()?, "lib.rs" | "main.rs");
        let inside =
            source.path.strip_prefix(self.root.parent()?).ok().filter(|_| in_folder)?.with_extension("");
        let mut module: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let first = module.first()?;
        // A package's library and binary share a folder: each module is declared in one of the two main files.
        let declares = |root: &Source| root.path == self.root && root.text.contains(&format!("mod {first};"));
        if !sources.iter().any(declares) {
            return None;
        }
        module.pop_if(|name| *name == "mod");
        Some(module.join("::"))
    }
}

/// Returns the test targets of the workspace.
pub(super) fn targets(workspace: &Workspace) -> Result<Vec<Target>> {
    let metadata = ["metadata", "--no-deps", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&capture(cargo(&workspace.root).args(metadata))?)?;
    let list =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let packages = list(&metadata, "packages");
    let targets = packages.iter().flat_map(|package| list(package, "targets"));
    targets.filter_map(|target| read_target(&workspace.root, &target).transpose()).collect()
}

/// `None` for an example, a benchmark or a build script.
fn read_target(root: &Path, target: &Value) -> Result<Option<Target>> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let kind = match text(target.get("kind").and_then(|kinds| kinds.get(0))).as_deref() {
        Some("lib") => Kind::Library,
        Some("bin") => Kind::Binary,
        Some("test") => Kind::Test,
        _ => return Ok(None),
    };
    let name = text(target.get("name")).context("cargo metadata shows a target without a name")?;
    let file = text(target.get("src_path")).context("cargo metadata shows a target without a file")?;
    let file = Path::new(&file);
    Ok(Some(Target { kind, name, root: file.strip_prefix(root).unwrap_or(file).to_path_buf() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(name: &str) -> Option<Vec<String>> {
        let targets = [
            (Kind::Library, "api", "api/src/lib.rs"),
            (Kind::Binary, "sms-chat", "api/src/main.rs"),
            (Kind::Test, "api", "api/tests/api/main.rs"),
            (Kind::Test, "protocol", "simulator/tests/protocol.rs"),
        ];
        let targets =
            targets.map(|(kind, name, root)| Target { kind, name: name.to_owned(), root: root.into() });
        let sources = [
            ("api/src/lib.rs", "pub mod clock;"),
            ("api/src/main.rs", "mod commands;"),
            ("api/src/clock.rs", "fn now() {}\n#[cfg(test)] mod tests { #[test] fn time_passes() {} }"),
            ("api/src/commands/mod.rs", "#[cfg(test)] mod tests { #[test] fn a_flag_is_read() {} }"),
            ("api/tests/api/main.rs", "mod reply;"),
            ("api/tests/api/reply.rs", "on_both_databases![a_reply_is_sent,]; async fn a_reply_is_sent() {}"),
            ("simulator/tests/protocol.rs", "#[tokio::test]\nasync fn a_fault_is_ordered() {}"),
        ];
        let sources = sources.map(|(path, text)| Source { path: path.into(), text: text.to_owned() });
        let tests = RustTests::named(&targets, &sources, &[name.to_owned()])?;
        assert_eq!(tests.of_api, tests.targets.ends_with(&["--test".to_owned(), "api".to_owned()]));
        Some(tests.targets)
    }

    #[test]
    fn a_name_selects_the_targets_that_contain_it() {
        assert_eq!(chosen("time_passes").unwrap(), ["--lib"]);
        assert_eq!(chosen("clock::tests::").unwrap(), ["--lib"]);
        assert_eq!(chosen("commands").unwrap(), ["--bin", "sms-chat"]);
        assert_eq!(chosen("reply::a_reply_is_sent::on_postgres").unwrap(), ["--test", "api"]);
        assert_eq!(chosen("a_fault").unwrap(), ["--test", "protocol"]);
        assert_eq!(chosen("gremlins"), None);
    }
}
