//! Creates API keys. A key cannot exceed its creator's permissions and teams.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use shared::{
    api_key::{API_KEY_PREFIX, ApiKey, NewApiKey},
    ids::TeamId,
};

use super::queries;
use crate::{
    auth::{Authority, token::token_hash},
    db::DbConnection,
    error::ApiError,
    fields::Fields,
};

/// Number of a key's first characters that are stored as plain text, so that people can recognise the key.
const HINT: usize = API_KEY_PREFIX.len() + 6;

/// Creates a key. Only the returned value contains the secret.
///
/// # Errors
/// `validation_failed`.
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    new: NewApiKey,
    by: &str,
    now: DateTime<Utc>,
) -> Result<ApiKey, ApiError> {
    let mut fields = Fields::default();
    let name = fields.name("name", &new.name);
    if new.permissions.is_empty() {
        fields.fault("permissions", "required", "Choose at least one permission.");
    }
    authority.check_permissions(&mut fields, &new.permissions);
    authority.check_teams(conn, &mut fields, &new.team_ids, true)?;
    fields.finish()?;
    let secret = format!("{API_KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let hint: String = secret.chars().take(HINT).collect();
    let team_ids: BTreeSet<TeamId> = new.team_ids.into_iter().collect();
    let new = NewApiKey { name, permissions: new.permissions, team_ids: team_ids.into_iter().collect() };
    let made = queries::insert(conn, &new, &token_hash(&secret), &hint, by, now)?;
    Ok(ApiKey { secret: Some(secret), ..made })
}
