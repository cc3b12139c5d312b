//! Installs the Debian and npm packages that the tasks need. Debian packages are installed only as root, without sudo;
//! otherwise an error says what to install.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::{command, find, is_root, succeed_quietly};
use crate::steps::step;
use crate::web::fingerprint::hash_of;
use crate::workspace::Workspace;

/// Installs Debian packages as root; otherwise fails with an error that says what to install.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    let names = packages.join(" ");
    let root = Path::new("/");
    if find(&["apt-get"], &[]).is_none() {
        bail!("{why}: install the equivalents of the Debian packages {names}");
    }
    if !is_root() {
        bail!("{why}: as root, run apt-get install --no-install-recommends {names}");
    }
    step(&format!("apt-get install {names}"), why, || {
        // `update` fails when one of several sources is unreachable; the install may still succeed with the others.
        if let Err(error) = succeed_quietly(command("apt-get", root).args(["update", "-qq"])) {
            println!("apt-get update: {error}");
        }
        succeed_quietly(
            command("apt-get", root)
                .args(["install", "-y", "-qq", "--no-install-recommends"])
                .args(packages)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    })
}

/// Installs the C compiler and the libraries that the server is compiled with, unless they are present.
pub(crate) fn ensure_native_libraries() -> Result<()> {
    let root = Path::new("/");
    let present = find(&["cc"], &[]).is_some()
        && find(&["pkg-config"], &[]).is_some()
        && command("pkg-config", root).args(["--exists", "openssl"]).status().is_ok_and(|s| s.success());
    if present {
        return Ok(());
    }
    install(&["gcc", "libc6-dev", "libssl-dev", "pkg-config"], "the server's TLS is built against OpenSSL")
}

/// Installs Node.js and npm, which run Tailwind, wasm-opt and Playwright, unless they are present.
pub(crate) fn ensure_node() -> Result<()> {
    if find(&["node"], &[]).is_some() && find(&["npm"], &[]).is_some() {
        return Ok(());
    }
    install(&["nodejs", "npm"], "Tailwind, wasm-opt and Playwright run on Node.js (20 or newer)")
}

/// Runs `npm ci` in a folder of the workspace, unless the packages of its lock file are already installed.
pub(crate) fn ensure_npm(workspace: &Workspace, folder: &str, why: &str) -> Result<()> {
    ensure_node()?;
    let at = workspace.root.join(folder);
    let lock = at.join("package-lock.json");
    let bytes = std::fs::read(&lock).with_context(|| format!("reading {}", workspace.shown(&lock)))?;
    // Inside node_modules, so that deleting the folder deletes the stamp too.
    let stamp = at.join("node_modules").join(".installed-lock");
    let wanted = hash_of(&bytes);
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step(&format!("npm ci in {folder}"), why, || {
        succeed_quietly(
            command("npm", &at)
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        )
    })?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}
