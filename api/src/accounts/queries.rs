//! Accounts and memberships in the database. Callers check access before they use these queries.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    account::{AccountDetail, Permission, Role},
    ids::{AccountId, TeamId},
};

use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, Timestamp, for_update, on_each,
        schema::{accounts, team_members, teams},
    },
    precondition::version_of,
};

/// The fields of an account that can change.
#[derive(Clone, Debug)]
pub(crate) struct AccountRow {
    pub(crate) email: String,
    pub(crate) display_name: String,
    pub(crate) role: Role,
    pub(crate) permissions: BTreeSet<Permission>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
struct Row {
    id: i64,
    email: String,
    display_name: String,
    role: AsText<Role>,
    permissions: AsText<BTreeSet<Permission>>,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
}

/// Inserts an account. Returns `None` if the e-mail address is taken.
pub(crate) fn insert(
    conn: &mut DbConnection,
    row: &AccountRow,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<AccountId>, DbError> {
    let values = (
        accounts::email.eq(&row.email),
        accounts::display_name.eq(&row.display_name),
        accounts::role.eq(AsText(row.role)),
        accounts::permissions.eq(AsText(row.permissions.clone())),
        accounts::password_hash.eq(password_hash),
        accounts::created_at.eq(Timestamp(now)),
        accounts::disabled_at.eq(row.disabled_at.map(Timestamp)),
    );
    let id: Option<i64> = on_each!(conn, |c| diesel::insert_into(accounts::table)
        .values(values)
        .on_conflict_do_nothing()
        .returning(accounts::id)
        .get_result(c)
        .optional())?;
    Ok(id.map(AccountId))
}

/// Updates an account. Fails with a unique violation if the e-mail address is taken.
pub(super) fn update(conn: &mut DbConnection, id: AccountId, row: &AccountRow) -> Result<(), DbError> {
    let changes = (
        accounts::email.eq(&row.email),
        accounts::display_name.eq(&row.display_name),
        accounts::role.eq(AsText(row.role)),
        accounts::permissions.eq(AsText(row.permissions.clone())),
        accounts::disabled_at.eq(row.disabled_at.map(Timestamp)),
    );
    on_each!(conn, |c| diesel::update(accounts::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Sets an account's display name.
pub(crate) fn rename(conn: &mut DbConnection, id: AccountId, display_name: &str) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(accounts::table.find(id.0))
        .set(accounts::display_name.eq(display_name))
        .execute(c))?;
    Ok(())
}

/// Sets an account's e-mail address. Fails with a unique violation if it is taken.
pub(crate) fn set_email(conn: &mut DbConnection, id: AccountId, email: &str) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(accounts::table.find(id.0)).set(accounts::email.eq(email)).execute(c))?;
    Ok(())
}

/// Sets an account's password hash.
pub(crate) fn set_password(
    conn: &mut DbConnection,
    id: AccountId,
    password_hash: &str,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(accounts::table.find(id.0))
        .set(accounts::password_hash.eq(password_hash))
        .execute(c))?;
    Ok(())
}

/// Locks an account until the transaction ends.
pub(super) fn lock(conn: &mut DbConnection, id: AccountId) -> Result<(), DbError> {
    let row = accounts::table.filter(accounts::id.eq(id.0)).select(accounts::id);
    let _: Option<i64> = for_update!(conn, row, |query, c| query.first(c).optional())?;
    Ok(())
}

/// Returns an account.
pub(super) fn find(conn: &mut DbConnection, id: AccountId) -> Result<Option<AccountDetail>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| accounts::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(with_teams(conn, row.into_iter().collect())?.pop())
}

/// Returns accounts that are in a team of the scope, oldest first, from after the account `after`.
pub(super) fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<AccountDetail>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut found = accounts::table
            .filter(accounts::id.gt(after.map_or(0, |id| id.0)))
            .order(accounts::id)
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let TeamScope::Only(teams) = scope {
            let teams: Vec<i64> = teams.iter().map(|team| team.0).collect();
            let members = team_members::table
                .filter(team_members::team_id.eq_any(teams))
                .select(team_members::account_id);
            found = found.filter(accounts::id.eq_any(members));
        }
        found.load(c)
    })?;
    with_teams(conn, rows)
}

fn with_teams(conn: &mut DbConnection, rows: Vec<Row>) -> Result<Vec<AccountDetail>, DbError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let memberships: Vec<(i64, i64)> = on_each!(conn, |c| team_members::table
        .filter(team_members::account_id.eq_any(&ids))
        .order(team_members::team_id)
        .select((team_members::account_id, team_members::team_id))
        .load(c))?;
    let mut teams: HashMap<i64, Vec<TeamId>> = HashMap::new();
    for (account, team) in memberships {
        teams.entry(account).or_default().push(TeamId(team));
    }
    let detail = |row: Row| {
        let team_ids = teams.remove(&row.id).unwrap_or_default();
        let (role, permissions) = (row.role.0, row.permissions.0);
        let is_disabled = row.disabled_at.is_some();
        let version =
            version_of(&(&row.email, &row.display_name, role, &permissions, &team_ids, is_disabled));
        AccountDetail {
            id: AccountId(row.id),
            email: row.email,
            display_name: row.display_name,
            role,
            permissions,
            team_ids,
            created_at: row.created_at.0,
            disabled_at: row.disabled_at.map(DateTime::from),
            version,
        }
    };
    Ok(rows.into_iter().map(detail).collect())
}

/// Whether another administrator account is enabled.
pub(super) fn has_other_admin(conn: &mut DbConnection, but: AccountId) -> Result<bool, DbError> {
    let other: Option<i64> = on_each!(conn, |c| accounts::table
        .filter(accounts::role.eq(AsText(Role::Admin)))
        .filter(accounts::disabled_at.is_null())
        .filter(accounts::id.ne(but.0))
        .select(accounts::id)
        .first(c)
        .optional())?;
    Ok(other.is_some())
}

/// Adds an account to a team, unless it is a member already.
pub(crate) fn insert_member(
    conn: &mut DbConnection,
    team: TeamId,
    account: AccountId,
) -> Result<(), DbError> {
    let values = (team_members::team_id.eq(team.0), team_members::account_id.eq(account.0));
    on_each!(conn, |c| diesel::insert_into(team_members::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Removes an account from a team, if it is a member.
pub(crate) fn delete_member(
    conn: &mut DbConnection,
    team: TeamId,
    account: AccountId,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(team_members::table.find((team.0, account.0))).execute(c))?;
    Ok(())
}

/// Whether any account exists.
pub(crate) fn any(conn: &mut DbConnection) -> Result<bool, DbError> {
    let id: Option<i64> = on_each!(conn, |c| accounts::table.select(accounts::id).first(c).optional())?;
    Ok(id.is_some())
}

/// Returns the team with this name.
pub(super) fn team_by_name(conn: &mut DbConnection, name: &str) -> Result<Option<TeamId>, DbError> {
    let id: Option<i64> =
        on_each!(conn, |c| teams::table.filter(teams::name.eq(name)).select(teams::id).first(c).optional())?;
    Ok(id.map(TeamId))
}

/// Returns the e-mail addresses and password hashes of the accounts in `emails` that exist.
pub(crate) fn password_hashes(
    conn: &mut DbConnection,
    emails: &[&str],
) -> Result<Vec<(String, String)>, DbError> {
    Ok(on_each!(conn, |c| accounts::table
        .filter(accounts::email.eq_any(emails))
        .select((accounts::email, accounts::password_hash))
        .load(c))?)
}
