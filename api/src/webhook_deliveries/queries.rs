//! The log of deliveries in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{ConversationId, WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::{DeliveryStatus, WebhookDelivery},
};

use crate::db::{
    AsText, DbConnection, DbError, IsDeliveryPending, Timestamp, on_each, schema::webhook_deliveries,
};

/// Returns the header `webhook-id` of a delivery. It contains the time, because a database that was restored from a backup
/// gives the same ids again, and receivers would take the new deliveries for repeated ones.
pub(super) fn webhook_id(id: WebhookDeliveryId, created_at: DateTime<Utc>) -> String {
    format!("msg_{id}_{:x}", created_at.timestamp_micros())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
struct Row {
    id: i64,
    endpoint_id: i64,
    conversation_id: Option<i64>,
    event_type: String,
    body: String,
    status: AsText<DeliveryStatus>,
    attempts: i32,
    due_at: Option<Timestamp>,
    last_attempt_at: Option<Timestamp>,
    duration_ms: Option<i64>,
    response_status: Option<i32>,
    response: Option<String>,
    created_at: Timestamp,
}

impl From<Row> for WebhookDelivery {
    fn from(row: Row) -> Self {
        let id = WebhookDeliveryId(row.id);
        Self {
            id,
            endpoint_id: WebhookEndpointId(row.endpoint_id),
            webhook_id: webhook_id(id, row.created_at.0),
            event_type: row.event_type,
            conversation_id: row.conversation_id.map(ConversationId),
            status: row.status.0,
            body: row.body,
            attempts: row.attempts,
            next_attempt_at: row.due_at.map(DateTime::from),
            last_attempt_at: row.last_attempt_at.map(DateTime::from),
            duration_ms: row.duration_ms,
            response_status: row.response_status,
            response: row.response,
            created_at: row.created_at.0,
        }
    }
}

/// Returns an endpoint's deliveries, newest first, from before the id `before`: all, or those with a status. The caller has
/// checked the endpoint's team.
pub(super) fn list(
    conn: &mut DbConnection,
    endpoint: WebhookEndpointId,
    status: Option<DeliveryStatus>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<WebhookDelivery>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut found = webhook_deliveries::table
            .filter(webhook_deliveries::endpoint_id.eq(endpoint.0))
            .filter(webhook_deliveries::id.lt(before.unwrap_or(i64::MAX)))
            .order(webhook_deliveries::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(status) = status {
            found = found.filter(webhook_deliveries::status.eq(AsText(status)));
        }
        found.load(c)
    })?;
    Ok(rows.into_iter().map(WebhookDelivery::from).collect())
}

/// Returns a delivery. The caller checks its endpoint's team.
pub(super) fn find(
    conn: &mut DbConnection,
    id: WebhookDeliveryId,
) -> Result<Option<WebhookDelivery>, DbError> {
    let row: Option<Row> = on_each!(conn, |c| webhook_deliveries::table
        .find(id.0)
        .select(Row::as_select())
        .first(c)
        .optional())?;
    Ok(row.map(WebhookDelivery::from))
}

/// Inserts a delivery that no event caused, due at once.
pub(super) fn insert(
    conn: &mut DbConnection,
    endpoint: WebhookEndpointId,
    event_type: &str,
    body: &str,
    now: DateTime<Utc>,
) -> Result<WebhookDelivery, DbError> {
    let values = (
        webhook_deliveries::endpoint_id.eq(endpoint.0),
        webhook_deliveries::event_type.eq(event_type),
        webhook_deliveries::body.eq(body),
        webhook_deliveries::status.eq(AsText(DeliveryStatus::Pending)),
        webhook_deliveries::due_at.eq(Timestamp(now)),
        webhook_deliveries::created_at.eq(Timestamp(now)),
    );
    let row: Row = on_each!(conn, |c| diesel::insert_into(webhook_deliveries::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(c))?;
    Ok(row.into())
}

/// Makes a delivery due at once, with all attempts before it, and those of its conversation that wait for it.
pub(super) fn replay(
    conn: &mut DbConnection,
    delivery: &WebhookDelivery,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let due = (
        webhook_deliveries::status.eq(AsText(DeliveryStatus::Pending)),
        webhook_deliveries::attempts.eq(0),
        webhook_deliveries::due_at.eq(Timestamp(now)),
    );
    on_each!(conn, |c| diesel::update(webhook_deliveries::table.find(delivery.id.0)).set(due).execute(c))?;
    let Some(conversation) = delivery.conversation_id else { return Ok(()) };
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(delivery.endpoint_id.0))
        .filter(webhook_deliveries::conversation_id.eq(conversation.0))
        .filter(IsDeliveryPending)
        .filter(webhook_deliveries::due_at.gt(Timestamp(now)));
    on_each!(conn, |c| diesel::update(waiting)
        .set(webhook_deliveries::due_at.eq(Timestamp(now)))
        .execute(c))?;
    Ok(())
}

/// Deletes the deliveries that were recorded until a time.
pub(crate) fn delete_until(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    let old = webhook_deliveries::table.filter(webhook_deliveries::created_at.le(Timestamp(until)));
    on_each!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
