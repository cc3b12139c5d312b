//! `/api_keys`.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use shared::{
    Page, Problem,
    account::Permission,
    api_key::{ApiKey, NewApiKey},
    ids::ApiKeyId,
};

use super::{change, queries};
use crate::{
    auth::{Authority, Caller, security_log::SecurityEvent},
    body::Body,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{PageQuery, of_short_list, page_size},
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
    let limit = page_size(query.limit)?;
    let keys = state.db.read(move |conn| queries::list(conn, &caller.scope)).await?;
    Ok(HttpResponse::Ok().json(of_short_list(keys, limit, query.cursor.as_deref(), |key| key.id.0)?))
}

/// Creates an API key. Only this response contains its secret.
#[utoipa::path(post, path = "/api/v1/api_keys", operation_id = "create_api_key", tag = "API keys",
    request_body(content = NewApiKey, example = json!({"name": "CRM", "permissions": ["reply", "ad_hoc"],
        "team_ids": [1]})),
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
    let mut answer = made.created();
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Revokes an API key at once. This cannot be undone.
#[utoipa::path(delete, path = "/api/v1/api_keys/{id}", operation_id = "delete_api_key", tag = "API keys",
    params(("id" = i64, Path, description = "The API key")),
    responses((status = 204, description = "Revoked"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_api_key(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ApiKeyId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, now, scope) = (id.into_inner(), state.clock.now(), caller.scope.clone());
    state.db.write(move |conn| change::revoke(conn, &scope, id, now)).await?;
    SecurityEvent::new("api_key_revoked").api_key(id.0).by(&caller).log();
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}
