//! Assignments in the database. The caller has locked the conversation, and checked its team.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::{
    account::{AccountName, Permission, Role},
    assignment::AssignmentNote,
    conversation::NextAction,
    ids::{AccountId, ConversationId, TeamId},
    snooze::Snooze,
};

use super::super::drafts::Subject;
use crate::db::{
    AsText, DbConnection, DbError, IsAwake, IsOpen, Timestamp, for_update, on_each,
    schema::{accounts, assigned_counts, conversations, drafts, sessions, team_members},
};

/// Assigns a conversation to an account, or with `None` to none, with the note and the name of its author.
pub(crate) fn assign(
    conn: &mut DbConnection,
    id: ConversationId,
    to: Option<AccountId>,
    note: Option<&str>,
    by: Option<&str>,
) -> Result<(), DbError> {
    let changes = (
        conversations::assigned_to.eq(to.map(|id| id.0)),
        conversations::assignment_note.eq(note),
        conversations::assigned_by.eq(by),
    );
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Assigns an unassigned conversation, and leaves its note.
pub(crate) fn take(conn: &mut DbConnection, id: ConversationId, to: AccountId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0))
        .set(conversations::assigned_to.eq(to.0))
        .execute(c))?;
    Ok(())
}

type NoteColumns = (Option<String>, Option<String>);

fn assignment_note((text, by): NoteColumns) -> Option<AssignmentNote> {
    text.map(|text| AssignmentNote { text, by })
}

/// Returns the note of a conversation's assignment.
pub(super) fn note(conn: &mut DbConnection, id: ConversationId) -> Result<Option<AssignmentNote>, DbError> {
    let columns: NoteColumns = on_each!(conn, |c| conversations::table
        .find(id.0)
        .select((conversations::assignment_note, conversations::assigned_by))
        .first(c))?;
    Ok(assignment_note(columns))
}

/// What the detail of a conversation has in addition to the conversation.
pub(crate) struct Notes {
    pub(crate) assignment: Option<AssignmentNote>,
    pub(crate) snooze: Option<Snooze>,
    /// Whether the account has a draft of a reply.
    pub(crate) has_draft: bool,
}

/// Returns the notes of a conversation's assignment and snooze, and whether the account has a draft of a reply in it.
pub(crate) fn notes(
    conn: &mut DbConnection,
    id: ConversationId,
    account: Option<AccountId>,
) -> Result<Notes, DbError> {
    // No account has the id 0, and API keys have no drafts.
    let account = account.unwrap_or(AccountId(0));
    let (kind, subject) = Subject::Reply(id).columns();
    let (columns, snooze, has_draft): (NoteColumns, NoteColumns, bool) =
        on_each!(conn, |c| conversations::table
            .find(id.0)
            .select((
                (conversations::assignment_note, conversations::assigned_by),
                (conversations::snooze_note, conversations::snoozed_by),
                exists(drafts::table.find((kind, subject, account.0))),
            ))
            .first(c))?;
    let (note, by) = snooze;
    let snooze = by.map(|by| Snooze { by, note });
    Ok(Notes { assignment: assignment_note(columns), snooze, has_draft })
}

type Columns = (i64, String, AsText<BTreeSet<Permission>>);

fn assignee((id, name, AsText(permissions)): Columns) -> Option<AccountName> {
    permissions.contains(&Permission::Reply).then_some(AccountName { id: AccountId(id), name })
}

/// Returns the account, if it can answer in the team: enabled, with the permission, and a member or an admin.
pub(in crate::conversations) fn assignable(
    conn: &mut DbConnection,
    team: TeamId,
    account: AccountId,
) -> Result<Option<AccountName>, DbError> {
    let member = team_members::table.find((team.0, account.0));
    let row: Option<Columns> = on_each!(conn, |c| accounts::table
        .filter(accounts::id.eq(account.0))
        .filter(accounts::disabled_at.is_null())
        .filter(accounts::role.eq(AsText(Role::Admin)).or(exists(member)))
        .select((accounts::id, accounts::display_name, accounts::permissions))
        .first(c)
        .optional())?;
    Ok(row.and_then(assignee))
}

/// Returns the members of the team that can answer in it.
pub(super) fn assignable_members(conn: &mut DbConnection, team: TeamId) -> Result<Vec<AccountName>, DbError> {
    let rows: Vec<Columns> = on_each!(conn, |c| accounts::table
        .inner_join(team_members::table.on(team_members::account_id.eq(accounts::id)))
        .filter(team_members::team_id.eq(team.0))
        .filter(accounts::disabled_at.is_null())
        .select((accounts::id, accounts::display_name, accounts::permissions))
        .load(c))?;
    Ok(rows.into_iter().filter_map(assignee).collect())
}

/// An absent account that has conversations in a team.
#[derive(Clone, Debug)]
pub(super) struct Absent {
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) team: TeamId,
}

/// Returns the accounts with open conversations in teams whose customers they cannot answer now: disabled, no longer a
/// member, without the permission, or without a session that was used after `since`.
pub(super) fn absent(conn: &mut DbConnection, since: DateTime<Utc>) -> Result<Vec<Absent>, DbError> {
    let used_session = sessions::table
        .filter(sessions::account_id.eq(accounts::id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::last_used_at.gt(Timestamp(since)));
    let member = team_members::table
        .filter(team_members::team_id.eq(assigned_counts::team_id))
        .filter(team_members::account_id.eq(accounts::id));
    let is_away = accounts::disabled_at
        .is_not_null()
        .or(not(exists(used_session)))
        .or(accounts::role.ne(AsText(Role::Admin)).and(not(exists(member))));
    let rows: Vec<(Columns, i64, bool)> = on_each!(conn, |c| assigned_counts::table
        .inner_join(accounts::table.on(accounts::id.eq(assigned_counts::account_id)))
        .filter(assigned_counts::open.gt(0))
        .select((
            (accounts::id, accounts::display_name, accounts::permissions),
            assigned_counts::team_id,
            is_away
        ))
        .load(c))?;
    let cannot_answer = |((_, _, AsText(permissions)), _, is_away): &(Columns, i64, bool)| {
        *is_away || !permissions.contains(&Permission::Reply)
    };
    let absent =
        |((account, name, _), team, _)| Absent { account: AccountId(account), name, team: TeamId(team) };
    Ok(rows.into_iter().filter(cannot_answer).map(absent).collect())
}

/// Returns open conversations of an account in a team that need the agent and are not snoozed, and locks them until the
/// transaction ends.
pub(super) fn waiting_for_update(
    conn: &mut DbConnection,
    absent: &Absent,
    limit: i64,
) -> Result<Vec<ConversationId>, DbError> {
    let waiting = conversations::table
        .filter(conversations::assigned_to.eq(absent.account.0))
        .filter(conversations::team_id.eq(absent.team.0))
        .filter(conversations::next_action.eq(AsText(NextAction::Agent)))
        .filter(IsOpen)
        .filter(IsAwake)
        .order((conversations::waiting_since, conversations::id))
        .limit(limit)
        .select(conversations::id);
    let ids: Vec<i64> = for_update!(conn, waiting, |query, c| query.load(c))?;
    Ok(ids.into_iter().map(ConversationId).collect())
}
