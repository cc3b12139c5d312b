//! Erases a customer in the database. The triggers that keep closed conversations and the consent ledger allow exactly
//! these updates.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use shared::{
    CustomerAddress, PhoneNumber,
    consent::ConsentState,
    ids::{AuditEntryId, ConversationId, DailyFileId, TeamId},
    message::Direction,
};

use super::copies;
use crate::{
    consents::erased::PREFIX,
    db::{
        AsText, DbConnection, DbError, IsClosed, IsLive, Timestamp, on_each,
        schema::{
            audit_entries, consents, conversation_texts, conversations, customers, daily_files,
            idempotency_keys, legal_holds, messages, outbox, rejected_messages, rejected_rows,
        },
    },
};

/// What an erasure puts in the place of a text. Triggers in both databases know it.
pub(super) const ERASED: &str = "[erased]";

/// A team with its numbers.
pub(super) struct Team {
    pub(super) id: TeamId,
    pub(super) numbers: Vec<PhoneNumber>,
}

/// Returns a conversation of the team with the number that is not closed.
pub(super) fn live_conversation(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<Option<ConversationId>, DbError> {
    let found: Option<i64> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.id.0))
        .filter(conversations::number.eq(number.as_str()))
        .filter(IsLive)
        .select(conversations::id)
        .first(c)
        .optional())?;
    Ok(found.map(ConversationId))
}

/// Whether a message to the number is in the outbox.
pub(super) fn is_sending(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<bool, DbError> {
    let found: Option<i64> = on_each!(conn, |c| outbox::table
        .inner_join(messages::table.on(messages::id.eq(outbox::message_id)))
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(outbox::number.eq(number.as_str()))
        .filter(conversations::team_id.eq(team.id.0))
        .select(outbox::message_id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// Returns the conversations of the team with the number.
pub(super) fn conversation_ids(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<Vec<i64>, DbError> {
    Ok(on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.id.0))
        .filter(conversations::number.eq(number.as_str()))
        .select(conversations::id)
        .load(c))?)
}

/// Returns the number of conversations, and of their messages.
pub(super) fn count_conversations(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<(i64, i64), DbError> {
    let ids = conversation_ids(conn, team, number)?;
    let messages: i64 = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq_any(&ids))
        .select(count_star())
        .get_result(c))?;
    Ok((ids.len().try_into().unwrap_or(i64::MAX), messages))
}

/// Returns the names and references of the conversations.
pub(super) fn names(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<Vec<String>, DbError> {
    let found: Vec<(Option<String>, Option<String>)> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.id.0))
        .filter(conversations::number.eq(number.as_str()))
        .select((conversations::reference, conversations::name))
        .load(c))?;
    Ok(found.into_iter().flat_map(|(reference, name)| [reference, name]).flatten().collect())
}

/// Returns conversations that were closed until a time and are not erased, the longest closed first.
pub(super) fn closed_until(
    conn: &mut DbConnection,
    team: TeamId,
    held: &[String],
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    // The outbox sends the body that the message has by then.
    let being_sent = outbox::table
        .inner_join(messages::table.on(messages::id.eq(outbox::message_id)))
        .select(messages::conversation_id);
    Ok(on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(IsClosed)
        .filter(conversations::closed_at.le(Timestamp(until)))
        .filter(conversations::number.not_like(format!("{PREFIX}%")))
        .filter(conversations::number.ne_all(held))
        .filter(conversations::id.ne_all(being_sent))
        .order((conversations::closed_at, conversations::id))
        .limit(limit)
        .select(conversations::id)
        .load(c))?)
}

