//! The budget of a first visit: what the browser downloads before it shows the sign-in page or the queue.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::web::publish::is_later;

/// Number of bytes that a first visit may download.
const BUDGET: u64 = 200_000;

/// Returns the files of a first visit in `web/dist` with the size of their brotli copies, largest first: all files but
/// those that are downloaded later.
fn first_load(dist: &Path) -> Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    files.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<(String, u64)>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".br"));
        if let Some(name) = name.filter(|name| !is_later(name)) {
            files.push((name.to_owned(), path.metadata()?.len()));
        }
    }
    Ok(())
}

/// Fails if a first visit downloads more than `budget` bytes, and names the files and the remedy.
fn check(files: &[(String, u64)], budget: u64) -> Result<()> {
    let total: u64 = files.iter().map(|(_, size)| size).sum();
    if total <= budget {
        return Ok(());
    }
    let list: Vec<String> = files.iter().map(|(name, size)| format!("  {size:>7} {name}")).collect();
    bail!(
        "The first load is {total} bytes (brotli); the budget is {budget}:\n{}\nMove what the sign-in page and the \
         queue do not need behind web/src/pages/lazy.rs, and see docs/first-load.md for what made the app smaller.",
        list.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn the_first_load_is_within_its_budget() {
        let dist = Workspace::find().unwrap().root.join("web").join("dist");
        // `cargo xtask test` builds the app first. Without an app there is nothing to measure.
        if dist.join("index.html.br").exists() {
            check(&first_load(&dist).unwrap(), BUDGET).unwrap();
        }
    }

    #[test]
    fn lazy_chunks_and_languages_are_not_part_of_the_first_load() {
        let dist = std::env::temp_dir().join(format!("sms-chat-budget-{}", std::process::id()));
        let app = dist.join("app-1");
        std::fs::create_dir_all(&app).unwrap();
        for name in
            ["app.wasm.br", "app.wasm", "app.wasm.gz", "app.js.br", "split_lazy.wasm.br", "chunk_3.wasm.br"]
        {
            std::fs::write(app.join(name), name).unwrap();
        }
        std::fs::write(dist.join("index.html.br"), "page").unwrap();
        std::fs::write(dist.join("de-1.txt.br"), "Texte").unwrap();
        let files = first_load(&dist).unwrap();
        std::fs::remove_dir_all(&dist).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["app.wasm", "app.js", "index.html"]);
        assert_eq!(files.iter().map(|(_, size)| size).sum::<u64>(), 11 + 9 + 4);
    }

    #[test]
    fn a_first_load_above_the_budget_names_its_files_and_the_remedy() {
        let files = [("app.wasm".to_owned(), 90), ("style.css".to_owned(), 11)];
        assert!(check(&files, 101).is_ok());
        let refused = check(&files, 100).unwrap_err().to_string();
        for part in ["101 bytes", "budget is 100", "90 app.wasm", "11 style.css", "lazy.rs"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}
