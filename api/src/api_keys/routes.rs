//! `/api_keys`.

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{
    Page, Problem,
    account::Permission,
    api_key::{ApiKey, NewApiKey, NewRotation},
    audit_entry::{AuditAction, AuditSubjectKind},
    ids::ApiKeyId,
};

use super::{
    change::{self, ChangeApiKeyError, CreateApiKeyError},
    queries,
};
use crate::{
    auth::{Authority, Caller, audit_log::AuditEvent},
    body::{Body, OptionalBody},
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{PageQuery, of_short_list, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
};

/// Lists the API keys that are not revoked and reach only the caller's teams, newest first.
#[utoipa::path(get, path = "/api/v1/api_keys", operation_id = "list_api_keys", tag = "API keys",
    params(PageQuery),
    responses((status = 200, body = Page<ApiKey>), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_api_keys(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (limit, now) = (page_size(query.limit)?, state.clock.now());
    let keys = state.db.read(move |conn| queries::list(conn, &caller.scope, now)).await?;
    Ok(HttpResponse::Ok().json(of_short_list(keys, limit, query.cursor.as_deref(), |key| key.id.0)?))
}

/// Creates an API key. Only this response contains its secret.
#[utoipa::path(post, path = "/api/v1/api_keys", operation_id = "create_api_key", tag = "API keys",
    request_body(content = NewApiKey, example = json!({"name": "CRM", "permissions": ["reply", "ad_hoc"],
        "team_ids": [1], "expires_at": "2027-11-22T09:30:00Z"})),
    responses((status = 201, body = ApiKey),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`: the request was answered before, and the secret is not stored",
            body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_api_key(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewApiKey>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (authority, by) = (Authority::from(&caller), caller.name().to_owned());
    let (new, now) = (new.into_inner(), state.clock.now());
    let made = state
        .db
        .write(move |conn| {
            once.run_with_secret(conn, |conn| {
                let created = change::create(conn, &authority, new, &by, now)?;
                about(AuditAction::ApiKeyCreated, &caller, &created).record(conn, now)?;
                Ok::<_, CreateApiKeyError>(created)
            })
        })
        .await?;
    Ok(made.created_with_secret())
}

/// One API key, without its secret.
#[utoipa::path(get, path = "/api/v1/api_keys/{id}", operation_id = "get_api_key", tag = "API keys",
    params(("id" = i64, Path, description = "The API key")),
    responses((status = 200, body = ApiKey), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_api_key(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ApiKeyId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let found = state.db.read(move |conn| change::find(conn, &caller.scope, id, now)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Gives an API key a new secret, and optionally another expiry. Only this response contains the new secret.
///
/// The present secret works for `overlap_hours` more, so that programs can change to the new one without a break. A
/// second rotation within this time ends the overlap of the first.
#[utoipa::path(post, path = "/api/v1/api_keys/{id}/rotation", operation_id = "create_api_key_rotation",
    tag = "API keys",
    params(("id" = i64, Path, description = "The API key"), ConditionalChange),
    request_body(content = Option<NewRotation>, example = json!({"overlap_hours": 24})),
    responses((status = 201, body = ApiKey),
        (status = 403, description = "`forbidden`, also for a key with permissions that the caller does not have; \
            `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`: the request was answered before, and the secret is not stored",
            body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_api_key_rotation(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ApiKeyId>,
    expected: Expected,
    request: HttpRequest,
    rotation: OptionalBody<NewRotation>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &rotation.0)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    let rotated = state
        .db
        .write(move |conn| {
            once.run_with_secret(conn, |conn| {
                let rotated = change::rotate(conn, &authority, id, &expected, &rotation.0, now)?;
                about(AuditAction::ApiKeyRotated, &caller, &rotated).record(conn, now)?;
                Ok::<_, ChangeApiKeyError>(rotated)
            })
        })
        .await?;
    state.committed();
    Ok(rotated.created_with_secret())
}

/// Ends the overlap of a rotation: the previous secret stops working at once.
#[utoipa::path(delete, path = "/api/v1/api_keys/{id}/rotation", operation_id = "delete_api_key_rotation",
    tag = "API keys", params(("id" = i64, Path, description = "The API key"), ConditionalChange),
    responses((status = 204, description = "Only the present secret works"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_api_key_rotation(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ApiKeyId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    state
        .db
        .write(move |conn| {
            if let Some(key) = change::end_overlap(conn, &caller.scope, id, &expected, now)? {
                about(AuditAction::ApiKeyOverlapEnded, &caller, &key).record(conn, now)?;
            }
            Ok::<_, ChangeApiKeyError>(())
        })
        .await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Revokes an API key at once. This cannot be undone.
#[utoipa::path(delete, path = "/api/v1/api_keys/{id}", operation_id = "delete_api_key", tag = "API keys",
    params(("id" = i64, Path, description = "The API key"), ConditionalChange),
    responses((status = 204, description = "Revoked"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_api_key(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ApiKeyId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, now, scope) = (id.into_inner(), state.clock.now(), caller.scope.clone());
    state
        .db
        .write(move |conn| {
            let revoked = change::revoke(conn, &scope, id, &expected, now)?;
            about(AuditAction::ApiKeyRevoked, &caller, &revoked).record(conn, now)?;
            Ok::<_, ChangeApiKeyError>(())
        })
        .await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Starts an entry of the audit log about an API key. One that is limited to a single team concerns that team.
fn about(action: AuditAction, caller: &Caller, key: &ApiKey) -> AuditEvent {
    let team = match key.team_ids.as_slice() {
        [team] => Some(*team),
        _ => None,
    };
    let permissions: Vec<&str> = key.permissions.iter().map(|permission| permission.as_str()).collect();
    let teams: Vec<String> = key.team_ids.iter().map(ToString::to_string).collect();
    AuditEvent::new(action, caller)
        .team(team)
        .subject(AuditSubjectKind::ApiKey, key.id.0)
        .label(&key.name)
        .detail("permissions", permissions.join(" "))
        .detail("team_ids", teams.join(" "))
}
