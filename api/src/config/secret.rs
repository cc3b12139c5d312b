//! The secret that signs access tokens: given, or made once and kept beside the embedded database. The simulator's
//! account follows from it, so that only who has the desk's settings knows it.

use std::{fs, io::Write, path::Path};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{Credentials, SettingFault};
use crate::db::DatabaseUrl;

const VARIABLE: &str = "SMS_CHAT_JWT_SECRET";
const EXAMPLE: &str = "$(openssl rand -hex 32)";
const SHORTEST: usize = 32;

pub(super) fn jwt_secret(given: Option<&str>, database: &DatabaseUrl) -> Result<SecretString, SettingFault> {
    let fault = |fault: String| SettingFault { variable: VARIABLE, fault, example: EXAMPLE };
    match (given, database) {
        (Some(secret), _) if secret.len() >= SHORTEST => Ok(SecretString::from(secret.to_owned())),
        (Some(_), _) => Err(fault(format!("is shorter than {SHORTEST} characters"))),
        (None, DatabaseUrl::Postgres(_)) => {
            Err(fault("is required with PostgreSQL, the same on every replica".into()))
        }
        (None, DatabaseUrl::Sqlite(path)) => {
            let kept = path.with_file_name("jwt-secret");
            kept_secret(&kept)
                .map_err(|error| fault(format!("cannot be kept in {}: {error}", kept.display())))
        }
    }
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

fn kept_secret(path: &Path) -> std::io::Result<SecretString> {
    match fs::read_to_string(path) {
        Ok(secret) if secret.trim().len() >= SHORTEST => {
            return Ok(SecretString::from(secret.trim().to_owned()));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let secret: String = (0..4).map(|_| format!("{:016x}", rand::random::<u64>())).collect();
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(SecretString::from(secret))
}
