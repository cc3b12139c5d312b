//! The reports that replicas on PostgreSQL share.

use diesel::{prelude::*, upsert::excluded};
use shared::{
    ids::{AccountId, ConversationId, TeamId},
    presence::PresenceState,
};

use super::known::{Key, Reported};
use crate::db::{AsText, DbConnection, DbError, Timestamp, on_each, schema::presences};

/// Stores a report in place of the tab's last one, and returns its version.
pub(super) fn report(conn: &mut DbConnection, report: &Reported) -> Result<i64, DbError> {
    let values = (
        presences::conversation_id.eq(report.key.conversation.0),
        presences::account_id.eq(report.key.account.0),
        presences::tab.eq(&report.key.tab),
        presences::team_id.eq(report.team.0),
        presences::account_name.eq(&report.name),
        presences::state.eq(AsText(report.state)),
        presences::seen_at.eq(Timestamp(report.seen_at)),
    );
    let changes = (
        presences::account_name.eq(excluded(presences::account_name)),
        presences::state.eq(excluded(presences::state)),
        presences::seen_at.eq(excluded(presences::seen_at)),
        presences::version.eq(excluded(presences::version)),
    );
    Ok(on_each!(conn, |c| diesel::insert_into(presences::table)
        .values(values)
        .on_conflict((presences::conversation_id, presences::account_id, presences::tab))
        .do_update()
        .set(changes)
        .returning(presences::version)
        .get_result(c))?)
}

/// Returns the reports with a higher version.
pub(super) fn reported_after(conn: &mut DbConnection, version: i64) -> Result<Vec<Reported>, DbError> {
    type Columns = (i64, i64, String, i64, String, AsText<PresenceState>, Timestamp, i64);
    let rows: Vec<Columns> = on_each!(conn, |c| presences::table
        .filter(presences::version.gt(version))
        .order(presences::version)
        .select((
            presences::conversation_id,
            presences::account_id,
            presences::tab,
            presences::team_id,
            presences::account_name,
            presences::state,
            presences::seen_at,
            presences::version,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(conversation, account, tab, team, name, AsText(state), Timestamp(seen_at), version)| {
            Reported {
                key: Key { conversation: ConversationId(conversation), account: AccountId(account), tab },
                team: TeamId(team),
                name,
                state,
                seen_at,
                version,
            }
        })
        .collect())
}

/// Deletes the reports with these versions. A tab that has reported again has another version.
pub(super) fn delete(conn: &mut DbConnection, versions: &[i64]) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(presences::table.filter(presences::version.eq_any(versions)))
        .execute(c))?;
    Ok(())
}
