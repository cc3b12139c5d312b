//! Deletes rows that are kept for a limited time: responses to requests with an idempotency key, delivery receipts for
//! unknown messages, the list of rejected messages, deliveries to webhook endpoints, ended sessions, and campaigns whose
//! upload was cut off. Deletes no conversations or messages.

use chrono::TimeDelta;

use crate::{
    auth, campaigns,
    clock::Clock,
    conversations,
    db::{Db, DbError},
    idempotency, rejected_messages, webhook_deliveries,
};

/// How long a receipt waits for its message. Longer than a message with an unknown outcome is looked up at the gateway.
const EARLY_RECEIPT_RETENTION: TimeDelta = TimeDelta::days(14);
/// How long the upload of a campaign's file may take.
const CAMPAIGN_UPLOAD: TimeDelta = TimeDelta::hours(1);
/// How long rejected messages stay listed.
const REJECTED_MESSAGE_RETENTION: TimeDelta = TimeDelta::days(30);
/// How long deliveries to webhook endpoints stay listed, and wait while their endpoint is disabled.
const WEBHOOK_DELIVERY_RETENTION: TimeDelta = TimeDelta::days(30);

/// Deletes them.
pub(super) async fn delete(db: &Db, clock: &Clock) -> Result<(), DbError> {
    let now = clock.now();
    db.write(move |conn| {
        idempotency::queries::delete_until(conn, now - idempotency::KEPT)?;
        rejected_messages::queries::delete_until(conn, now - REJECTED_MESSAGE_RETENTION)?;
        webhook_deliveries::queries::delete_until(conn, now - WEBHOOK_DELIVERY_RETENTION)?;
        conversations::delivery::queries::delete_early_receipts(conn, now - EARLY_RECEIPT_RETENTION)?;
        campaigns::queries::delete_incomplete(conn, now - CAMPAIGN_UPLOAD)?;
        auth::queries::delete_expired(conn, now)
    })
    .await
}
