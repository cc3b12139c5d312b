//! Chooses the compiler that builds the single-page app for wasm32. The server and the tests use the toolchain of
//! `rust-toolchain.toml` instead.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::packages::install;
use crate::process::{capture, command, find};
use crate::workspace::Workspace;

/// The target of the single-page app.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The compiler of Debian's package `rustc-web`.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// The standard library's sources of `rust-web-src`, relative to the compiler's system root.
const STD_SOURCES: &str = "lib/rustlib/src/rust/library/std/Cargo.toml";
/// How long `rustup target add` may take: without network access it never ends.
const RUSTUP_TIMEOUT: Duration = Duration::from_secs(30);

/// A compiler that can build for wasm32.
pub(crate) enum Toolchain {
    /// The default toolchain, with the wasm32 standard library.
    Default,
    /// Debian's compiler, which builds the standard library from source.
    Debian {
        /// `wasm-ld`, perhaps with a version in its name.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Chooses the default toolchain if it has the target or rustup can add it, otherwise Debian's.
    pub(crate) fn choose(workspace: &Workspace) -> Result<Self> {
        if has_target(&workspace.root)? || add_target(workspace)? {
            return Ok(Self::Default);
        }
        let linker = debian(&workspace.root)?;
        println!("wasm32: Debian's compiler, because rustup cannot fetch the target here");
        Ok(Self::Debian { linker })
    }

    /// Makes a cargo command use this toolchain.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        let Self::Debian { linker } = self else { return };
        cargo
            .env("RUSTC", DEBIAN_RUSTC)
            // Debian's compiler is a stable one, and `build-std` is not stable yet.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
}

/// Asks the compiler, not rustup, so that a toolchain without rustup works as well.
fn has_target(root: &Path) -> Result<bool> {
    let folder = capture(command("rustc", root).args(["--print", "target-libdir", "--target", WASM]))?;
    let Ok(entries) = std::fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.any(|name| name.starts_with("libcore-") && name.ends_with(".rlib")))
}

/// Tries to add the target with rustup, with a timeout; a failure is recorded, so that it is not tried again.
fn add_target(workspace: &Workspace) -> Result<bool> {
    let failed_before = workspace.target.join("wasm32-not-from-rustup");
    if failed_before.exists() || find(&["rustup"], &[]).is_none() {
        return Ok(false);
    }
    println!("rustup target add {WASM}: the single-page app is compiled to WebAssembly");
    let mut rustup = command("rustup", &workspace.root)
        .args(["target", "add", WASM])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("could not start rustup")?;
    let deadline = Instant::now() + RUSTUP_TIMEOUT;
    loop {
        if let Some(status) = rustup.try_wait()? {
            if status.success() && has_target(&workspace.root)? {
                return Ok(true);
            }
            break;
        }
        if Instant::now() >= deadline {
            rustup.kill()?;
            rustup.wait()?;
            break;
        }
        sleep(Duration::from_millis(100));
    }
    std::fs::write(&failed_before, "rustup could not add the target; delete this file to try again\n")?;
    Ok(false)
}

/// Installs Debian's compiler when it is missing, and returns its linker.
fn debian(root: &Path) -> Result<PathBuf> {
    let linkers = ["wasm-ld-22", "wasm-ld"];
    if !debian_is_complete(root) || find(&linkers, &[]).is_none() {
        install(
            &["rustc-web", "rust-web-src", "lld-22"],
            "rustup cannot fetch the wasm32 target here; Debian's compiler can build it",
        )?;
    }
    match find(&linkers, &[]) {
        Some(linker) if debian_is_complete(root) => Ok(linker),
        _ => bail!("no compiler for {WASM}: run `rustup target add {WASM}`, then try again"),
    }
}

fn debian_is_complete(root: &Path) -> bool {
    Path::new(DEBIAN_RUSTC).exists()
        && capture(command(DEBIAN_RUSTC, root).args(["--print", "sysroot"]))
            .is_ok_and(|sysroot| Path::new(sysroot.trim()).join(STD_SOURCES).exists())
}
