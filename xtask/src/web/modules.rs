//! From the compiler's one module to what the browser loads: the main module with its JavaScript, and the chunks that
//! are loaded when they are wanted. Must never be given other flags than these without a try in a browser: with all
//! features enabled Chromium refuses the module, and the modules call one another through what optimising may not touch.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{command, succeed_quietly};
use crate::web::shorten::{rewrite, shorten};
use crate::workspace::Workspace;

/// What is done here belongs to what its results depend on.
pub(crate) const RECIPE: &str = concat!(include_str!("modules.rs"), include_str!("shorten.rs"));

/// The JavaScript bindings.
pub(crate) const SCRIPT: &str = "app.js";
/// The main module.
pub(crate) const MAIN: &str = "app.wasm";
/// The JavaScript that fetches the chunks; the bindings import it.
pub(crate) const LINK: &str = "link.js";

/// What the browsers of the last years understand, and what the compiler writes by default.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
];

/// The structure is taken apart and found anew before it is optimised, a hundredth less to download. Nothing lives below
/// 1024: that is the far end of the stack, where a program without an end has overflowed it.
const SMALLER: [&str; 4] = ["--flatten", "--rereloop", "-Oz", "--low-memory-unused"];

/// Fills the folder `ready`: the three files above, the chunks, and perhaps `snippets/`. They name one another by
/// relative paths, so they must stay together.
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

/// The chunks of a folder that `make` has filled, by their file names.
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

/// Writes the main module to `main`, and beside it `link.js` and the chunks, which it returns.
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

/// Writes `app.js` and `app_bg.wasm`. The module's path is left out of the JavaScript: `boot.js` passes the hashed one.
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
