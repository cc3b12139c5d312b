//! The position in the event log, and new deliveries, in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{ConversationId, WebhookEndpointId},
    webhook_delivery::DeliveryStatus,
};

use super::position::{Missing, Position};
use crate::db::{
    AsText, DbConnection, DbError, Timestamp, for_update, on_each,
    schema::{webhook_deliveries, webhook_positions},
};

/// Number of rows that one statement inserts. SQLite limits the number of values in a statement.
const ROWS: usize = 200;

/// A delivery that is due at once.
#[derive(Clone, Debug)]
pub(super) struct NewDelivery {
    pub(super) endpoint: WebhookEndpointId,
    pub(super) conversation: Option<ConversationId>,
    pub(super) event_type: &'static str,
    pub(super) body: String,
}

type Columns = (i64, AsText<Missing>);

fn position_of((newest, AsText(missing)): Columns) -> Position {
    Position { newest, missing }
}

/// Returns the position. `None` before the first endpoint was created.
pub(super) fn position(conn: &mut DbConnection) -> Result<Option<Position>, DbError> {
    let row: Option<Columns> = on_each!(conn, |c| webhook_positions::table
        .find(1)
        .select((webhook_positions::newest, webhook_positions::missing))
        .first(c)
        .optional())?;
    Ok(row.map(position_of))
}

/// Returns the position, and locks it until the transaction ends.
pub(super) fn position_for_update(conn: &mut DbConnection) -> Result<Option<Position>, DbError> {
    let row: Option<Columns> = for_update!(
        conn,
        webhook_positions::table
            .filter(webhook_positions::id.eq(1))
            .select((webhook_positions::newest, webhook_positions::missing)),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(position_of))
}

/// Stores the position.
pub(super) fn advance(conn: &mut DbConnection, position: &Position) -> Result<(), DbError> {
    let changes = (
        webhook_positions::newest.eq(position.newest),
        webhook_positions::missing.eq(AsText(&position.missing)),
    );
    on_each!(conn, |c| diesel::update(webhook_positions::table.find(1)).set(changes).execute(c))?;
    Ok(())
}

/// Inserts deliveries.
pub(super) fn insert(
    conn: &mut DbConnection,
    deliveries: &[&NewDelivery],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    for chunk in deliveries.chunks(ROWS) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|new| {
                (
                    webhook_deliveries::endpoint_id.eq(new.endpoint.0),
                    webhook_deliveries::conversation_id.eq(new.conversation.map(|id| id.0)),
                    webhook_deliveries::event_type.eq(new.event_type),
                    webhook_deliveries::body.eq(&new.body),
                    webhook_deliveries::status.eq(AsText(DeliveryStatus::Pending)),
                    webhook_deliveries::due_at.eq(Timestamp(now)),
                    webhook_deliveries::created_at.eq(Timestamp(now)),
                )
            })
            .collect();
        on_each!(conn, |c| diesel::insert_into(webhook_deliveries::table).values(rows).execute(c))?;
    }
    Ok(())
}
