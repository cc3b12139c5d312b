//! Installs Python packages into a virtual environment in the target folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::packages::install;
use crate::process::{command, succeed_quietly};
use crate::steps::step;
use crate::web::fingerprint::hash_of;
use crate::workspace::Workspace;

/// Fails unless Python is new enough and can create virtual environments. Debian splits off the latter.
const CHECK: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";

/// Installs the packages of a requirements file, which pins each by its hash, unless they are installed already.
/// Returns the Python that has them.
pub(crate) fn ensure_python(workspace: &Workspace, requirements: &Path, why: &str) -> Result<PathBuf> {
    let bytes =
        fs::read(requirements).with_context(|| format!("reading {}", workspace.shown(requirements)))?;
    let environment = workspace.target.join("python");
    let python = environment.join("bin/python");
    // Inside the environment, so that deleting the folder deletes the stamp too.
    let stamp = environment.join(".installed-requirements");
    let wanted = hash_of(&bytes);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let check = || succeed_quietly(command("python3", &workspace.root).args(["-c", CHECK]));
    if check().is_err() {
        install(&["python3-venv"], &format!("{why}, which needs Python 3.11 or newer"))?;
        check().context("Python 3.11 or newer is needed, with venv")?;
    }
    step(&format!("pip install -r {}", workspace.shown(requirements)), why, || {
        let venv = ["-m", "venv", "--clear"];
        succeed_quietly(command("python3", &workspace.root).args(venv).arg(&environment))?;
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"];
        succeed_quietly(command(&python, &workspace.root).args(install).arg(requirements))
    })?;
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(python)
}
