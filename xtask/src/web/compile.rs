//! Compiles the app to WebAssembly with cargo, then post-processes it in `modules`. Skips the slow second half when
//! neither the compiler's output nor the post-processing has changed.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{cargo, succeed};
use crate::steps::step;
use crate::toolchain::{Toolchain, WASM};
use crate::web::fingerprint::hash_of;
use crate::web::modules;
use crate::workspace::Workspace;

/// Compiles the app and returns the folder with the files that `modules` makes.
pub(crate) fn compile(workspace: &Workspace) -> Result<PathBuf> {
    let toolchain = Toolchain::choose(workspace)?;
    let target = workspace.target.join("web");
    step("Compiling the single-page app", "Rust to WebAssembly, optimised for size", || {
        let mut build = cargo(&workspace.root);
        // `rustc` rather than `build`: the flag after the dashes goes to the last link alone, and adds to the flags of
        // `.cargo/config.toml` where RUSTFLAGS would replace them.
        build
            .args(["rustc", "--package", "web", "--bin", "web", "--target", WASM, "--profile", "web"])
            .arg("--target-dir")
            .arg(&target)
            // The relocations are what splitting the module needs.
            .args(["--", "-Clink-arg=--emit-relocs"]);
        toolchain.apply(&mut build);
        succeed(&mut build)
    })?;
    let compiled = target.join(WASM).join("web").join("web.wasm");
    let bytes = std::fs::read(&compiled).with_context(|| format!("reading {}", compiled.display()))?;

    // A change of the style sheet or the page does not change the module.
    let ready = target.join("app");
    let stamp = target.join("app.stamp");
    let wanted = hash_of(&[modules::RECIPE.as_bytes(), &bytes].concat());
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        return Ok(ready);
    }
    // Cleared first, so that an interrupted build is not taken for a finished one.
    std::fs::write(&stamp, "")?;
    step("Splitting, wasm-bindgen and wasm-opt", "lazy chunks, and less than half the size", || {
        modules::make(workspace, &bytes, &ready)
    })?;
    std::fs::write(&stamp, wanted)?;
    Ok(ready)
}
