//! `/teams/{id}/webhook_endpoints` and `/webhook_endpoints`.

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{
    Page, Problem,
    account::Permission,
    audit_entry::AuditAction,
    ids::{TeamId, WebhookEndpointId},
    webhook_endpoint::{NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChange},
};

use super::{
    audit_event,
    change::{self, EndpointError},
    queries,
};
use crate::{
    auth::{Caller, LookupError, audit_log::AuditEvent},
    body::Body,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{PageQuery, of_short_list, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
    teams,
};

/// Lists a team's webhook endpoints, in the order of their creation.
#[utoipa::path(get, path = "/api/v1/teams/{id}/webhook_endpoints", operation_id = "list_webhook_endpoints",
    tag = "webhooks", params(("id" = i64, Path, description = "The team"), PageQuery),
    responses((status = 200, body = Page<WebhookEndpoint>),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_webhook_endpoints(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (id, limit) = (id.into_inner(), page_size(query.limit)?);
    let found = state
        .db
        .read(move |conn| {
            teams::queries::require(conn, &caller.scope, id)?;
            Ok::<_, ApiError>(queries::list(conn, id)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(of_short_list(found, limit, query.cursor.as_deref(), |known| known.id.0)?))
}

/// Creates a webhook endpoint. Only this response contains its secret.
#[utoipa::path(post, path = "/api/v1/teams/{id}/webhook_endpoints", operation_id = "create_webhook_endpoint",
    tag = "webhooks", params(("id" = i64, Path, description = "The team")),
    request_body(content = NewWebhookEndpoint, example = json!({"url": "https://example.com/webhooks",
        "description": "CRM", "event_types": ["message.received", "conversation.closed"]})),
    responses((status = 201, body = WebhookEndpoint),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`: the request was answered before, and the secret is not \
            repeated", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_webhook_endpoint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    request: HttpRequest,
    new: Body<NewWebhookEndpoint>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (id, new) = (id.into_inner(), new.into_inner());
    let (policy, now) = (state.webhook_policy, state.clock.now());
    let made = state
        .db
        .write(move |conn| {
            once.run_with_secret(conn, |conn| {
                let created = change::create(conn, &caller.scope, policy, id, new, caller.name(), now)?;
                about(AuditAction::WebhookEndpointCreated, &caller, &created).record(conn, now)?;
                Ok::<_, EndpointError>(created)
            })
        })
        .await?;
    state.committed();
    Ok(made.created_with_secret())
}

/// One webhook endpoint.
#[utoipa::path(get, path = "/api/v1/webhook_endpoints/{id}", operation_id = "get_webhook_endpoint",
    tag = "webhooks", params(("id" = i64, Path, description = "The webhook endpoint")),
    responses((status = 200, body = WebhookEndpoint),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_webhook_endpoint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookEndpointId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let id = id.into_inner();
    let found = state.db.read(move |conn| change::find(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes a webhook endpoint, or disables or enables it. Enabling it sends its failed and waiting deliveries.
#[utoipa::path(put, path = "/api/v1/webhook_endpoints/{id}", operation_id = "update_webhook_endpoint",
    tag = "webhooks", params(("id" = i64, Path, description = "The webhook endpoint"), ConditionalChange),
    request_body(content = WebhookEndpointChange, example = json!({"url": "https://example.com/webhooks",
        "description": "CRM", "event_types": ["message.received"], "enabled": true})),
    responses((status = 200, body = WebhookEndpoint),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_webhook_endpoint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookEndpointId>,
    expected: Expected,
    change: Body<WebhookEndpointChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (id, change) = (id.into_inner(), change.into_inner());
    let (policy, now) = (state.webhook_policy, state.clock.now());
    let changed = state
        .db
        .write(move |conn| {
            let changed = change::update(conn, &caller.scope, policy, id, &expected, change, now)?;
            about(AuditAction::WebhookEndpointChanged, &caller, &changed).record(conn, now)?;
            Ok::<_, EndpointError>(changed)
        })
        .await?;
    state.committed();
    state.webhooks.wake();
    Ok(precondition::routes::versioned(&changed))
}

/// Deletes a webhook endpoint with its deliveries, also those that wait.
#[utoipa::path(delete, path = "/api/v1/webhook_endpoints/{id}", operation_id = "delete_webhook_endpoint",
    tag = "webhooks", params(("id" = i64, Path, description = "The webhook endpoint"), ConditionalChange),
    responses((status = 204, description = "Deleted"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_webhook_endpoint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookEndpointId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    state
        .db
        .write(move |conn| {
            let deleted = change::delete(conn, &caller.scope, id, &expected, now)?;
            about(AuditAction::WebhookEndpointDeleted, &caller, &deleted).record(conn, now)?;
            Ok::<_, EndpointError>(())
        })
        .await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Replaces the secret of a webhook endpoint. Only this response contains the new one. The previous secret signs too for
/// 24 hours.
#[utoipa::path(post, path = "/api/v1/webhook_endpoints/{id}/secret", operation_id = "rotate_webhook_secret",
    tag = "webhooks", params(("id" = i64, Path, description = "The webhook endpoint")),
    responses((status = 201, body = WebhookEndpoint),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`: the request was answered before, and the secret is not \
            repeated", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn rotate_webhook_secret(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<WebhookEndpointId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &())?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let rotated = state
        .db
        .write(move |conn| {
            once.run_with_secret(conn, |conn| {
                let rotated = change::rotate_secret(conn, &caller.scope, id, now)?;
                about(AuditAction::WebhookSecretRotated, &caller, &rotated).record(conn, now)?;
                Ok::<_, LookupError>(rotated)
            })
        })
        .await?;
    state.committed();
    Ok(rotated.created_with_secret())
}

/// Starts an entry of the audit log about a webhook endpoint.
fn about(action: AuditAction, caller: &Caller, endpoint: &WebhookEndpoint) -> AuditEvent {
    audit_event(action, caller, endpoint.team_id, endpoint.id, &endpoint.description)
}
