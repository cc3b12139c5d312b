//! Writes `web/dist`, which the server embeds: files named by their content, the page that refers to them, and
//! compressed copies of all. Leaves the folder untouched when nothing changed, since a change recompiles the server.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{capture, command};
use crate::web::fingerprint::hash_of;
use crate::web::{languages, modules};
use crate::workspace::Workspace;

/// The files of a build, collected in a staging folder and copied to `dist` together.
pub(crate) struct Dist {
    staging: PathBuf,
    /// Plain names and hashed names; `{{name}}` in the page and the scripts stands for the hashed one.
    names: Vec<(String, String)>,
    /// Files that the first visit does not download, relative to the folder.
    later: Vec<String>,
}

impl Dist {
    /// Starts with an empty staging folder.
    pub(crate) fn begin(workspace: &Workspace) -> Result<Self> {
        let staging = workspace.target.join("web").join("dist");
        if staging.exists() {
            std::fs::remove_dir_all(&staging)?;
        }
        std::fs::create_dir_all(&staging)?;
        Ok(Self { staging, names: Vec::new(), later: Vec::new() })
    }

    /// Adds a file under a name that contains the hash of its content.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let (stem, extension) = name.rsplit_once('.').context("a published file needs an extension")?;
        let hashed = format!("{stem}-{}.{extension}", hash_of(bytes));
        std::fs::write(self.staging.join(&hashed), bytes)?;
        if is_later(&hashed) {
            self.later.push(hashed.clone());
        }
        self.names.push((name.to_owned(), hashed));
        Ok(())
    }

    /// Reads a file of `web/` and replaces `{{name}}` by the hashed names of the files added so far.
    pub(crate) fn fill_in(&self, source: &Path) -> Result<String> {
        let mut text =
            std::fs::read_to_string(source).with_context(|| format!("reading {}", source.display()))?;
        for (name, hashed) in &self.names {
            text = text.replace(&format!("{{{{{name}}}}}"), hashed);
        }
        if text.contains("{{") {
            bail!("{} refers to a file that the build does not make", source.display());
        }
        Ok(text)
    }

    /// Adds the modules and their JavaScript. They refer to one another in a cycle, so their names cannot contain
    /// hashes: the name of their folder contains the hash of all of them.
    pub(crate) fn add_app(&mut self, ready: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        let plain = self.staging.join("app");
        copy_folder(ready, &plain, &mut bytes)?;
        let hashed = format!("app-{}", hash_of(&bytes));
        std::fs::rename(plain, self.staging.join(&hashed))?;
        for name in [modules::SCRIPT, modules::LINK, modules::MAIN] {
            self.names.push((name.to_owned(), format!("{hashed}/{name}")));
        }
        self.later.extend(modules::chunks(ready)?.into_iter().map(|name| format!("{hashed}/{name}")));
        Ok(())
    }

    /// Writes the page and the compressed copies, and copies everything to `web/dist`. Returns a line with the sizes.
    pub(crate) fn publish(self, workspace: &Workspace) -> Result<String> {
        let web = workspace.root.join("web");
        let page = self.fill_in(&web.join("index.html"))?;
        std::fs::write(self.staging.join("index.html"), page)?;
        let sizes = capture(command("node", &web).arg("compress.mjs").arg(&self.staging).args(&self.later))?;

        let dist = web.join("dist");
        if !same(&dist, &self.staging)? {
            if dist.exists() {
                std::fs::remove_dir_all(&dist)?;
            }
            // Copied, not renamed: the target folder may be on another disk.
            copy_folder(&self.staging, &dist, &mut Vec::new())?;
        }
        Ok(sizes.trim().to_owned())
    }
}

/// Returns whether a first visit in English shows the sign-in page or the queue without this file: the lazy chunks, the
/// other languages, and the service worker, which the notifications start.
pub(crate) fn is_later(name: &str) -> bool {
    let is_chunk = name.ends_with(".wasm") && name != modules::MAIN;
    is_chunk || name.ends_with(languages::EXTENSION) || name.starts_with("service-worker")
}

