//! Rust to WebAssembly: cargo, then what `modules` makes of its result. Must never do the slow second half again when
//! the compiler's result and the recipe are those of the last time.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{cargo, succeed};
use crate::steps::step;
use crate::toolchain::{Toolchain, WASM};
use crate::web::fingerprint::hash_of;
use crate::web::modules;
use crate::workspace::Workspace;

/// The app, ready to be published: a folder with the files that `modules` names.
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
            // The linker's notes on what refers to what: by them the module is split.
            .args(["--", "-Clink-arg=--emit-relocs"]);
        toolchain.apply(&mut build);
        succeed(&mut build)
    })?;
    let compiled = target.join(WASM).join("web").join("web.wasm");
    let bytes = std::fs::read(&compiled).with_context(|| format!("reading {}", compiled.display()))?;

    // A change of style sheet or page leaves the module as it is: then the slow half is spared.
    let ready = target.join("app");
    let stamp = target.join("app.stamp");
    let wanted = hash_of(&[modules::RECIPE.as_bytes(), &bytes].concat());
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        return Ok(ready);
    }
    // Emptied first: a folder that is left half filled must not look finished to the next build.
    std::fs::write(&stamp, "")?;
    step(
        "Splitting, wasm-bindgen and wasm-opt",
        "what comes later apart, and less than half the size",
        || modules::make(workspace, &bytes, &ready),
    )?;
    std::fs::write(&stamp, wanted)?;
    Ok(ready)
}
