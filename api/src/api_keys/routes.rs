//! `/api_keys`.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use shared::{
    Page, Problem,
    account::Permission,
    api_key::{ApiKey, NewApiKey, NewRotation},
    ids::ApiKeyId,
};

use super::{change, queries};
use crate::{
    auth::{Authority, Caller, security_log::SecurityEvent},
    body::{Body, OptionalBody},
    error::ApiError,
    idempotency::{Answer, IdempotentRequest},
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
    let (made, id) = state
        .db
        .write(move |conn| {
            let mut id = None;
            let made = once.run_with_secret(conn, |conn| {
                change::create(conn, &authority, new, &by, now).inspect(|created| id = Some(created.id))
            })?;
            Ok::<_, ApiError>((made, id))
        })
        .await?;
    if let Some(id) = id {
        SecurityEvent::new("api_key_created").api_key(id.0).by(&caller).log();
    }
    Ok(with_secret(made))
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
                change::rotate(conn, &authority, id, &expected, &rotation.0, now)
            })
        })
        .await?;
    SecurityEvent::new("api_key_rotated").api_key(id.0).by(&caller).log();
    state.committed();
    Ok(with_secret(rotated))
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
    let (id, now, scope) = (id.into_inner(), state.clock.now(), caller.scope.clone());
    state.db.write(move |conn| change::end_overlap(conn, &scope, id, &expected, now)).await?;
    SecurityEvent::new("api_key_overlap_ended").api_key(id.0).by(&caller).log();
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
    state.db.write(move |conn| change::revoke(conn, &scope, id, &expected, now)).await?;
    SecurityEvent::new("api_key_revoked").api_key(id.0).by(&caller).log();
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Returns the answer that shows a secret as 201 Created.
fn with_secret(answer: Answer) -> HttpResponse {
    let mut response = answer.created();
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