/// Copies a folder and appends the names and contents of its files, sorted, to `bytes`.
fn copy_folder(from: &Path, to: &Path, bytes: &mut Vec<u8>) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for path in entries(from)? {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            copy_folder(&path, &to.join(name), bytes)?;
            continue;
        }
        let content = std::fs::read(&path)?;
        std::fs::write(to.join(name), &content)?;
        bytes.extend_from_slice(name.as_encoded_bytes());
        bytes.extend_from_slice(&content);
    }
    Ok(())
}

/// Whether two folders have the same content. Comparing names is enough, since they contain hashes; only the page's
/// name does not.
fn same(old: &Path, new: &Path) -> Result<bool> {
    if !old.is_dir() {
        return Ok(false);
    }
    let names = |folder: &Path| -> Result<Vec<_>> {
        Ok(entries(folder)?.iter().filter_map(|path| path.file_name().map(ToOwned::to_owned)).collect())
    };
    let page = |folder: &Path| std::fs::read(folder.join("index.html")).ok();
    Ok(names(old)? == names(new)? && page(old) == page(new))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates an empty folder for one test.
    fn temporary(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sms-chat-publish-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn names_contain_the_content_hash_and_unknown_names_are_rejected() {
        let staging = temporary("names");
        let mut dist = Dist { staging: staging.clone(), names: Vec::new(), later: Vec::new() };
        dist.add("boot.js", b"one").unwrap();
        let page = staging.join("page.html");
        std::fs::write(&page, "<script src=\"/{{boot.js}}\">").unwrap();
        let filled = dist.fill_in(&page).unwrap();
        std::fs::write(&page, "{{other.js}}").unwrap();
        let refused = dist.fill_in(&page);
        std::fs::remove_dir_all(&staging).unwrap();

        assert_eq!(filled, format!("<script src=\"/boot-{}.js\">", hash_of(b"one")));
        assert!(refused.is_err());
    }

    #[test]
    fn languages_and_the_service_worker_are_downloaded_later() {
        let staging = temporary("later");
        let mut dist = Dist { staging: staging.clone(), names: Vec::new(), later: Vec::new() };
        for name in ["boot.js", "de.txt", "service-worker.js"] {
            dist.add(name, b"one").unwrap();
        }
        std::fs::remove_dir_all(&staging).unwrap();
        let hash = hash_of(b"one");
        assert_eq!(dist.later, [format!("de-{hash}.txt"), format!("service-worker-{hash}.js")]);
    }

    #[test]
    fn a_change_of_any_module_renames_all_and_only_chunks_are_lazy() {
        let (staging, ready) = (temporary("dist"), temporary("ready"));
        let add = |chunk: &str| {
            for name in [modules::SCRIPT, modules::LINK, modules::MAIN] {
                std::fs::write(ready.join(name), name).unwrap();
            }
            std::fs::write(ready.join("split_lazy.wasm"), chunk).unwrap();
            let mut dist = Dist { staging: staging.clone(), names: Vec::new(), later: Vec::new() };
            dist.add_app(&ready).unwrap();
            (dist.names, dist.later)
        };
        let (one, two) = (add("one"), add("two"));
        std::fs::remove_dir_all(&staging).unwrap();
        std::fs::remove_dir_all(&ready).unwrap();

        let folder = |names: &[(String, String)]| names[0].1.split_once('/').unwrap().0.to_owned();
        assert_ne!(folder(&one.0), folder(&two.0));
        for (names, later) in [&one, &two] {
            let folder = folder(names);
            assert!(names.iter().all(|(name, path)| *path == format!("{folder}/{name}")), "{names:?}");
            assert_eq!(*later, [format!("{folder}/split_lazy.wasm")]);
        }
    }
}
