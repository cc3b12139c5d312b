//! Batches of ad-hoc messages. Each message is checked and stored as if it came alone. A transaction stores some of them,
//! so that replies and incoming messages do not wait for the whole batch. Each message has a key of its own, made of the
//! batch's key and its position: a repeated batch continues where the first one ended.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use shared::{
    PhoneNumber,
    batch::{MAX_BATCH_ITEMS, NewBatch},
    ids::{ConversationId, MessageId},
    message::Sender,
};

use super::{
    reply::{InvalidMessage, Replied},
    start::{Start, StartError},
};
use crate::{
    auth::{Authenticator, Caller, TeamScope, TokenKeys},
    db::{Db, DbConnection, DbError, Lock},
    fields::Invalid,
    idempotency::{IdempotencyError, IdempotentRequest, RequestKey},
    teams,
};

/// Maximum number of messages in one transaction.
const CHUNK: usize = 50;

/// A batch, with the messages that passed the checks that need no database.
#[derive(Debug)]
pub struct Batch(Vec<Result<Start, InvalidMessage>>);

/// A message that is queued for sending.
#[derive(Clone, Copy, Debug)]
pub struct QueuedItem {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its id.
    pub message: MessageId,
}

/// Why a message of a batch was not queued.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// The text is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
    /// The message cannot be sent to this number.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Why a batch as a whole was not processed to its end.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The batch has no message, or too many.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The idempotency key was used with another request.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError<std::convert::Infallible>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A message with its key.
type Keyed = (Result<Start, InvalidMessage>, Option<RequestKey>);

impl Batch {
    /// Checks the number of messages, and each message.
    ///
    /// # Errors
    /// `Invalid`, for the number of messages only.
    pub fn parse(new: NewBatch) -> Result<Self, BatchError> {
        let count = new.items.len();
        if count == 0 {
            return Err(Invalid::field("items", "required", "Send at least one message.").into());
        }
        if count > MAX_BATCH_ITEMS {
            let message = format!("Send at most {MAX_BATCH_ITEMS} messages in a batch; this has {count}.");
            return Err(Invalid::field("items", "too_many", message).into());
        }
        Ok(Self(new.items.into_iter().map(Start::parse).collect()))
    }

    /// Queues the messages, and returns the outcome of each in their order. Calls `committed` after each transaction.
    ///
    /// # Errors
    /// [`BatchError`]. The messages until then are queued.
    pub async fn queue(
        self,
        db: &Db,
        caller: &Caller,
        once: &IdempotentRequest,
        auth: &Arc<Authenticator>,
        now: DateTime<Utc>,
        committed: impl Fn(),
    ) -> Result<Vec<Result<QueuedItem, ItemError>>, BatchError> {
        let (request, count) = (once.clone(), self.0.len());
        db.read(move |conn| request.check_parts(conn, count)).await?;
        let mut outcomes = Vec::with_capacity(count);
        let mut items = self.0.into_iter().enumerate().map(|(index, item)| (item, once.part(index)));
        while outcomes.len() < count {
            let chunk: Vec<Keyed> = items.by_ref().take(CHUNK).collect();
            let (scope, sender, auth) = (caller.scope.clone(), caller.sender(), Arc::clone(auth));
            let queued =
                db.write(move |conn| queue_chunk(conn, &scope, &sender, chunk, &auth.keys, now)).await?;
            committed();
            outcomes.extend(queued);
        }
        Ok(outcomes)
    }
}

fn queue_chunk(
    conn: &mut DbConnection,
    scope: &TeamScope,
    sender: &Sender,
    chunk: Vec<Keyed>,
    keys: &TokenKeys,
    now: DateTime<Utc>,
) -> Result<Vec<Result<QueuedItem, ItemError>>, DbError> {
    lock_numbers(conn, scope, &chunk)?;
    let queue = |(item, key): Keyed| {
        let start = item?;
        // A savepoint, so that a refused message leaves no conversation behind.
        let replied = conn.transaction(|conn| start.store(conn, scope, sender, key.as_ref(), keys, now))?;
        let (Replied::Queued(message) | Replied::Replayed(message)) = replied;
        Ok(QueuedItem { conversation: message.conversation_id, message: message.id })
    };
    Ok(chunk.into_iter().map(queue).collect())
}

/// Locks the numbers in their order, so that two batches to the same numbers do not wait for each other.
fn lock_numbers(conn: &mut DbConnection, scope: &TeamScope, chunk: &[Keyed]) -> Result<(), DbError> {
    let mut numbers: Vec<PhoneNumber> = Vec::with_capacity(chunk.len());
    let mut last = None;
    for start in chunk.iter().filter_map(|(item, _)| item.as_ref().ok()) {
        if last.as_ref().is_none_or(|(team, _)| *team != start.team()) {
            last = Some((start.team(), teams::queries::team(conn, scope, start.team())?));
        }
        let team = last.as_ref().and_then(|(_, team)| team.as_ref());
        numbers.extend(team.and_then(|team| start.usual_number(&team.region)));
    }
    lock_all(conn, numbers)
}

/// Locks new conversations with these numbers until the transaction ends, in the order of the numbers.
///
/// # Errors
/// Database errors.
pub(crate) fn lock_all(conn: &mut DbConnection, mut numbers: Vec<PhoneNumber>) -> Result<(), DbError> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.iter().try_for_each(|number| conn.advisory_lock(Lock::Number(number.as_str())))
}
