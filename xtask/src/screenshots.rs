//! Makes the screenshot book: a picture of every page and dialog, to look through after a change of the design.

use anyhow::{Context, Result};

use crate::packages::ensure_native_libraries;
use crate::workspace::Workspace;
use crate::{browser, server, web};

/// Builds the app and the server, takes the pictures, and prints where the book's index is.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    ensure_native_libraries()?;
    web::build(workspace)?;
    server::compile(workspace, false)?;
    let folder = workspace.target.join("screenshots");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    browser::make_book(workspace, &workspace.server(false), &folder)?;
    println!("The screenshot book: {}", folder.join("index.html").display());
    Ok(())
}
