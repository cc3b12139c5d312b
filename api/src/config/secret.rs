//! The secret that signs access tokens: configured, or generated once and stored beside the SQLite file. The
//! simulator's default credentials are derived from it, so that only programs with the server's settings know them.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{Credentials, SettingError};
use crate::db::{DatabaseUrl, files::make_folder_of};

const VARIABLE: &str = "SMS_CHAT_JWT_SECRET";
const EXAMPLE: &str = "$(openssl rand -hex 32)";
/// Minimum lengths, in bytes.
const MIN_SECRET_LENGTH: usize = 32;
const MIN_TOKEN_LENGTH: usize = 16;
/// A secret with fewer different characters was typed, not generated.
const MIN_DIFFERENT_CHARACTERS: usize = 8;

pub(super) fn jwt_secret(given: Option<&str>, database: &DatabaseUrl) -> Result<SecretString, SettingError> {
    let problem = |problem: String| SettingError { variable: VARIABLE, problem, example: EXAMPLE };
    match (given, database) {
        (Some(secret), _) => {
            check_strength(secret).map_err(|weak| problem(weak.to_string()))?;
            Ok(SecretString::from(secret))
        }
        (None, DatabaseUrl::Postgres(_)) => {
            Err(problem("is required with PostgreSQL, and must be the same on every replica".into()))
        }
        (None, DatabaseUrl::Sqlite(path)) => {
            load_or_generate(&path.with_file_name("jwt-secret")).map_err(|error| problem(error.to_string()))
        }
    }
}

/// Validates a bearer token.
pub(super) fn token(
    given: Option<&str>,
    variable: &'static str,
) -> Result<Option<SecretString>, SettingError> {
    match given {
        Some(token) if token.len() < MIN_TOKEN_LENGTH => Err(SettingError {
            variable,
            problem: format!("is shorter than {MIN_TOKEN_LENGTH} characters"),
            example: EXAMPLE,
        }),
        given => Ok(given.map(SecretString::from)),
    }
}

/// Why a secret is too weak. The text does not quote the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum WeakSecret {
    #[error("is shorter than {MIN_SECRET_LENGTH} characters")]
    TooShort,
    #[error("has fewer than {MIN_DIFFERENT_CHARACTERS} different characters, so it can be guessed")]
    TooUniform,
}

/// Why the secret stored beside the SQLite file cannot be used.
#[derive(Debug, thiserror::Error)]
enum StoredSecretError {
    #[error("cannot be read from {}: {error}", .path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("cannot be stored in {}: {error}", .path.display())]
    Store { path: PathBuf, error: io::Error },
    #[error(
        "is stored in {} and {weakness}; delete the file to generate a new secret (everyone must sign in again), or set \
         the variable", .path.display()
    )]
    Weak { path: PathBuf, weakness: WeakSecret },
    #[error(
        "is stored in {shown}, which other users can read (mode {mode:04o}); run chmod 600 {shown}, or, if another user may have \
         read it, delete the file to generate a new secret (everyone must sign in again)",
        shown = .path.display()
    )]
    ReadableByOthers { path: PathBuf, mode: u32 },
}

fn check_strength(secret: &str) -> Result<(), WeakSecret> {
    if secret.len() < MIN_SECRET_LENGTH {
        return Err(WeakSecret::TooShort);
    }
    let different: BTreeSet<char> = secret.chars().collect();
    if different.len() < MIN_DIFFERENT_CHARACTERS { Err(WeakSecret::TooUniform) } else { Ok(()) }
}

/// The simulator's credentials when none are configured.
pub(super) fn simulator_credentials(jwt_secret: &SecretString) -> Credentials {
    let derived = |what: &str| {
        // HMAC accepts a key of any length, so this cannot fail.
        let mac = Hmac::<Sha256>::new_from_slice(jwt_secret.expose_secret().as_bytes());
        let digest = mac.map(|mac| mac.chain_update(what).finalize().into_bytes()).unwrap_or_default();
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    Credentials {
        account_sid: format!("AC{}", derived("the simulator's account")),
        auth_token: SecretString::from(derived("the simulator's token")),
        secondary_auth_token: None,
    }
}

/// Loads the secret stored beside the SQLite file, or generates it. An unusable secret is an error and is not replaced:
/// a new secret ends every session, which the operator must decide.
fn load_or_generate(path: &Path) -> Result<SecretString, StoredSecretError> {
    match fs::read_to_string(path) {
        Ok(secret) => check_stored(path.to_owned(), secret.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            generate(path).map_err(|error| StoredSecretError::Store { path: path.to_owned(), error })
        }
        Err(error) => Err(StoredSecretError::Read { path: path.to_owned(), error }),
    }
}

fn check_stored(path: PathBuf, secret: &str) -> Result<SecretString, StoredSecretError> {
    if let Err(weakness) = check_strength(secret) {
        return Err(StoredSecretError::Weak { path, weakness });
    }
    let mode = match fs::metadata(&path) {
        Ok(metadata) => metadata.permissions().mode() & 0o777,
        Err(error) => return Err(StoredSecretError::Read { path, error }),
    };
    if mode & 0o077 != 0 {
        return Err(StoredSecretError::ReadableByOthers { path, mode });
    }
    Ok(SecretString::from(secret))
}

/// Generates a secret and stores it. The complete file appears in one step, readable only by its owner. If another
/// process has created it first, returns that secret.
fn generate(path: &Path) -> io::Result<SecretString> {
    make_folder_of(path)?;
    let secret: String = (0..4).map(|_| format!("{:016x}", rand::random::<u64>())).collect();
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(secret.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(SecretString::from(secret)),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Ok(SecretString::from(fs::read_to_string(path)?.trim()))
        }
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths_in(folder: &tempfile::TempDir) -> (std::path::PathBuf, DatabaseUrl) {
        (folder.path().join("jwt-secret"), DatabaseUrl::Sqlite(folder.path().join("desk.db")))
    }

    fn refused(database: &DatabaseUrl) -> String {
        jwt_secret(None, database).unwrap_err().to_string()
    }

    #[test]
    fn a_secret_is_generated_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, database) = paths_in(&folder);
        let generated = jwt_secret(None, &database).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let loaded = jwt_secret(None, &database).unwrap();
        assert_eq!(generated.expose_secret(), loaded.expose_secret());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_stored_secret_that_others_can_read_or_that_is_weak_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (path, database) = paths_in(&folder);
        jwt_secret(None, &database).unwrap();
        for mode in [0o644, 0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let problem = refused(&database);
            assert!(problem.starts_with("SMS_CHAT_JWT_SECRET is stored in "), "{problem}");
            assert!(problem.contains("chmod 600") && !problem.contains('\n'), "{problem}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for weak in ["", "short", &"x".repeat(64)] {
            fs::write(&path, weak).unwrap();
            let problem = refused(&database);
            assert!(problem.contains("delete the file"), "{problem}");
            assert_eq!(fs::read_to_string(&path).unwrap(), weak, "the file stays as it is");
        }
    }

    #[test]
    fn a_configured_secret_must_be_long_and_varied() {
        let database = DatabaseUrl::Postgres("postgres://desk@db/desk".to_owned());
        for (weak, problem) in [
            ("tiny", "is shorter than 32"),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "has fewer than 8 different"),
            ("abababababababababababababababababababab", "has fewer than 8 different"),
        ] {
            let message = jwt_secret(Some(weak), &database).unwrap_err().to_string();
            assert!(message.contains(problem) && !message.contains(weak), "{message}");
        }
        assert!(jwt_secret(Some("0123456789abcdef0123456789abcdef"), &database).is_ok());
    }
}
