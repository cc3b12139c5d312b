//! Webhook endpoints in the database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use secrecy::SecretString;
use shared::{
    ids::{EventId, TeamId, WebhookEndpointId},
    webhook_delivery::DeliveryStatus,
    webhook_endpoint::{DisabledReason, WebhookEndpoint, WebhookEventType},
};

use super::secret::Secrets;
use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, IsDeliveryPending, Timestamp, for_update, locking, on_each,
        schema::{webhook_deliveries, webhook_endpoints, webhook_positions},
    },
    events,
    precondition::version_of,
};

/// What a caller chooses.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) event_types: BTreeSet<WebhookEventType>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_endpoints)]
struct Row {
    id: i64,
    team_id: i64,
    url: String,
    description: String,
    event_types: AsText<BTreeSet<WebhookEventType>>,
    disabled_at: Option<Timestamp>,
    disabled_reason: Option<AsText<DisabledReason>>,
    previous_secret_until: Option<Timestamp>,
    created_by: String,
    created_at: Timestamp,
}

impl From<Row> for WebhookEndpoint {
    fn from(row: Row) -> Self {
        let enabled = row.disabled_at.is_none();
        let version = version_of(&(&row.url, &row.description, &row.event_types.0, enabled));
        Self {
            id: WebhookEndpointId(row.id),
            team_id: TeamId(row.team_id),
            url: row.url,
            description: row.description,
            event_types: row.event_types.0,
            enabled,
            disabled_at: row.disabled_at.map(DateTime::from),
            disabled_reason: row.disabled_reason.map(|AsText(reason)| reason),
            previous_secret_until: row.previous_secret_until.map(DateTime::from),
            created_by: row.created_by,
            created_at: row.created_at.0,
            secret: None,
            version,
        }
    }
}

/// Returns the endpoints of a team, in the order of their creation.
pub(super) fn list(conn: &mut DbConnection, team: TeamId) -> Result<Vec<WebhookEndpoint>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::team_id.eq(team.0))
        .order(webhook_endpoints::id)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(WebhookEndpoint::from).collect())
}

/// Returns an endpoint, if its team is in the scope.
pub(crate) fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
) -> Result<Option<WebhookEndpoint>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| webhook_endpoints::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(WebhookEndpoint::from).filter(|endpoint| scope.includes(endpoint.team_id)))
}

/// As [`find`], and locks the endpoint until the transaction ends. A transaction that also changes deliveries locks their
/// endpoint first.
pub(crate) fn find_for_update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
) -> Result<Option<WebhookEndpoint>, DbError> {
    let row: Option<Row> = locking!(
        for_no_key_update,
        conn,
        webhook_endpoints::table.filter(webhook_endpoints::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(WebhookEndpoint::from).filter(|endpoint| scope.includes(endpoint.team_id)))
}

/// Locks endpoints until the transaction ends, so that it can change them and their deliveries.
pub(crate) fn lock(conn: &mut DbConnection, ids: &BTreeSet<WebhookEndpointId>) -> Result<(), DbError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let endpoints = webhook_endpoints::table
        .filter(webhook_endpoints::id.eq_any(ids))
        .order(webhook_endpoints::id)
        .select(webhook_endpoints::id);
    let _: Vec<i64> = locking!(for_no_key_update, conn, endpoints, |query, c| query.load(c))?;
    Ok(())
}

/// Returns which of the endpoints still exist. They cannot be deleted until the transaction ends.
pub(crate) fn existing(
    conn: &mut DbConnection,
    ids: &BTreeSet<WebhookEndpointId>,
) -> Result<BTreeSet<WebhookEndpointId>, DbError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let endpoints = webhook_endpoints::table
        .filter(webhook_endpoints::id.eq_any(ids))
        .order(webhook_endpoints::id)
        .select(webhook_endpoints::id);
    let found: Vec<i64> = locking!(for_key_share, conn, endpoints, |query, c| query.load(c))?;
    Ok(found.into_iter().map(WebhookEndpointId).collect())
}

