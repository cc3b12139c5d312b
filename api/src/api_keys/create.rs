//! Making API keys. A key can do nothing that its maker cannot.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use shared::{
    api_key::{API_KEY_PREFIX, ApiKey, NewApiKey},
    ids::TeamId,
};

use super::queries;
use crate::{
    accounts::authority::Authority, auth::token::token_hash, db::DbConnection, error::ApiError,
    fields::Fields,
};

/// How much of a key is kept in clear, to know it again by.
const HINT: usize = API_KEY_PREFIX.len() + 6;

/// Makes a key; the answer alone holds the secret.
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
