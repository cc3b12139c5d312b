//! The table of drafts.

use diesel::{prelude::*, upsert::excluded};
use shared::{
    draft::Draft,
    ids::{AccountId, ConversationId, TeamId, TemplateId},
};

use super::Subject;
use crate::{
    auth::TeamScope,
    db::{
        DbConnection, DbError, Timestamp, on_each,
        schema::{conversations, drafts},
    },
};

impl Subject {
    /// Returns the columns `kind` and `subject_id`.
    pub(in crate::conversations) fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Reply(conversation) => ("reply", conversation.0),
            Self::AdHoc(team) => ("ad_hoc", team.0),
        }
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_subject<'a>(kind: &'a str, subject: i64) -> _ {
    drafts::table.filter(drafts::kind.eq(kind)).filter(drafts::subject_id.eq(subject))
}

/// Returns an account's draft.
pub(super) fn find(
    conn: &mut DbConnection,
    account: AccountId,
    subject: Subject,
) -> Result<Option<Draft>, DbError> {
    type Columns = (String, Option<i64>, String, Timestamp);
    let (kind, id) = subject.columns();
    let found: Option<Columns> = on_each!(conn, |c| of_subject(kind, id)
        .filter(drafts::account_id.eq(account.0))
        .select((drafts::body, drafts::template_id, drafts::key, drafts::updated_at))
        .first(c)
        .optional())?;
    Ok(found.map(|(body, template, key, Timestamp(updated_at))| Draft {
        body,
        template_id: template.map(TemplateId),
        key,
        updated_at,
    }))
}

/// Returns the conversations in which an account has a draft, the newest draft first.
pub(super) fn conversations_with_draft(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
    limit: i64,
) -> Result<Vec<ConversationId>, DbError> {
    let rows: Vec<(i64, i64)> = on_each!(conn, |c| drafts::table
        .inner_join(conversations::table.on(conversations::id.eq(drafts::subject_id)))
        .filter(drafts::account_id.eq(account.0))
        .filter(drafts::kind.eq("reply"))
        .order(drafts::updated_at.desc())
        .limit(limit)
        .select((conversations::id, conversations::team_id))
        .load(c))?;
    let in_scope = rows.into_iter().filter(|(_, team)| scope.includes(TeamId(*team)));
    Ok(in_scope.map(|(id, _)| ConversationId(id)).collect())
}

/// Stores an account's draft in place of its last one.
pub(super) fn store(
    conn: &mut DbConnection,
    account: AccountId,
    subject: Subject,
    draft: &Draft,
) -> Result<(), DbError> {
    let (kind, id) = subject.columns();
    let values = (
        drafts::kind.eq(kind),
        drafts::subject_id.eq(id),
        drafts::account_id.eq(account.0),
        drafts::body.eq(&draft.body),
        drafts::template_id.eq(draft.template_id.map(|template| template.0)),
        drafts::key.eq(&draft.key),
        drafts::updated_at.eq(Timestamp(draft.updated_at)),
    );
    let changes = (
        drafts::body.eq(excluded(drafts::body)),
        drafts::template_id.eq(excluded(drafts::template_id)),
        drafts::key.eq(excluded(drafts::key)),
        drafts::updated_at.eq(excluded(drafts::updated_at)),
    );
    on_each!(conn, |c| diesel::insert_into(drafts::table)
        .values(values)
        .on_conflict((drafts::kind, drafts::subject_id, drafts::account_id))
        .do_update()
        .set(changes)
        .execute(c))?;
    Ok(())
}

/// Deletes an account's draft.
pub(super) fn delete(conn: &mut DbConnection, account: AccountId, subject: Subject) -> Result<(), DbError> {
    let (kind, id) = subject.columns();
    let draft = of_subject(kind, id).filter(drafts::account_id.eq(account.0));
    on_each!(conn, |c| diesel::delete(draft).execute(c))?;
    Ok(())
}

/// Deletes an account's drafts with this idempotency key.
pub(super) fn delete_with_key(conn: &mut DbConnection, account: AccountId, key: &str) -> Result<(), DbError> {
    let sent = drafts::table.filter(drafts::account_id.eq(account.0)).filter(drafts::key.eq(key));
    on_each!(conn, |c| diesel::delete(sent).execute(c))?;
    Ok(())
}

/// Deletes the drafts of all accounts in a conversation.
pub(in crate::conversations) fn delete_of_conversation(
    conn: &mut DbConnection,
    id: ConversationId,
) -> Result<(), DbError> {
    let (kind, id) = Subject::Reply(id).columns();
    on_each!(conn, |c| diesel::delete(of_subject(kind, id)).execute(c))?;
    Ok(())
}
