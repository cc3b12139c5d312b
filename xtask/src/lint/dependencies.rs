//! Checks every dependency against `deny.toml`: licences, banned crates, wildcard versions and sources. This is part of
//! what cargo-deny does, but needs no network, takes a second, and spares installing cargo-deny, which takes minutes.
//!
//! Advisories need RustSec's database. cargo-deny checks them if it is installed and can fetch the database; otherwise
//! a warning says that they were not checked.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

use crate::process::{capture, cargo, find};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The parts of `deny.toml` that are checked here.
struct Policy {
    allowed: Vec<Licensee>,
    /// Banned crates, each with the reason.
    banned: Vec<(String, String)>,
}

impl Policy {
    fn parse(text: &str) -> Result<Self> {
        let policy: toml::Table = text.parse().context("reading deny.toml")?;
        let list = |section: &str, name: &str| {
            let list =
                policy.get(section).and_then(|section| section.get(name)).and_then(toml::Value::as_array);
            list.cloned().unwrap_or_default()
        };
        let allowed = list("licenses", "allow").into_iter().map(|name| {
            let name = name.as_str().context("a licence in deny.toml is not a string")?;
            Licensee::parse(name)
                .with_context(|| format!("deny.toml allows {name}, which is not an SPDX licence"))
        });
        let banned = list("bans", "deny").into_iter().map(|entry| {
            let text = |name: &str| entry.get(name).and_then(toml::Value::as_str).map(str::to_owned);
            let name = text("crate").context("a ban in deny.toml names no crate")?;
            let reason =
                text("reason").with_context(|| format!("the ban of {name} in deny.toml has no reason"))?;
            Ok((name, reason))
        });
        Ok(Self { allowed: allowed.collect::<Result<_>>()?, banned: banned.collect::<Result<_>>()? })
    }

    /// Returns the rules that a package of `cargo metadata` breaks.
    fn faults(&self, package: &Value) -> Vec<String> {
        let text = |name: &str| package.get(name).and_then(Value::as_str);
        let name = text("name").unwrap_or_default();
        let Some(source) = text("source") else { return wildcards(package) };
        let mut faults = Vec::new();
        if source != CRATES_IO {
            faults.push(format!("comes from {source}; only crates.io is allowed"));
        }
        if let Some((_, reason)) = self.banned.iter().find(|(banned, _)| banned == name) {
            faults.push(format!("is banned: {reason}"));
        }
        match text("license") {
            None => faults.push("names no licence".to_owned()),
            Some(license) if !self.allows(license) => {
                faults.push(format!("has the licence {license}, which is not allowed"))
            }
            Some(_) => {}
        }
        faults
    }

    fn allows(&self, license: &str) -> bool {
        let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else { return false };
        expression.evaluate(|required| self.allowed.iter().any(|licensee| licensee.satisfies(required)))
    }
}

/// Returns the dependencies of a workspace crate that accept any version.
fn wildcards(package: &Value) -> Vec<String> {
    let all = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
    let any_version =
        all.filter(|one| one.get("req").is_some_and(|req| req == "*") && one.get("path").is_none());
    any_version
        .map(|one| format!("depends on any version of {}", one.get("name").unwrap_or(&Value::Null)))
        .collect()
}

/// Fails when a dependency breaks a rule of `deny.toml`.
pub(super) fn check(root: &Path) -> Result<()> {
    let policy = Policy::parse(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let metadata = capture(cargo(root).args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("reading cargo metadata")?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists no packages")?;
    let mut count = 0;
    for package in packages {
        for fault in policy.faults(package) {
            let text = |name: &str| package.get(name).and_then(Value::as_str).unwrap_or_default();
            eprintln!("{} {}: {fault}", text("name"), text("version"));
            count += 1;
        }
    }
    match count {
        0 => Ok(()),
        count => bail!("{count} dependencies break a rule of deny.toml, listed above"),
    }
}

/// Fails when a dependency has a known vulnerability, if that can be looked up.
pub(super) fn check_advisories(root: &Path) -> Result<()> {
    if find(&["cargo-deny"], &[]).is_none() {
        not_checked("cargo-deny is not installed; `cargo install --locked cargo-deny` installs it");
        return Ok(());
    }
    let output = Command::new("cargo-deny").current_dir(root).args(["check", "advisories"]).output()?;
    let printed =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(());
    }
    if printed.contains("failed to fetch advisory database") {
        not_checked("RustSec's database cannot be fetched from here");
        return Ok(());
    }
    eprintln!("{printed}");
    bail!("a dependency has an advisory, listed above")
}

fn not_checked(why: &str) {
    eprintln!("\n*** ADVISORIES WERE NOT CHECKED: {why}. Check them before a release. ***\n");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POLICY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
        [bans]
        deny = [{ crate = "h2", reason = "RUSTSEC-2026-0258" }]
    "#;

    fn faults(package: &Value) -> Vec<String> {
        Policy::parse(POLICY).unwrap().faults(package)
    }

    fn licensed(license: &str) -> Value {
        json!({"name": "one", "source": CRATES_IO, "license": license})
    }

    #[test]
    fn a_licence_must_be_allowed() {
        for allowed in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "(MIT AND Apache-2.0)",
        ] {
            assert_eq!(faults(&licensed(allowed)), Vec::<String>::new(), "{allowed}");
        }
        for wrong in ["GPL-3.0", "MIT AND GPL-3.0", "Unlicense", "no licence at all"] {
            assert_eq!(faults(&licensed(wrong)).len(), 1, "{wrong}");
        }
        assert_eq!(
            faults(&json!({"name": "one", "source": CRATES_IO, "license": null})),
            ["names no licence"]
        );
    }

    #[test]
    fn banned_crates_other_sources_and_wildcards_are_found() {
        let banned = json!({"name": "h2", "source": CRATES_IO, "license": "MIT"});
        assert_eq!(faults(&banned), ["is banned: RUSTSEC-2026-0258"]);
        let foreign = json!({"name": "one", "source": "git+https://example.com/one", "license": "MIT"});
        assert!(faults(&foreign)[0].contains("only crates.io"));
        let own = json!({"name": "api", "source": null, "dependencies": [
            {"name": "shared", "req": "*", "path": "/x"}, {"name": "rand", "req": "*"}, {"name": "csv", "req": "^1"}]});
        assert_eq!(faults(&own), ["depends on any version of \"rand\""]);
    }
}
