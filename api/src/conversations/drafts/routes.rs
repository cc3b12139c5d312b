//! `/drafts`, `/conversations/{id}/draft` and `/teams/{id}/ad_hoc_draft`.

use actix_web::{HttpResponse, web};
use shared::{
    Problem,
    account::Permission,
    draft::{Draft, DraftedConversations, NewDraft},
    ids::{ConversationId, TeamId},
};

use super::{Subject, list};
use crate::{auth::Caller, body::Body, error::ApiError, state::AppState};

/// The conversations in which the caller has an unsent reply.
#[utoipa::path(get, path = "/api/v1/drafts", operation_id = "list_drafts", tag = "conversations",
    responses((status = 200, body = DraftedConversations),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_drafts(state: web::Data<AppState>, caller: Caller) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (account, scope) = (caller.require_account()?.0.id, caller.scope.clone());
    let conversation_ids = state.db.read(move |conn| list(conn, &scope, account)).await?;
    Ok(HttpResponse::Ok().json(DraftedConversations { conversation_ids }))
}

/// The caller's unsent reply in a conversation.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/draft", operation_id = "get_draft", tag = "conversations",
    params(("id" = i64, Path, description = "The conversation")),
    responses((status = 200, body = Draft), (status = 204, description = "There is no draft"),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_draft(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    get(&state, &caller, Subject::Reply(id.into_inner())).await
}

/// Stores the caller's unsent reply in a conversation, for all devices of the account.
///
/// It is deleted when a message with its `key` as `Idempotency-Key` is sent, and when the conversation is closed.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/draft", operation_id = "update_draft",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewDraft, example = json!({"body": "Of course. Sh", "template_id": null,
        "key": "0b0f5c9e-6c3e-4b53-9d29-3b0f1d0c6a11"})),
    responses((status = 200, body = Draft),
        (status = 204, description = "The message was sent already, so no draft is stored"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_draft(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    new: Body<NewDraft>,
) -> Result<HttpResponse, ApiError> {
    put(&state, &caller, Subject::Reply(id.into_inner()), new.into_inner()).await
}

/// Deletes the caller's unsent reply in a conversation.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/draft", operation_id = "delete_draft",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    responses((status = 204, description = "There is no draft"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_draft(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    delete(&state, &caller, Subject::Reply(id.into_inner())).await
}

/// The caller's unsent ad-hoc message of a team.
#[utoipa::path(get, path = "/api/v1/teams/{id}/ad_hoc_draft", operation_id = "get_ad_hoc_draft", tag = "conversations",
    params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = Draft), (status = 204, description = "There is no draft"),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_ad_hoc_draft(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    get(&state, &caller, Subject::AdHoc(id.into_inner())).await
}

/// Stores the caller's unsent ad-hoc message of a team, for all devices of the account.
///
/// It is deleted when a message with its `key` as `Idempotency-Key` is sent.
#[utoipa::path(put, path = "/api/v1/teams/{id}/ad_hoc_draft", operation_id = "update_ad_hoc_draft",
    tag = "conversations", params(("id" = i64, Path, description = "The team")),
    request_body(content = NewDraft, example = json!({"body": "Hello Maria, pl", "template_id": null,
        "key": "0b0f5c9e-6c3e-4b53-9d29-3b0f1d0c6a11"})),
    responses((status = 200, body = Draft),
        (status = 204, description = "The message was sent already, so no draft is stored"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_ad_hoc_draft(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    new: Body<NewDraft>,
) -> Result<HttpResponse, ApiError> {
    put(&state, &caller, Subject::AdHoc(id.into_inner()), new.into_inner()).await
}

/// Deletes the caller's unsent ad-hoc message of a team.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/ad_hoc_draft", operation_id = "delete_ad_hoc_draft",
    tag = "conversations", params(("id" = i64, Path, description = "The team")),
    responses((status = 204, description = "There is no draft"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_ad_hoc_draft(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    delete(&state, &caller, Subject::AdHoc(id.into_inner())).await
}

async fn get(state: &AppState, caller: &Caller, subject: Subject) -> Result<HttpResponse, ApiError> {
    caller.require(subject.permission())?;
    let (account, scope) = (caller.require_account()?.0.id, caller.scope.clone());
    let found = state.db.read(move |conn| super::get(conn, &scope, account, subject)).await?;
    Ok(answer(found))
}

fn answer(draft: Option<Draft>) -> HttpResponse {
    match draft {
        Some(draft) => HttpResponse::Ok().json(draft),
        None => HttpResponse::NoContent().finish(),
    }
}

async fn put(
    state: &AppState,
    caller: &Caller,
    subject: Subject,
    new: NewDraft,
) -> Result<HttpResponse, ApiError> {
    caller.require(subject.permission())?;
    let (account, scope) = (caller.require_account()?.0.id, caller.scope.clone());
    let now = state.clock.now();
    let stored = state.db.write(move |conn| super::put(conn, &scope, account, subject, new, now)).await?;
    Ok(answer(stored))
}

async fn delete(state: &AppState, caller: &Caller, subject: Subject) -> Result<HttpResponse, ApiError> {
    caller.require(subject.permission())?;
    let (account, scope) = (caller.require_account()?.0.id, caller.scope.clone());
    state.db.write(move |conn| super::delete(conn, &scope, account, subject)).await?;
    Ok(HttpResponse::NoContent().finish())
}
