//! What must hold before a commit: the rules of the house first, because they take no time, then rustfmt, clippy and
//! the documentation. Must never stop at the first fault: all of them are told.

mod dependencies;
mod migrations;
mod rooms;
mod sources;

use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::packages::ensure_native_libraries;
use crate::process::{cargo, succeed};
use crate::steps::Summary;
use crate::workspace::Workspace;

/// A place that breaks a rule of the house.
struct Violation {
    /// Relative to the root.
    file: PathBuf,
    line: usize,
    rule: &'static str,
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
    summary.run("Rooms and sizes", || report(&rooms::check(&sources::read(&workspace.root)?)));
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
    summary.finish()
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
