//! Deliveries that a caller asks for: a test, and a delivery that is sent again.

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    ids::{WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::{TEST_TYPE, WebhookDelivery},
};

use super::queries;
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    webhook_endpoints::{self, change::find as find_endpoint},
};

/// Why no delivery was sent.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The endpoint or the delivery does not exist, or the caller is not in its team.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The endpoint is disabled.
    #[error("The webhook endpoint is disabled, so nothing is sent to it. Enable it first.")]
    Disabled,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Records a test delivery to an endpoint. It is attempted once.
///
/// # Errors
/// [`ReplayError`].
pub fn test(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
    now: DateTime<Utc>,
) -> Result<WebhookDelivery, ReplayError> {
    let endpoint = find_endpoint(conn, scope, id)?;
    if !endpoint.enabled {
        return Err(ReplayError::Disabled);
    }
    let body = json!({"type": TEST_TYPE, "timestamp": now, "data": {"team_id": endpoint.team_id}});
    Ok(queries::insert(conn, id, TEST_TYPE, &body.to_string(), now)?)
}

/// Sends a delivery again, with the same `webhook-id`. A delivery that waits is attempted at once.
///
/// # Errors
/// [`ReplayError`].
pub fn replay(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookDeliveryId,
    now: DateTime<Utc>,
) -> Result<WebhookDelivery, ReplayError> {
    let missing = || LookupError::from(NotFound::new(Resource::WebhookDelivery));
    let known = queries::find(conn, id)?.ok_or_else(missing)?;
    let endpoint =
        webhook_endpoints::queries::find_for_update(conn, scope, known.endpoint_id)?.ok_or_else(missing)?;
    let delivery = queries::find(conn, id)?.ok_or_else(missing)?;
    if !endpoint.enabled {
        return Err(ReplayError::Disabled);
    }
    queries::replay(conn, &delivery, now)?;
    Ok(queries::find(conn, id)?.ok_or_else(missing)?)
}
