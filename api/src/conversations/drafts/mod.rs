//! Drafts (rule 21): unsent messages, one per account and conversation, and one per account and team for ad-hoc messages.
//! Sending the message, closing the conversation or deleting the draft ends it.

pub(super) mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    account::Permission,
    draft::{Draft, MAX_DRAFT_CHARACTERS, NewDraft},
    ids::{AccountId, ConversationId, TeamId},
    message::{Sender, SenderKind},
};

use super::{
    conversation::{Closed, State},
    queries::{find, find_for_update},
};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    fields::{Invalid, Validation},
    idempotency::{MAX_KEY, RequestKey, account_key},
    messages::queries::has_idempotency_key,
    teams, templates,
};

/// Maximum number of conversations that [`list`] returns.
const MAX_LISTED: i64 = 500;

/// What a draft is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A reply in this conversation.
    Reply(ConversationId),
    /// An ad-hoc message of this team.
    AdHoc(TeamId),
}

impl Subject {
    /// The permission that writing the message needs.
    #[must_use]
    pub fn permission(self) -> Permission {
        match self {
            Self::Reply(_) => Permission::Reply,
            Self::AdHoc(_) => Permission::AdHoc,
        }
    }
}

/// Why a draft was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The conversation or team does not exist, or the caller is not in the team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The conversation is closed.
    #[error("The conversation is closed and cannot be changed.")]
    Closed(#[from] Closed),
    /// A field is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns an account's draft, if there is one.
///
/// # Errors
/// [`DraftError`].
pub fn get(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
    subject: Subject,
) -> Result<Option<Draft>, DraftError> {
    team_of(conn, scope, subject)?;
    Ok(queries::find(conn, account, subject)?)
}

/// Returns the conversations in which an account has a draft, the newest draft first, at most 500.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
) -> Result<Vec<ConversationId>, DbError> {
    queries::conversations_with_draft(conn, scope, account, MAX_LISTED)
}

/// Stores an account's draft in place of its last one. Returns `None` without storing it if a message with its key was
/// sent already: a save can arrive after the message, and another device may not know yet that it was sent.
///
/// # Errors
/// [`DraftError`].
pub fn put(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
    subject: Subject,
    new: NewDraft,
    now: DateTime<Utc>,
) -> Result<Option<Draft>, DraftError> {
    let team = match subject {
        // Locked, so that no draft is stored while the conversation is being closed.
        Subject::Reply(id) => {
            let found = find_for_update(conn, scope, id)?.ok_or(NotFound::new(Resource::Conversation))?;
            State::from(&found).require_live()?;
            found.team_id
        }
        Subject::AdHoc(_) => team_of(conn, scope, subject)?,
    };
    validate(&new)?;
    if let Some(template) = new.template_id
        && !templates::queries::is_usable(conn, template, team)?
    {
        let message = "The team cannot use this template. Leave template_id out.";
        return Err(Invalid::field("template_id", "unknown", message).into());
    }
    if has_idempotency_key(conn, &account_key(account, &new.key))? {
        return Ok(None);
    }
    let NewDraft { body, template_id, key } = new;
    let draft = Draft { body, template_id, key, updated_at: now };
    queries::store(conn, account, subject, &draft)?;
    Ok(Some(draft))
}

/// Deletes an account's draft, if there is one.
///
/// # Errors
/// [`DraftError`].
pub fn delete(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
    subject: Subject,
) -> Result<(), DraftError> {
    team_of(conn, scope, subject)?;
    Ok(queries::delete(conn, account, subject)?)
}

/// Deletes the draft of a message that was sent. The sender's other drafts stay.
pub(super) fn delete_sent(
    conn: &mut DbConnection,
    sender: &Sender,
    request: Option<&RequestKey>,
) -> Result<(), DbError> {
    match (sender.kind, sender.id, request) {
        (SenderKind::Account, Some(account), Some(request)) => {
            queries::delete_with_key(conn, AccountId(account), request.given())
        }
        _ => Ok(()),
    }
}

/// Returns the subject's team.
fn team_of(conn: &mut DbConnection, scope: &TeamScope, subject: Subject) -> Result<TeamId, DraftError> {
    match subject {
        Subject::Reply(id) => {
            Ok(find(conn, scope, id)?.ok_or(NotFound::new(Resource::Conversation))?.team_id)
        }
        Subject::AdHoc(id) => {
            Ok(teams::queries::team(conn, scope, id)?.ok_or(NotFound::new(Resource::Team))?.id)
        }
    }
}

fn validate(new: &NewDraft) -> Result<(), Invalid> {
    let mut validation = Validation::default();
    let length = new.body.chars().count();
    if new.body.is_empty() {
        validation.reject("body", "required", "Enter a text, or delete the draft.");
    } else if length > MAX_DRAFT_CHARACTERS {
        let message = format!("At most {MAX_DRAFT_CHARACTERS} characters; this has {length}.");
        validation.reject("body", "too_long", message);
    } else if new.body.contains('\0') {
        validation.reject("body", "invalid_character", "Remove the NUL character.");
    }
    let is_visible = new.key.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible || !(1..=MAX_KEY).contains(&new.key.len()) {
        let message = format!("Use 1 to {MAX_KEY} visible ASCII characters.");
        validation.reject("key", "invalid", message);
    }
    validation.finish()
}
