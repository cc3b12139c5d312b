//! `/webhook_endpoints/{id}/deliveries`, tests and replays.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::Permission,
    ids::{WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::{DeliveryStatus, WebhookDelivery},
};
use utoipa::IntoParams;

use super::{queries, replay};
use crate::{
    auth::Caller,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{decode_cursor, encode_cursor, page, page_size},
    state::AppState,
    webhook_endpoints::change::find as find_endpoint,
};

/// Filters of the list of deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Only deliveries with this status.
    #[param(inline)]
    status: Option<DeliveryStatus>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Lists an endpoint's deliveries of the past 30 days, newest first.
#[utoipa::path(get, path = "/api/v1/webhook_endpoints/{id}/deliveries", operation_id = "list_webhook_deliveries",
    tag = "webhooks", params(("id" = i64, Path, description = "The webhook endpoint"), DeliveriesQuery),
    responses((status = 200, body = Page<WebhookDelivery>),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_webhook_deliveries(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookEndpointId>,
    query: web::Query<DeliveriesQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let DeliveriesQuery { status, limit, cursor } = query.into_inner();
    let (id, limit, before) = (id.into_inner(), page_size(limit)?, decode_cursor::<i64>(cursor.as_deref())?);
    let found = state
        .db
        .read(move |conn| {
            find_endpoint(conn, &caller.scope, id)?;
            Ok::<_, ApiError>(queries::list(conn, id, status, before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id.0))))
}

/// Sends a test to an endpoint: a delivery of the type `webhook.test`, which is attempted once.
#[utoipa::path(post, path = "/api/v1/webhook_endpoints/{id}/test", operation_id = "test_webhook_endpoint",
    tag = "webhooks", params(("id" = i64, Path, description = "The webhook endpoint")),
    responses((status = 201, body = WebhookDelivery),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`endpoint_disabled`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn test_webhook_endpoint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookEndpointId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &())?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let made =
        state.db.write(move |conn| once.run(conn, |conn| replay::test(conn, &caller.scope, id, now))).await?;
    state.webhooks.wake();
    Ok(made.created())
}

/// Sends a delivery again, with the same `webhook-id`. A delivery that waits for its next attempt is attempted at once.
#[utoipa::path(post, path = "/api/v1/webhook_deliveries/{id}/replay", operation_id = "replay_webhook_delivery",
    tag = "webhooks", params(("id" = i64, Path, description = "The delivery")),
    responses((status = 201, body = WebhookDelivery),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`endpoint_disabled`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn replay_webhook_delivery(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookDeliveryId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &())?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let replayed = state
        .db
        .write(move |conn| once.run(conn, |conn| replay::replay(conn, &caller.scope, id, now)))
        .await?;
    state.webhooks.wake();
    Ok(replayed.created())
}