/// Removes what the conversations and their messages contain. The alias comes in the place of the number.
pub(super) fn erase(conn: &mut DbConnection, ids: &[i64], alias: &str) -> Result<(), DbError> {
    copies::queries::erase_of(conn, ids)?;
    let inbound = messages::table
        .filter(messages::conversation_id.eq_any(ids))
        .filter(messages::direction.eq(AsText(Direction::Inbound)));
    let nothing = None::<String>;
    on_each!(conn, |c| diesel::update(inbound)
        .set((
            messages::sender_name.eq(&nothing),
            messages::body.eq(ERASED),
            messages::media.eq("[]"),
            messages::request_digest.eq(&nothing),
        ))
        .execute(c))?;
    on_each!(conn, |c| diesel::update(messages::table.filter(messages::conversation_id.eq_any(ids)))
        .set((messages::body.eq(ERASED), messages::media.eq("[]"), messages::request_digest.eq(&nothing)))
        .execute(c))?;
    on_each!(conn, |c| diesel::update(
        conversation_texts::table.filter(conversation_texts::conversation_id.eq_any(ids))
    )
    .set(conversation_texts::text.eq("\n\n"))
    .execute(c))?;
    on_each!(conn, |c| diesel::update(conversations::table.filter(conversations::id.eq_any(ids)))
        .set((
            conversations::number.eq(alias),
            conversations::reference.eq(&nothing),
            conversations::name.eq(&nothing),
            conversations::attention_code.eq(&nothing),
            conversations::attention_text.eq(&nothing),
            conversations::closure_note.eq(&nothing),
            conversations::assignment_note.eq(&nothing),
            conversations::snooze_note.eq(&nothing),
        ))
        .execute(c))?;
    Ok(())
}

/// Returns the numbers from which the team has written, or can write.
fn team_numbers(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<Vec<String>, DbError> {
    let used: Vec<String> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.id.0))
        .filter(conversations::number.eq(number.as_str()))
        .select(conversations::team_number)
        .load(c))?;
    let all: BTreeSet<String> =
        used.into_iter().chain(team.numbers.iter().map(ToString::to_string)).collect();
    Ok(all.into_iter().collect())
}

