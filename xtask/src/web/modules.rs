//! Turns the compiler's module into what the browser loads: the main module with its JavaScript, and the lazy chunks.
//! Try changed flags in a browser: with all features enabled Chromium rejects the module, and some optimisations break
//! the calls between modules.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{command, succeed_quietly};
use crate::web::shorten::{rewrite, shorten};
use crate::workspace::Workspace;

/// The source of this step, so that a change of it causes a new build.
pub(crate) const RECIPE: &str = concat!(include_str!("modules.rs"), include_str!("shorten.rs"));

/// The JavaScript bindings.
pub(crate) const SCRIPT: &str = "app.js";
/// The main module.
pub(crate) const MAIN: &str = "app.wasm";
/// The JavaScript that loads the chunks; the bindings import it.
pub(crate) const LINK: &str = "link.js";

/// The WebAssembly features that the compiler uses by default; browsers have supported them for years.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
];

/// Rebuilding the control flow before optimising saves 1 % of the download, and doing both again another 0.5 %.
/// `--low-memory-unused` is sound because the addresses below 1024 are the end of the stack, which only an overflow
/// reaches.
const SMALLER: [&str; 7] =
    ["--flatten", "--rereloop", "-Oz", "--flatten", "--rereloop", "-Oz", "--low-memory-unused"];

/// Fills the folder `ready` with the three files above, the chunks, and `snippets/` if there are any. They refer to one
/// another by relative paths, so they must stay together.
pub(crate) fn make(workspace: &Workspace, compiled: &[u8], ready: &Path) -> Result<()> {
    let parts = workspace.target.join("web").join("parts");
    for folder in [ready, &parts] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
    }
    let main = parts.join("main.wasm");
    let chunks = split(compiled, &parts, &main)?;
    std::fs::copy(parts.join(LINK), ready.join(LINK))?;
    bind(&main, &parts, ready)?;
    optimise(workspace, &parts.join("app_bg.wasm"), &ready.join(MAIN))?;
    for chunk in chunks {
        let name = chunk.file_name().context("a chunk without a name")?;
        optimise(workspace, &chunk, &ready.join(name))?;
    }
    Ok(())
}

/// Returns the file names of the chunks in a folder that `make` has filled.
pub(crate) fn chunks(ready: &Path) -> Result<Vec<String>> {
    let mut chunks = Vec::new();
    for entry in std::fs::read_dir(ready).with_context(|| format!("listing {}", ready.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != MAIN && name.ends_with(".wasm") {
            chunks.push(name);
        }
    }
    chunks.sort();
    Ok(chunks)
}

/// Writes the main module to `main`, and `link.js` and the chunks next to it; returns the chunks.
fn split(compiled: &[u8], parts: &Path, main: &Path) -> Result<Vec<PathBuf>> {
    let link = format!("./{LINK}");
    let script = format!("./{SCRIPT}");
    let mut options = wasm_split_cli_support::Options::new(compiled);
    options.output_dir = parts;
    options.main_out_path = main;
    options.link_name = &link;
    options.main_module = &script;
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the compiled module could not be split: {error:#}"))?;
    Ok(split.split_modules)
}

/// Writes `app.js` and `app_bg.wasm`. The JavaScript does not contain the module's path: `boot.js` passes the hashed
/// one.
fn bind(main: &Path, parts: &Path, ready: &Path) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(main)
        .out_name("app")
        .web(true)?
        .typescript(false)
        // The chunks import what the linker exports: the memory, the table and the stack pointer.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()
        .context("wasm-bindgen could not read the compiled module")?;
    let names = shorten(&mut output);
    output.emit(ready)?;
    std::fs::rename(ready.join("app_bg.wasm"), parts.join("app_bg.wasm"))?;
    let script = ready.join(SCRIPT);
    std::fs::write(&script, rewrite(&std::fs::read_to_string(&script)?, &names))?;
    Ok(())
}

fn optimise(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    let web = workspace.root.join("web");
    succeed_quietly(
        command(web.join("node_modules/.bin/wasm-opt"), &web)
            .args(FEATURES)
            .args(SMALLER)
            .arg(from)
            .arg("-o")
            .arg(to),
    )
}
