//! Builds the single-page app from `web/` into `web/dist`. In reading order: `fingerprint` (has anything changed?),
//! `compile` (Rust to WebAssembly), `modules` with `shorten` (the main module and the lazy chunks), `languages`, `publish`
//! (hashed names, compressed copies), `watch`. The tests in `budget` limit what a first visit downloads. The stamp is written
//! last, so that an interrupted build is repeated.

#[cfg(test)]
mod budget;
mod compile;
pub(crate) mod fingerprint;
pub(crate) mod languages;
mod modules;
mod publish;
mod shorten;
mod watch;

pub(crate) use watch::watch;

use anyhow::{Context, Result};

use crate::packages::ensure_npm;
use crate::process::{command, succeed_quietly};
use crate::steps::step;
use crate::workspace::Workspace;
use publish::Dist;

/// Whether there is a built app, up to date or not.
pub(crate) fn exists(workspace: &Workspace) -> bool {
    workspace.root.join("web").join("dist").join("index.html").exists()
}

/// Builds the app unless `web/dist` is up to date.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let stamp = workspace.target.join("web.stamp");
    let wanted = fingerprint::of_inputs(workspace)?;
    if exists(workspace) && std::fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        println!("Single-page app: unchanged");
        return Ok(());
    }
    ensure_npm(workspace, "web", "Tailwind, daisyUI and wasm-opt build the single-page app")?;
    let ready = compile::compile(workspace)?;
    let sizes = step("Style sheet and compressed copies", "what the browser downloads", || {
        let web = workspace.root.join("web");
        let mut dist = Dist::begin(workspace)?;
        dist.add_app(&ready)?;
        dist.add("style.css", &style_sheet(workspace)?)?;
        dist.add("favicon.svg", &std::fs::read(web.join("favicon.svg"))?)?;
        dist.add("service-worker.js", &std::fs::read(web.join("service-worker.js"))?)?;
        for language in languages::read(&workspace.root)? {
            dist.add(&language.published_name(), language.published().as_bytes())?;
        }
        dist.add("head.js", dist.fill_in(&web.join("head.js"))?.as_bytes())?;
        dist.add("boot.js", dist.fill_in(&web.join("boot.js"))?.as_bytes())?;
        dist.publish(workspace)
    })?;
    println!("{sizes}");
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// Generates the style sheet with the Tailwind classes that the sources use.
fn style_sheet(workspace: &Workspace) -> Result<Vec<u8>> {
    let web = workspace.root.join("web");
    let output = workspace.target.join("web").join("style.css");
    succeed_quietly(
        command(web.join("node_modules/.bin/tailwindcss"), &web)
            .args(["--input", "style.css", "--minify", "--output"])
            .arg(&output),
    )?;
    std::fs::read(&output).with_context(|| format!("reading {}", output.display()))
}
