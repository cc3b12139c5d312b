//! The checks before a commit: first the project's own rules, which take no time, then rustfmt, Clippy, the
//! documentation and the types of the browser tests. A failed check does not stop the others.

mod boundaries;
mod dependencies;
mod languages;
mod layers;
mod migrations;
mod sizes;

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::browser;
use crate::packages::ensure_native_libraries;
use crate::process::{cargo, succeed};
use crate::sources;
use crate::steps::Summary;
use crate::workspace::Workspace;

/// A place that breaks a rule.
struct Violation {
    /// Relative to the root.
    file: PathBuf,
    line: usize,
    rule: Cow<'static, str>,
}

impl Violation {
    fn new(file: &Path, line: usize, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { file: file.to_path_buf(), line, rule: rule.into() }
    }
}

impl Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file.display(), self.line, self.rule)
    }
}

/// Runs every check.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut summary = Summary::default();
    ensure_native_libraries()?;
    if let Some(sources) = summary.run("Sources", || sources::read(&workspace.root)) {
        summary.run("Diesel, actix-web and problems", || report(&boundaries::check(&sources)));
        summary.run("Sizes of files and functions", || report(&sizes::check(&sources)));
        let languages = || report(&languages::check(&workspace.root, &sources)?);
        summary.run("Texts and translations of the app", languages);
        summary.run("Layers", || report(&layers::check(&sources)));
        let document = || report(&layers::check_document(&workspace.root, &sources)?);
        summary.run("Diagram of the layers", document);
    }
    summary.run("Migrations in pairs", || report(&migrations::check(&workspace.root)?));
    summary.run("Dependencies", || dependencies::check(&workspace.root));
    summary.run("Advisories", || dependencies::check_advisories(&workspace.root));
    summary.run("rustfmt", || succeed(cargo(&workspace.root).args(["fmt", "--all", "--check"])));
    summary.run("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
        succeed(cargo(&workspace.root).args(arguments))
    });
    summary.run("Documentation", || {
        let arguments = ["doc", "--no-deps", "--workspace", "--quiet"];
        succeed(cargo(&workspace.root).args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
    });
    summary.run("Types of the browser tests", || browser::check_types(workspace));
    summary.finish()
}

/// Prints the layers of `api` as a diagram, or writes it into `ARCHITECTURE.md` when `UPDATE_DOCS` is set. Checks the
/// layers too, since that takes no time.
pub(crate) fn show_layers(workspace: &Workspace) -> Result<()> {
    let sources = sources::read(&workspace.root)?;
    layers::show(&workspace.root, &sources)?;
    report(&layers::check(&sources))
}

fn report(violations: &[Violation]) -> Result<()> {
    for violation in violations {
        eprintln!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        count => bail!("{count} violations, listed above"),
    }
}