/// Returns the number of entries in the consent ledger, and whether the customer has opted out of a team number.
pub(super) fn count_consents(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<(i64, bool), DbError> {
    let (mut count, mut opted_out) = (0, false);
    for team_number in team_numbers(conn, team, number)? {
        let states = states(conn, &team_number, number.as_str())?;
        opted_out |= states.last() == Some(&ConsentState::OptedOut);
        count += i64::try_from(states.len()).unwrap_or(i64::MAX);
    }
    Ok((count, opted_out))
}

/// Returns the states of the ledger's entries, the newest one last.
fn states(conn: &mut DbConnection, team_number: &str, number: &str) -> Result<Vec<ConsentState>, DbError> {
    let states: Vec<AsText<ConsentState>> = on_each!(conn, |c| consents::table
        .filter(consents::team_number.eq(team_number))
        .filter(consents::number.eq(number))
        .order((consents::created_at, consents::id))
        .select(consents::state)
        .load(c))?;
    Ok(states.into_iter().map(|AsText(state)| state).collect())
}

/// Replaces the number in the consent ledger by its keyed hash where the customer has opted out, and elsewhere by the
/// alias.
pub(super) fn erase_consents(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
    hash: &str,
    alias: &str,
) -> Result<(), DbError> {
    for team_number in team_numbers(conn, team, number)? {
        let is_opted_out =
            states(conn, &team_number, number.as_str())?.last() == Some(&ConsentState::OptedOut);
        // The customer may have opted in again after an earlier erasure. The newest entry under the hash must say so.
        let was_erased = !states(conn, &team_number, hash)?.is_empty();
        let instead = if is_opted_out || was_erased { hash } else { alias };
        let entries = consents::table
            .filter(consents::team_number.eq(&team_number))
            .filter(consents::number.eq(number.as_str()));
        on_each!(conn, |c| diesel::update(entries)
            .set((consents::number.eq(instead), consents::note.eq(None::<String>)))
            .execute(c))?;
    }
    Ok(())
}

/// Replaces the number in the team's lifted legal holds.
pub(super) fn erase_lifted_holds(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
    alias: &str,
) -> Result<(), DbError> {
    let lifted = legal_holds::table
        .filter(legal_holds::team_id.eq(team.id.0))
        .filter(legal_holds::number.eq(number.as_str()))
        .filter(legal_holds::lifted_at.is_not_null());
    on_each!(conn, |c| diesel::update(lifted).set(legal_holds::number.eq(alias)).execute(c))?;
    Ok(())
}

/// Returns the reference and name of each row of the team's daily files.
pub(super) fn customers(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<Vec<(String, String)>, DbError> {
    let files = file_ids(conn, team)?;
    Ok(on_each!(conn, |c| customers::table
        .filter(customers::daily_file_id.eq_any(&files))
        .filter(customers::number.eq(number.as_str()))
        .select((customers::reference, customers::name))
        .load(c))?)
}

pub(super) fn delete_customers(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<(), DbError> {
    let files = file_ids(conn, team)?;
    let rows = customers::table
        .filter(customers::daily_file_id.eq_any(&files))
        .filter(customers::number.eq(number.as_str()));
    on_each!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

fn file_ids(conn: &mut DbConnection, team: &Team) -> Result<Vec<i64>, DbError> {
    Ok(on_each!(conn, |c| daily_files::table
        .filter(daily_files::team_id.eq(team.id.0))
        .select(daily_files::id)
        .load(c))?)
}

/// Returns the file, line and value of each rejected row of the team's daily files.
pub(super) fn rejected_rows(
    conn: &mut DbConnection,
    team: &Team,
) -> Result<Vec<(DailyFileId, i64, String)>, DbError> {
    let files = file_ids(conn, team)?;
    let rows: Vec<(i64, i64, String)> = on_each!(conn, |c| rejected_rows::table
        .filter(rejected_rows::daily_file_id.eq_any(&files))
        .select((rejected_rows::daily_file_id, rejected_rows::line, rejected_rows::value))
        .load(c))?;
    Ok(rows.into_iter().map(|(file, line, value)| (DailyFileId(file), line, value)).collect())
}

pub(super) fn delete_rejected_row(
    conn: &mut DbConnection,
    file: DailyFileId,
    line: i64,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(rejected_rows::table.find((file.0, line))).execute(c))?;
    Ok(())
}

/// Returns the terms of the searches in the audit log.
pub(super) fn terms(conn: &mut DbConnection) -> Result<Vec<(AuditEntryId, String)>, DbError> {
    let rows: Vec<(i64, Option<String>)> = on_each!(conn, |c| audit_entries::table
        .filter(audit_entries::term.is_not_null())
        .filter(audit_entries::term.ne(ERASED))
        .select((audit_entries::id, audit_entries::term))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(id, term)| Some((AuditEntryId(id), term?))).collect())
}

pub(super) fn erase_term(conn: &mut DbConnection, id: AuditEntryId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(audit_entries::table.find(id.0))
        .set(audit_entries::term.eq(ERASED))
        .execute(c))?;
    Ok(())
}

/// Deletes the list's entries of messages from the number that could not be stored.
pub(super) fn delete_rejected_messages(
    conn: &mut DbConnection,
    number: &CustomerAddress,
) -> Result<(), DbError> {
    let of_sender = rejected_messages::table.filter(rejected_messages::sender.eq(number.as_str()));
    on_each!(conn, |c| diesel::delete(of_sender).execute(c))?;
    Ok(())
}

/// Deletes the stored answers that contain the number.
pub(super) fn delete_stored_answers(
    conn: &mut DbConnection,
    number: &CustomerAddress,
) -> Result<(), DbError> {
    // Sentences of problems contain the number as it is displayed.
    for written in [number.as_str(), &number.display()] {
        let pattern = format!("%{written}%");
        let with_number = idempotency_keys::table.filter(idempotency_keys::answer.like(pattern));
        on_each!(conn, |c| diesel::delete(with_number).execute(c))?;
    }
    Ok(())
}
