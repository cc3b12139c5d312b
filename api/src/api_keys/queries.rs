//! API keys in the database.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    account::Permission,
    api_key::{ApiKey, NewApiKey, PreviousSecret},
    ids::{ApiKeyId, TeamId},
};

use super::change::NewSecret;
use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, Timestamp, for_update, on_each,
        schema::{api_key_teams, api_keys},
    },
    precondition::version_of,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: i64,
    name: String,
    hint: String,
    permissions: AsText<BTreeSet<Permission>>,
    created_by: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    previous_hint: Option<String>,
    previous_expires_at: Option<Timestamp>,
    previous_used_at: Option<Timestamp>,
}

impl Row {
    /// Returns the previous secret if it still works.
    fn previous(&self, now: DateTime<Utc>) -> Option<PreviousSecret> {
        let (hint, expires_at) = (self.previous_hint.clone()?, self.previous_expires_at?.0);
        let last_used_at = self.previous_used_at.map(DateTime::from);
        (expires_at > now).then_some(PreviousSecret { hint, expires_at, last_used_at })
    }

    fn into_key(self, team_ids: Vec<TeamId>, now: DateTime<Utc>) -> ApiKey {
        let previous = self.previous(now);
        let expires_at = self.expires_at.map(DateTime::from);
        // Stays the same when the overlap ends by itself.
        let version = version_of(&(&self.hint, expires_at, self.previous_expires_at.map(|at| at.0)));
        ApiKey {
            id: ApiKeyId(self.id),
            name: self.name,
            hint: self.hint,
            permissions: self.permissions.0,
            team_ids,
            created_by: self.created_by,
            created_at: self.created_at.0,
            last_used_at: self.last_used_at.map(DateTime::from),
            expires_at,
            previous,
            secret: None,
            version,
        }
    }
}

pub(super) fn insert(
    conn: &mut DbConnection,
    new: &NewApiKey,
    secret: &NewSecret,
    created_by: &str,
    now: DateTime<Utc>,
) -> Result<ApiKey, DbError> {
    let values = (
        api_keys::name.eq(&new.name),
        api_keys::key_hash.eq(&secret.hash),
        api_keys::hint.eq(&secret.hint),
        api_keys::permissions.eq(AsText(new.permissions.clone())),
        api_keys::created_by.eq(created_by),
        api_keys::created_at.eq(Timestamp(now)),
        api_keys::expires_at.eq(new.expires_at.map(Timestamp)),
    );
    let row: Row = on_each!(conn, |c| diesel::insert_into(api_keys::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(c))?;
    for team in &new.team_ids {
        let values = (api_key_teams::api_key_id.eq(row.id), api_key_teams::team_id.eq(team.0));
        on_each!(conn, |c| diesel::insert_into(api_key_teams::table)
            .values(values)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(row.into_key(new.team_ids.clone(), now))
}

/// Returns the keys that are not revoked and whose teams are all in the scope, newest first.
pub(super) fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    now: DateTime<Utc>,
) -> Result<Vec<ApiKey>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| api_keys::table
        .filter(api_keys::revoked_at.is_null())
        .order(api_keys::id.desc())
        .select(Row::as_select())
        .load(c))?;
    let reach: Vec<(i64, i64)> = on_each!(conn, |c| api_key_teams::table
        .order(api_key_teams::team_id)
        .select((api_key_teams::api_key_id, api_key_teams::team_id))
        .load(c))?;
    let mut teams: HashMap<i64, Vec<TeamId>> = HashMap::new();
    for (key, team) in reach {
        teams.entry(key).or_default().push(TeamId(team));
    }
    let all = rows.into_iter().map(|row| {
        let team_ids = teams.remove(&row.id).unwrap_or_default();
        row.into_key(team_ids, now)
    });
    Ok(all.filter(|key| key.team_ids.iter().all(|team| scope.includes(*team))).collect())
}

/// Locks a key until the transaction ends.
pub(super) fn lock(conn: &mut DbConnection, id: ApiKeyId) -> Result<(), DbError> {
    let row = api_keys::table.filter(api_keys::id.eq(id.0)).select(api_keys::id);
    let _: Option<i64> = for_update!(conn, row, |query, c| query.first(c).optional())?;
    Ok(())
}

/// Replaces a key's secret. The present one becomes the previous one, which works until `overlap_ends`.
pub(super) fn rotate(
    conn: &mut DbConnection,
    id: ApiKeyId,
    secret: &NewSecret,
    expires_at: Option<DateTime<Utc>>,
    overlap_ends: DateTime<Utc>,
) -> Result<(), DbError> {
    // The right-hand sides are the values before the update.
    let changes = (
        api_keys::previous_hash.eq(api_keys::key_hash.nullable()),
        api_keys::previous_hint.eq(api_keys::hint.nullable()),
        api_keys::previous_used_at.eq(api_keys::last_used_at),
        api_keys::previous_expires_at.eq(Timestamp(overlap_ends)),
        api_keys::key_hash.eq(&secret.hash),
        api_keys::hint.eq(&secret.hint),
        api_keys::expires_at.eq(expires_at.map(Timestamp)),
    );
    on_each!(conn, |c| diesel::update(api_keys::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Sets the time at which the previous secret stops working.
pub(super) fn end_overlap(conn: &mut DbConnection, id: ApiKeyId, at: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(api_keys::table.find(id.0))
        .set(api_keys::previous_expires_at.eq(Timestamp(at)))
        .execute(c))?;
    Ok(())
}

/// Revokes a key permanently.
pub(super) fn revoke(conn: &mut DbConnection, id: ApiKeyId, now: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(api_keys::table.find(id.0))
        .set(api_keys::revoked_at.eq(Timestamp(now)))
        .execute(c))?;
    Ok(())
}
