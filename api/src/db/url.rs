//! The URL of the database. Its scheme selects SQLite or PostgreSQL.

use std::{fmt, path::PathBuf, str::FromStr};

use url::{Url, form_urlencoded};

/// Why a text is not the URL of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// It has another scheme, or none.
    #[error("must begin with sqlite:// or postgres://")]
    Scheme,
    /// It names no SQLite file.
    #[error("has no file name after sqlite://")]
    FileName,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, as a libpq connection URL.
    Postgres(String),
    /// An embedded SQLite file.
    Sqlite(PathBuf),
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite://") {
            Some("") => Err(InvalidDatabaseUrl::FileName),
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            None => Err(InvalidDatabaseUrl::Scheme),
        }
    }
}

impl DatabaseUrl {
    /// Returns the URL without the password, as an argument for PostgreSQL's programs. `None` for a SQLite file, and for a
    /// URL that only libpq can read.
    #[must_use]
    pub fn without_password(&self) -> Option<String> {
        let Self::Postgres(url) = self else { return None };
        let mut url = Url::parse(url).ok()?;
        url.set_password(None).ok()?;
        let pairs = url.query().unwrap_or_default().split('&');
        let kept = pairs.filter(|pair| !is_password(pair)).collect::<Vec<_>>().join("&");
        url.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
        Some(url.to_string())
    }
}

/// Omits the password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => write!(f, "postgres://{}", place(url).unwrap_or("...")),
        }
    }
}

/// Returns the host and the database of a PostgreSQL URL that has a user. A password may be before them, and in the
/// parameters after them.
fn place(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let user = rest.split('/').next()?.rfind('@')?;
    let place = rest.get(user + 1..)?.split(['?', '&']).next()?;
    place.rsplit('@').next()
}

/// Whether a parameter of a URL is a password.
fn is_password(pair: &str) -> bool {
    let name = form_urlencoded::parse(pair.as_bytes()).next();
    name.is_some_and(|(name, _)| ["password", "sslpassword"].contains(&name.as_ref()))
}

/// How soon a connection to a PostgreSQL server that has vanished counts as lost, as parameters of libpq. By default a
/// process waits for hours, because the server's machine cannot close the connection.
const TIME_LIMITS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// Adds the time limits that a libpq connection URL does not set itself.
pub(super) fn with_time_limits(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // The password may contain a question mark.
    let credentials = rest.split_once('@').filter(|(user, _)| !user.contains('/'));
    let has_parameters = credentials.map_or(rest, |(_, place)| place).contains('?');
    let mut limited = url.to_owned();
    let mut separator = if has_parameters { '&' } else { '?' };
    for (name, value) in TIME_LIMITS {
        if !url.contains(&format!("{name}=")) {
            limited.extend([separator.to_string().as_str(), name, "=", value]);
            separator = '&';
        }
    }
    limited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_limits_are_added_unless_the_url_sets_them() {
        let limits = "keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=15000";
        for (url, limited) in [
            ("postgres://h/d", format!("postgres://h/d?connect_timeout=5&{limits}")),
            ("postgres://a:?@h/d", format!("postgres://a:?@h/d?connect_timeout=5&{limits}")),
            (
                "postgres://h/d?user=a@b&connect_timeout=9",
                format!("postgres://h/d?user=a@b&connect_timeout=9&{limits}"),
            ),
        ] {
            assert_eq!(with_time_limits(url), limited);
        }
    }

    #[test]
    fn the_scheme_selects_the_database() {
        assert_eq!("sqlite://data/a.db".parse(), Ok(DatabaseUrl::Sqlite(PathBuf::from("data/a.db"))));
        assert_eq!("sqlite:///var/a.db".parse(), Ok(DatabaseUrl::Sqlite(PathBuf::from("/var/a.db"))));
        for url in ["postgres://h/d", "postgresql://h/d"] {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Postgres(url.to_owned())));
        }
        for url in ["", "sqlite://", "sqlite:a.db", "mysql://h/d", "a.db", "POSTGRES://h/d"] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }

    #[test]
    fn the_password_is_removed_from_a_url_for_other_programs() {
        for (url, expected) in [
            (
                "postgres://desk:se%40cret@db.example.com:5433/desk",
                "postgres://desk@db.example.com:5433/desk",
            ),
            ("postgres://db/desk?user=desk&password=secret", "postgres://db/desk?user=desk"),
            ("postgresql://desk:secret@db/desk?sslmode=require", "postgresql://desk@db/desk?sslmode=require"),
            (
                "postgres://desk@db/desk?options=-c%20jit%3Doff&sslpassword=se+cret&p%61ssword=secret&sslmode=require",
                "postgres://desk@db/desk?options=-c%20jit%3Doff&sslmode=require",
            ),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(url.without_password().as_deref(), Some(expected));
        }
        assert_eq!(DatabaseUrl::Sqlite(PathBuf::from("a.db")).without_password(), None);
    }

    #[test]
    fn the_displayed_url_contains_no_password() {
        for url in [
            "postgres://desk:secret@db.example.com/desk",
            "postgres://desk:se@cret@db.example.com/desk",
            "postgresql://desk:secret@db.example.com/desk?sslmode=require",
            "postgres://db.example.com/desk?user=desk&password=secret",
            "postgres://db.example.com/desk?user=a@b&password=secret",
            "postgres://desk@db.example.com/desk?password=secret",
            "postgres://desk:a@db.example.com/desk?sslpassword=secret&user=a@secret",
            "postgres://desk@db.example.com?user=a@b&password=secret",
            "postgres://desk:se/cret@db.example.com/desk",
            "postgres://desk:sec?ret/se@cret@db.example.com/desk",
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            for shown in [format!("{url}"), format!("{url:?}")] {
                assert!(!shown.contains("cret"), "{shown}");
                assert!(shown.starts_with("postgres://"), "{shown}");
            }
        }
        let url: DatabaseUrl = "postgresql://desk:a?@db.example.com/desk?password=b".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db.example.com/desk");
    }
}
