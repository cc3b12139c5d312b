//! Claims of due deliveries, and the results of attempts, in the database.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::min,
    pg::Pg,
    prelude::*,
    query_builder::QueryFragment,
    sql_types::{BigInt, Integer, Nullable, Text},
    sqlite::Sqlite,
};
use shared::{
    ids::{ConversationId, TeamId, WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::DeliveryStatus,
};

use super::attempt::Finished;
use crate::{
    db::{
        AsText, DbConnection, DbError, IsDeliveryPending, IsPendingBefore, Timestamp, UtcTimestamp,
        cached::FixedSql, on_each, schema::webhook_deliveries,
    },
    webhook_deliveries::queries::webhook_id,
    webhook_endpoints::{self, queries::Target},
};

diesel::alias!(webhook_deliveries as before: Before);

/// Whether no earlier delivery of the same conversation waits. Deliveries without a conversation have no order. Not
/// `NOT EXISTS`, which PostgreSQL turns into a join that reads all pending deliveries of the endpoint for each of them, as
/// long as it has no statistics of a backlog.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_next() -> _ {
    before
        .filter(before.field(webhook_deliveries::endpoint_id).eq(webhook_deliveries::endpoint_id))
        .filter(before.field(webhook_deliveries::conversation_id).eq(webhook_deliveries::conversation_id))
        .filter(IsPendingBefore)
        .select(before.field(webhook_deliveries::id))
        .single_value()
        .is_null()
}

/// What there is to send.
pub(super) struct Due {
    /// The enabled endpoints that have a delivery to send now.
    pub(super) targets: Vec<Arc<Target>>,
    /// When the next delivery is due.
    pub(super) next: Option<DateTime<Utc>>,
}

/// Returns what there is to send.
pub(super) fn due(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<Due, DbError> {
    let mut due = Due { targets: Vec::new(), next: None };
    for target in webhook_endpoints::queries::targets(conn)? {
        let of_endpoint = webhook_deliveries::table
            .filter(webhook_deliveries::endpoint_id.eq(target.endpoint.0))
            .filter(IsDeliveryPending);
        let first: Option<i64> = on_each!(conn, |c| of_endpoint
            .filter(webhook_deliveries::due_at.le(Timestamp(now)))
            .filter(is_next())
            .order((webhook_deliveries::due_at, webhook_deliveries::id))
            .select(webhook_deliveries::id)
            .first(c)
            .optional())?;
        let next: Option<Timestamp> = on_each!(conn, |c| of_endpoint
            .filter(webhook_deliveries::due_at.gt(Timestamp(now)))
            .select(min(webhook_deliveries::due_at))
            .first(c))?;
        due.next = due.next.into_iter().chain(next.map(DateTime::from)).min();
        if first.is_some() {
            due.targets.push(Arc::new(target));
        }
    }
    Ok(due)
}

/// A delivery that this worker has claimed.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) id: WebhookDeliveryId,
    pub(super) endpoint: WebhookEndpointId,
    pub(super) team: TeamId,
    pub(super) conversation: Option<ConversationId>,
    pub(super) event_type: String,
    pub(super) body: String,
    /// Number of attempts before this one.
    pub(super) attempts: i32,
    pub(super) created_at: DateTime<Utc>,
    /// Until when it is claimed. It distinguishes the claims of a delivery.
    held_until: DateTime<Utc>,
}

impl Claimed {
    /// Returns the header `webhook-id`.
    pub(super) fn webhook_id(&self) -> String {
        webhook_id(self.id, self.created_at)
    }

    #[cfg(test)]
    pub(super) fn for_test(attempts: i32, event_type: &str) -> Self {
        Self {
            id: WebhookDeliveryId(1),
            endpoint: WebhookEndpointId(1),
            team: TeamId(1),
            conversation: None,
            event_type: event_type.to_owned(),
            body: String::new(),
            attempts,
            created_at: DateTime::UNIX_EPOCH,
            held_until: DateTime::UNIX_EPOCH,
        }
    }
}

