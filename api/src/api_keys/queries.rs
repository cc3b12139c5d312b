//! API keys in the database.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    account::Permission,
    api_key::{ApiKey, NewApiKey},
    ids::{ApiKeyId, TeamId},
};

use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, Timestamp, on_each,
        schema::{api_key_teams, api_keys},
    },
};

pub(super) fn insert(
    conn: &mut DbConnection,
    new: &NewApiKey,
    key_hash: &str,
    hint: &str,
    created_by: &str,
    now: DateTime<Utc>,
) -> Result<ApiKey, DbError> {
    let values = (
        api_keys::name.eq(&new.name),
        api_keys::key_hash.eq(key_hash),
        api_keys::hint.eq(hint),
        api_keys::permissions.eq(AsText(new.permissions.clone())),
        api_keys::created_by.eq(created_by),
        api_keys::created_at.eq(Timestamp(now)),
    );
    let id: i64 = on_each!(conn, |c| diesel::insert_into(api_keys::table)
        .values(values)
        .returning(api_keys::id)
        .get_result(c))?;
    for team in &new.team_ids {
        let values = (api_key_teams::api_key_id.eq(id), api_key_teams::team_id.eq(team.0));
        on_each!(conn, |c| diesel::insert_into(api_key_teams::table)
            .values(values)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(ApiKey {
        id: ApiKeyId(id),
        name: new.name.clone(),
        hint: hint.to_owned(),
        permissions: new.permissions.clone(),
        team_ids: new.team_ids.clone(),
        created_by: created_by.to_owned(),
        created_at: now,
        last_used_at: None,
        secret: None,
    })
}

/// Returns the keys that are not revoked and whose teams are all in the scope, newest first.
pub(super) fn list(conn: &mut DbConnection, scope: &TeamScope) -> Result<Vec<ApiKey>, DbError> {
    type Columns = (i64, String, String, AsText<BTreeSet<Permission>>, String, Timestamp, Option<Timestamp>);
    let rows: Vec<Columns> = on_each!(conn, |c| api_keys::table
        .filter(api_keys::revoked_at.is_null())
        .order(api_keys::id.desc())
        .select((
            api_keys::id,
            api_keys::name,
            api_keys::hint,
            api_keys::permissions,
            api_keys::created_by,
            api_keys::created_at,
            api_keys::last_used_at,
        ))
        .load(c))?;
    let reach: Vec<(i64, i64)> = on_each!(conn, |c| api_key_teams::table
        .order(api_key_teams::team_id)
        .select((api_key_teams::api_key_id, api_key_teams::team_id))
        .load(c))?;
    let mut teams: HashMap<i64, Vec<TeamId>> = HashMap::new();
    for (key, team) in reach {
        teams.entry(key).or_default().push(TeamId(team));
    }
    let key = |(id, name, hint, AsText(permissions), created_by, created, used): Columns| ApiKey {
        id: ApiKeyId(id),
        name,
        hint,
        permissions,
        team_ids: teams.remove(&id).unwrap_or_default(),
        created_by,
        created_at: created.0,
        last_used_at: used.map(DateTime::from),
        secret: None,
    };
    let all = rows.into_iter().map(key);
    Ok(all.filter(|key| key.team_ids.iter().all(|team| scope.includes(*team))).collect())
}

/// Revokes a key permanently.
pub(super) fn revoke(conn: &mut DbConnection, id: ApiKeyId, now: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(api_keys::table.find(id.0))
        .set(api_keys::revoked_at.eq(Timestamp(now)))
        .execute(c))?;
    Ok(())
}