/// Inserts an endpoint. If it is the only one, the events before it need no delivery, and the position in the log begins
/// here.
pub(super) fn insert(
    conn: &mut DbConnection,
    team: TeamId,
    content: Content,
    secret: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<WebhookEndpoint, DbError> {
    let EventId(last) = events::queries::last_id(conn)?;
    if !is_any(conn)? {
        let begin = (webhook_positions::newest.eq(last), webhook_positions::missing.eq("{}"));
        on_each!(conn, |c| diesel::insert_into(webhook_positions::table)
            .values((webhook_positions::id.eq(1), begin))
            .on_conflict(webhook_positions::id)
            .do_update()
            .set(begin)
            .execute(c))?;
    }
    let values = (
        webhook_endpoints::team_id.eq(team.0),
        webhook_endpoints::url.eq(content.url),
        webhook_endpoints::description.eq(content.description),
        webhook_endpoints::event_types.eq(AsText(content.event_types)),
        webhook_endpoints::secret.eq(secret),
        webhook_endpoints::after_event_id.eq(last),
        webhook_endpoints::created_by.eq(by),
        webhook_endpoints::created_at.eq(Timestamp(now)),
    );
    let row: Row = on_each!(conn, |c| diesel::insert_into(webhook_endpoints::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(c))?;
    Ok(row.into())
}

pub(super) fn update(
    conn: &mut DbConnection,
    id: WebhookEndpointId,
    content: &Content,
) -> Result<(), DbError> {
    let changes = (
        webhook_endpoints::url.eq(&content.url),
        webhook_endpoints::description.eq(&content.description),
        webhook_endpoints::event_types.eq(AsText(&content.event_types)),
    );
    on_each!(conn, |c| diesel::update(webhook_endpoints::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Returns the number of endpoints in the scope that the server has disabled.
pub(crate) fn count_disabled(conn: &mut DbConnection, scope: &TeamScope) -> Result<i64, DbError> {
    let teams: Vec<i64> = on_each!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::disabled_reason.is_not_null())
        .filter(webhook_endpoints::disabled_reason.ne(AsText(DisabledReason::Manual)))
        .select(webhook_endpoints::team_id)
        .load(c))?;
    let count = teams.into_iter().filter(|team| scope.includes(TeamId(*team))).count();
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Disables an endpoint. Returns its description, or `None` if it was disabled already.
pub(crate) fn disable(
    conn: &mut DbConnection,
    id: WebhookEndpointId,
    reason: DisabledReason,
    now: DateTime<Utc>,
) -> Result<Option<String>, DbError> {
    let changes = (
        webhook_endpoints::disabled_at.eq(Timestamp(now)),
        webhook_endpoints::disabled_reason.eq(AsText(reason)),
    );
    let enabled = webhook_endpoints::table.find(id.0).filter(webhook_endpoints::disabled_at.is_null());
    Ok(on_each!(conn, |c| diesel::update(enabled)
        .set(changes)
        .returning(webhook_endpoints::description)
        .get_result(c)
        .optional())?)
}

/// Enables an endpoint. Its failed deliveries, and those that wait for a later attempt, are due now.
pub(super) fn enable(
    conn: &mut DbConnection,
    id: WebhookEndpointId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let changes = (
        webhook_endpoints::disabled_at.eq(None::<Timestamp>),
        webhook_endpoints::disabled_reason.eq(None::<String>),
    );
    on_each!(conn, |c| diesel::update(webhook_endpoints::table.find(id.0)).set(changes).execute(c))?;
    let due = || {
        (
            webhook_deliveries::status.eq(AsText(DeliveryStatus::Pending)),
            webhook_deliveries::attempts.eq(0),
            webhook_deliveries::due_at.eq(Timestamp(now)),
        )
    };
    let of_endpoint = webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(id.0));
    let failed = of_endpoint.filter(webhook_deliveries::status.eq(AsText(DeliveryStatus::Failed)));
    on_each!(conn, |c| diesel::update(failed).set(due()).execute(c))?;
    let later = of_endpoint.filter(IsDeliveryPending).filter(webhook_deliveries::due_at.gt(Timestamp(now)));
    on_each!(conn, |c| diesel::update(later).set(due()).execute(c))?;
    Ok(())
}

pub(super) fn rotate(
    conn: &mut DbConnection,
    id: WebhookEndpointId,
    secret: &str,
    previous_until: DateTime<Utc>,
) -> Result<(), DbError> {
    // The new value of a column is computed from the old row.
    let changes = (
        webhook_endpoints::previous_secret.eq(webhook_endpoints::secret.nullable()),
        webhook_endpoints::previous_secret_until.eq(Timestamp(previous_until)),
        webhook_endpoints::secret.eq(secret),
    );
    on_each!(conn, |c| diesel::update(webhook_endpoints::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Deletes an endpoint with its deliveries.
pub(super) fn delete(conn: &mut DbConnection, id: WebhookEndpointId) -> Result<(), DbError> {
    // Waits for deliveries that are being recorded, and prevents further ones.
    let endpoint = webhook_endpoints::table.filter(webhook_endpoints::id.eq(id.0));
    let _: Option<i64> =
        for_update!(conn, endpoint.select(webhook_endpoints::id), |query, c| query.first(c).optional())?;
    let deliveries = webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(id.0));
    on_each!(conn, |c| diesel::delete(deliveries).execute(c))?;
    on_each!(conn, |c| diesel::delete(webhook_endpoints::table.find(id.0)).execute(c))?;
    Ok(())
}

/// Whether there is an endpoint.
pub(crate) fn is_any(conn: &mut DbConnection) -> Result<bool, DbError> {
    let any: Option<i64> = on_each!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::id.gt(0))
        .order(webhook_endpoints::id)
        .select(webhook_endpoints::id)
        .first(c)
        .optional())?;
    Ok(any.is_some())
}

/// What an endpoint subscribes to.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) endpoint: WebhookEndpointId,
    pub(crate) team: TeamId,
    pub(crate) event_types: BTreeSet<WebhookEventType>,
    /// The last event before the endpoint was created.
    pub(crate) after: EventId,
}

/// Returns the subscriptions of all endpoints, also of disabled ones, whose deliveries wait.
pub(crate) fn subscriptions(conn: &mut DbConnection) -> Result<Vec<Subscription>, DbError> {
    let rows: Vec<(i64, i64, AsText<BTreeSet<WebhookEventType>>, i64)> =
        on_each!(conn, |c| webhook_endpoints::table
            .filter(webhook_endpoints::id.gt(0))
            .order(webhook_endpoints::id)
            .select((
                webhook_endpoints::id,
                webhook_endpoints::team_id,
                webhook_endpoints::event_types,
                webhook_endpoints::after_event_id,
            ))
            .load(c))?;
    let subscription = |(id, team, AsText(event_types), after)| Subscription {
        endpoint: WebhookEndpointId(id),
        team: TeamId(team),
        event_types,
        after: EventId(after),
    };
    Ok(rows.into_iter().map(subscription).collect())
}

/// Where deliveries of an endpoint go, and the secrets that sign them.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) endpoint: WebhookEndpointId,
    pub(crate) team: TeamId,
    pub(crate) url: String,
    pub(crate) secrets: Secrets,
}

/// Returns the endpoints that are enabled and have deliveries to send.
pub(crate) fn targets(conn: &mut DbConnection) -> Result<Vec<Target>, DbError> {
    type Columns = (i64, i64, String, String, Option<String>, Option<Timestamp>);
    let pending = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(webhook_endpoints::id))
        .filter(IsDeliveryPending);
    let rows: Vec<Columns> = on_each!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::id.gt(0))
        .filter(webhook_endpoints::disabled_at.is_null())
        .filter(exists(pending))
        .order(webhook_endpoints::id)
        .select((
            webhook_endpoints::id,
            webhook_endpoints::team_id,
            webhook_endpoints::url,
            webhook_endpoints::secret,
            webhook_endpoints::previous_secret,
            webhook_endpoints::previous_secret_until,
        ))
        .load(c))?;
    let target = |(id, team, url, secret, previous, until): Columns| Target {
        endpoint: WebhookEndpointId(id),
        team: TeamId(team),
        url,
        secrets: Secrets {
            current: SecretString::from(secret),
            previous: previous.map(SecretString::from).zip(until.map(DateTime::from)),
        },
    };
    Ok(rows.into_iter().map(target).collect())
}
