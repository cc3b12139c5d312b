//! Both databases have the same migrations, each with its way back. Must never judge what is inside them: a test that
//! compares the two schemas does that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Violation;

/// Migrations that one database lacks, and missing halves.
pub(super) fn check(root: &Path) -> Result<Vec<Violation>> {
    let sqlite = names(&root.join("migrations/sqlite"))?;
    let postgres = names(&root.join("migrations/postgres"))?;
    let mut violations = Vec::new();
    let mut missing = |file: PathBuf, rule| {
        if !root.join(&file).is_file() {
            violations.push(Violation { file, line: 1, rule });
        }
    };
    for name in sqlite.union(&postgres) {
        for database in ["sqlite", "postgres"] {
            let folder = Path::new("migrations").join(database).join(name);
            missing(folder.join("up.sql"), "missing: both databases have the same migrations");
            missing(folder.join("down.sql"), "missing: every migration has its way back");
        }
    }
    Ok(violations)
}

/// The folders' names; none when there are no migrations yet.
fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                names.insert(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_half_and_a_missing_twin_are_found() {
        let root = std::env::temp_dir().join(format!("sms-chat-migrations-{}", std::process::id()));
        for file in ["sqlite/1_a/up.sql", "sqlite/1_a/down.sql", "postgres/1_a/up.sql", "postgres/2_b/up.sql"]
        {
            let path = root.join("migrations").join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = check(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();

        let files: Vec<_> = found.iter().map(|violation| violation.file.display().to_string()).collect();
        assert_eq!(
            files,
            [
                "migrations/postgres/1_a/down.sql",
                "migrations/sqlite/2_b/up.sql",
                "migrations/sqlite/2_b/down.sql",
                "migrations/postgres/2_b/down.sql",
            ]
        );
    }
}
