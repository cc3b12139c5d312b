//! Reconciliation: looks up a message whose outcome is unknown (after a time-out or a crash) at the gateway before it
//! is sent again. Sending twice is worse than sending late (rule 14).

use chrono::{DateTime, Utc};

use crate::{
    db::{Db, DbError},
    gateway::client::{GatewayClient, OutboundMessage, RequestError},
    messages::queries::is_known,
};

/// Why the outcome is still unknown.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReconcileError {
    #[error(transparent)]
    Gateway(#[from] RequestError),
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the gateway's id of the message, if the gateway has it: a message with the same numbers and body, no older
/// than the first attempt, whose id is not stored for another message.
pub(super) async fn find(
    db: &Db,
    gateway: &GatewayClient,
    message: &OutboundMessage,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<String>, ReconcileError> {
    let candidates = gateway.sent_since(message, since, now).await?;
    // Oldest first: the oldest is that of the first attempt.
    db.read(move |conn| {
        for gateway_id in candidates.into_iter().rev() {
            if !is_known(conn, &gateway_id)? {
                return Ok(Some(gateway_id));
            }
        }
        Ok(None)
    })
    .await
}