/// Claims up to `limit` due deliveries of an endpoint until `until`, oldest first.
pub(super) fn claim(
    conn: &mut DbConnection,
    target: &Target,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<Claimed>, DbError> {
    type Columns = (i64, Option<i64>, String, String, i32, Timestamp);
    let due = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(target.endpoint.0))
        .filter(IsDeliveryPending)
        .filter(webhook_deliveries::due_at.le(Timestamp(now)))
        .filter(is_next())
        .order((webhook_deliveries::due_at, webhook_deliveries::id))
        .limit(i64::try_from(limit).unwrap_or(0))
        .select((
            webhook_deliveries::id,
            webhook_deliveries::conversation_id,
            webhook_deliveries::event_type,
            webhook_deliveries::body,
            webhook_deliveries::attempts,
            webhook_deliveries::created_at,
        ));
    let rows: Vec<Columns> = match conn {
        DbConnection::Postgres(c) => due.for_update().skip_locked().load(c)?,
        DbConnection::Sqlite(c) => due.load(c)?,
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    if !ids.is_empty() {
        on_each!(conn, |c| diesel::update(
            webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(&ids))
        )
        .set(webhook_deliveries::due_at.eq(Timestamp(until)))
        .execute(c))?;
    }
    let claimed = |(id, conversation, event_type, body, attempts, created_at): Columns| Claimed {
        id: WebhookDeliveryId(id),
        endpoint: target.endpoint,
        team: target.team,
        conversation: conversation.map(ConversationId),
        event_type,
        body,
        attempts,
        created_at: created_at.0,
        held_until: until,
    };
    Ok(rows.into_iter().map(claimed).collect())
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptResult<'a> {
    pub(super) status: DeliveryStatus,
    pub(super) due: Option<DateTime<Utc>>,
    pub(super) finished: &'a Finished,
}

struct StoreResult;
impl FixedSql for StoreResult {
    type Row = ();
    const SQL: &'static str = "UPDATE webhook_deliveries SET status = {}, attempts = {}, due_at = {}, \
        last_attempt_at = {}, duration_ms = {}, response_status = {}, response = {} \
        WHERE id = {} AND status = 'pending' AND due_at = {}";
}

/// Stores the result of an attempt. Returns `false` when the claim is lost.
pub(super) fn store(
    conn: &mut DbConnection,
    claimed: &Claimed,
    result: &AttemptResult<'_>,
) -> Result<bool, DbError> {
    let finished = result.finished;
    let status = AsText(result.status).into_sql::<Text>();
    let attempts = (claimed.attempts + 1).into_sql::<Integer>();
    let due = result.due.map(Timestamp).into_sql::<Nullable<UtcTimestamp>>();
    let began = Timestamp(finished.began_at).into_sql::<UtcTimestamp>();
    let took = i64::try_from(finished.took.as_millis()).unwrap_or(i64::MAX).into_sql::<BigInt>();
    let code = finished.status.map(i32::from).into_sql::<Nullable<Integer>>();
    let response = finished.response.as_str().into_sql::<Text>();
    let id = claimed.id.0.into_sql::<BigInt>();
    let held = Timestamp(claimed.held_until).into_sql::<UtcTimestamp>();
    let stored = match conn {
        DbConnection::Postgres(c) => {
            let values: [&dyn QueryFragment<Pg>; 9] =
                [&status, &attempts, &due, &began, &took, &code, &response, &id, &held];
            StoreResult::execute(c, &values)?
        }
        DbConnection::Sqlite(c) => {
            let values: [&dyn QueryFragment<Sqlite>; 9] =
                [&status, &attempts, &due, &began, &took, &code, &response, &id, &held];
            StoreResult::execute(c, &values)?
        }
    };
    Ok(stored > 0)
}

/// Postpones the later deliveries of the same conversation, which wait for this one, so that no poll reads them before.
pub(super) fn postpone_later(
    conn: &mut DbConnection,
    claimed: &Claimed,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(conversation) = claimed.conversation else { return Ok(()) };
    let later = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(claimed.endpoint.0))
        .filter(webhook_deliveries::conversation_id.eq(conversation.0))
        .filter(webhook_deliveries::id.gt(claimed.id.0))
        .filter(IsDeliveryPending)
        .filter(webhook_deliveries::due_at.lt(Timestamp(until)));
    on_each!(conn, |c| diesel::update(later)
        .set(webhook_deliveries::due_at.eq(Timestamp(until)))
        .execute(c))?;
    Ok(())
}
