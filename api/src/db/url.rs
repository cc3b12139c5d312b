//! Which database, by the scheme of its URL.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where the desk keeps what it knows.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, as libpq's URL.
    Postgres(String),
    /// An embedded SQLite file.
    Sqlite(PathBuf),
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite://") {
            Some("") => Err("names no file after sqlite://"),
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            None => Err("begins with neither sqlite:// nor postgres://"),
        }
    }
}

/// Shows no password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let shown = url.rsplit_once('@').map_or("postgres://...", |(_, place)| place);
                write!(f, "postgres://{}", shown.trim_start_matches("postgres://"))
            }
        }
    }
}
