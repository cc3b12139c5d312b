//! Reconciliation: a message whose outcome is unknown (a time-out, a crash) is looked up at the gateway before it is sent
//! again. Sending twice is worse than sending late (rule 14).

use chrono::{DateTime, Utc};

use crate::{
    db::{Db, DbError},
    gateway::client::{AskError, GatewayClient, OutboundText},
    messages::queries::is_known,
};

/// Why it is still unknown.
#[derive(Debug, thiserror::Error)]
pub(super) enum StillUnknown {
    #[error(transparent)]
    Gateway(#[from] AskError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Returns the gateway's id of the message, if it has it: one with the same numbers and words, no older than our first
/// attempt, that belongs to no other message of ours.
pub(super) async fn find(
    db: &Db,
    gateway: &GatewayClient,
    text: &OutboundText,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<String>, StillUnknown> {
    let alike = gateway.sent_since(text, since, now).await?;
    // The oldest first: that is the one of our first attempt.
    db.read(move |conn| {
        for gateway_id in alike.into_iter().rev() {
            if !is_known(conn, &gateway_id)? {
                return Ok(Some(gateway_id));
            }
        }
        Ok(None)
    })
    .await
}
