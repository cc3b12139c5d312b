//! The secret that signs access tokens: given, or made once and kept beside the embedded database. The simulator's
//! account follows from it, so that only who has the desk's settings knows it.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{Credentials, SettingFault};
use crate::db::{DatabaseUrl, files::make_folder_of};

const VARIABLE: &str = "SMS_CHAT_JWT_SECRET";
const EXAMPLE: &str = "$(openssl rand -hex 32)";
const SHORTEST: usize = 32;
const SHORTEST_TOKEN: usize = 16;
/// A secret with fewer different characters was typed, not generated.
const FEWEST_DIFFERENT: usize = 8;

pub(super) fn jwt_secret(given: Option<&str>, database: &DatabaseUrl) -> Result<SecretString, SettingFault> {
    let fault = |fault: String| SettingFault { variable: VARIABLE, fault, example: EXAMPLE };
    match (given, database) {
        (Some(secret), _) => {
            weakness(secret).map_or_else(|| Ok(SecretString::from(secret)), |weak| Err(fault(weak)))
        }
        (None, DatabaseUrl::Postgres(_)) => {
            Err(fault("is required with PostgreSQL, the same on every replica".into()))
        }
        (None, DatabaseUrl::Sqlite(path)) => kept_secret(&path.with_file_name("jwt-secret")).map_err(fault),
    }
}

/// A bearer token from the settings.
pub(super) fn token(
    given: Option<&str>,
    variable: &'static str,
) -> Result<Option<SecretString>, SettingFault> {
    match given {
        Some(token) if token.len() < SHORTEST_TOKEN => Err(SettingFault {
            variable,
            fault: format!("is shorter than {SHORTEST_TOKEN} characters"),
            example: EXAMPLE,
        }),
        given => Ok(given.map(SecretString::from)),
    }
}

/// Why a secret cannot be used; never quotes it.
fn weakness(secret: &str) -> Option<String> {
    if secret.len() < SHORTEST {
        return Some(format!("is shorter than {SHORTEST} characters"));
    }
    let different: BTreeSet<char> = secret.chars().collect();
    (different.len() < FEWEST_DIFFERENT)
        .then(|| format!("has fewer than {FEWEST_DIFFERENT} different characters, so it can be guessed"))
}

/// The account of a simulator that was given none.
pub(super) fn simulators_own(jwt_secret: &SecretString) -> Credentials {
    let derived = |what: &str| {
        // HMAC takes a key of any length, so the error does not happen.
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

/// The secret beside the embedded database, made when there is none. One that cannot be used stops the start instead of
/// being replaced: a new secret ends every session, which is for the operator to decide.
fn kept_secret(path: &Path) -> Result<SecretString, String> {
    let shown = path.display();
    match fs::read_to_string(path) {
        Ok(secret) => checked(path, secret.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(path).map_err(|error| format!("cannot be kept in {shown}: {error}"))
        }
        Err(error) => Err(format!("cannot be read from {shown}: {error}")),
    }
}

fn checked(path: &Path, secret: &str) -> Result<SecretString, String> {
    let shown = path.display();
    if let Some(weak) = weakness(secret) {
        return Err(format!(
            "is kept in {shown}, and {weak}; delete the file, and a new secret is made (everyone signs in again), or set one"
        ));
    }
    let mode = fs::metadata(path).map_err(|error| format!("cannot be read from {shown}: {error}"))?;
    let mode = mode.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "is kept in {shown}, which other users can read (mode {mode:04o}); run chmod 600 {shown}, or delete the file if \
             somebody may have read it (everyone signs in again), or set one"
        ));
    }
    Ok(SecretString::from(secret))
}

/// Makes a secret. It appears under its name whole and readable by its owner alone; when another process was faster, that
/// one's secret counts.
fn make(path: &Path) -> io::Result<SecretString> {
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

    fn kept_in(folder: &tempfile::TempDir) -> (std::path::PathBuf, DatabaseUrl) {
        (folder.path().join("jwt-secret"), DatabaseUrl::Sqlite(folder.path().join("desk.db")))
    }

    fn refused(database: &DatabaseUrl) -> String {
        jwt_secret(None, database).unwrap_err().to_string()
    }

    #[test]
    fn a_secret_is_made_once_and_its_owner_alone_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, database) = kept_in(&folder);
        let made = jwt_secret(None, &database).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = jwt_secret(None, &database).unwrap();
        assert_eq!(made.expose_secret(), again.expose_secret());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_kept_secret_that_others_can_read_or_that_is_too_weak_stops_the_start_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (path, database) = kept_in(&folder);
        jwt_secret(None, &database).unwrap();
        for mode in [0o644, 0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let fault = refused(&database);
            assert!(fault.starts_with("SMS_CHAT_JWT_SECRET is kept in "), "{fault}");
            assert!(fault.contains("chmod 600") && !fault.contains('\n'), "{fault}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for weak in ["", "short", &"x".repeat(64)] {
            fs::write(&path, weak).unwrap();
            let fault = refused(&database);
            assert!(fault.contains("delete the file"), "{fault}");
            assert_eq!(fs::read_to_string(&path).unwrap(), weak, "the file stays as it is");
        }
    }

    #[test]
    fn a_given_secret_is_long_and_varied() {
        let database = DatabaseUrl::Postgres("postgres://desk@db/desk".to_owned());
        for (weak, fault) in [
            ("tiny", "is shorter than 32"),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "has fewer than 8 different"),
            ("abababababababababababababababababababab", "has fewer than 8 different"),
        ] {
            let told = jwt_secret(Some(weak), &database).unwrap_err().to_string();
            assert!(told.contains(fault) && !told.contains(weak), "{told}");
        }
        assert!(jwt_secret(Some("0123456789abcdef0123456789abcdef"), &database).is_ok());
    }
}
