//! Rust to WebAssembly: cargo, then wasm-bindgen as a library, then wasm-opt. Must never be given other flags than
//! these without a try in a browser: with all features enabled Chromium refuses the module.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{cargo, command, succeed, succeed_quietly};
use crate::steps::step;
use crate::toolchain::{Toolchain, WASM};
use crate::web::fingerprint::hash_of;
use crate::workspace::Workspace;

/// What the browsers of the last years understand, and what the compiler writes by default.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
];

/// The app, ready to be published: a folder with `app.js`, `app.wasm` and perhaps `snippets/`.
pub(crate) fn compile(workspace: &Workspace) -> Result<PathBuf> {
    let toolchain = Toolchain::choose(workspace)?;
    let target = workspace.target.join("web");
    step("Compiling the single-page app", "Rust to WebAssembly, optimised for size", || {
        let mut build = cargo(&workspace.root);
        build
            .args(["build", "--package", "web", "--target", WASM, "--profile", "web", "--target-dir"])
            .arg(&target);
        toolchain.apply(&mut build);
        succeed(&mut build)
    })?;
    let compiled = target.join(WASM).join("web").join("web.wasm");
    let bytes = std::fs::read(&compiled).with_context(|| format!("reading {}", compiled.display()))?;

    // A change of style sheet or page leaves the module as it is: then the slow half is spared.
    let ready = target.join("app");
    let stamp = target.join("app.stamp");
    let wanted = hash_of(&bytes);
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        return Ok(ready);
    }
    step("wasm-bindgen and wasm-opt", "JavaScript bindings, and less than half the size", || {
        bind(&compiled, &ready)?;
        optimise(workspace, &ready)
    })?;
    std::fs::write(&stamp, wanted)?;
    Ok(ready)
}

/// Writes `app.js` and `app_bg.wasm`. The module's path is left out of the JavaScript: `boot.js` passes the hashed one.
fn bind(compiled: &Path, ready: &Path) -> Result<()> {
    if ready.exists() {
        std::fs::remove_dir_all(ready)?;
    }
    Bindgen::new()
        .input_path(compiled)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate(ready)
        .context("wasm-bindgen could not read the compiled module")
}

fn optimise(workspace: &Workspace, ready: &Path) -> Result<()> {
    let web = workspace.root.join("web");
    let bound = ready.join("app_bg.wasm");
    succeed_quietly(
        command(web.join("node_modules/.bin/wasm-opt"), &web)
            .arg("-Oz")
            .args(FEATURES)
            .arg(&bound)
            .arg("-o")
            .arg(ready.join("app.wasm")),
    )?;
    std::fs::remove_file(bound)?;
    Ok(())
}
