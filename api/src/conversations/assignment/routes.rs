//! `/conversations/{id}/assignment` and `/conversations/{id}/assignees`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::{AccountName, Permission},
    assignment::NewAssignment,
    conversation::ConversationDetail,
    ids::ConversationId,
};
use utoipa::IntoParams;

use super::super::detail;
use crate::{auth::Caller, body::Body, error::ApiError, state::AppState};

/// Assigns a conversation to an account.
///
/// An account takes a conversation by assigning it to itself. A conversation of another account is only assigned with
/// `force`.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/assignment", operation_id = "update_assignment",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewAssignment, example = json!({"account_id": 4, "note": "She asked for you."})),
    responses((status = 200, body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_assigned` (with `assigned_to`), `conversation_closed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_assignment(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    new: Body<NewAssignment>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, new, now) = (id.into_inner(), new.into_inner(), state.clock.now());
    let assigned = state
        .db
        .write(move |conn| {
            super::assign(conn, &caller, id, &new, now)?;
            Ok::<_, ApiError>(detail::detail(conn, &caller, id)?)
        })
        .await?;
    state.committed();
    Ok(HttpResponse::Ok().json(assigned))
}

/// How to release a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReleaseQuery {
    /// Whether to release the conversation even if it is assigned to another account than the caller's.
    #[serde(default)]
    force: bool,
}

/// Releases a conversation: it is unassigned again.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/assignment", operation_id = "delete_assignment",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation"), ReleaseQuery),
    responses((status = 200, body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_assigned` (with `assigned_to`), `conversation_closed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_assignment(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    query: web::Query<ReleaseQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, force, now) = (id.into_inner(), query.force, state.clock.now());
    let released = state
        .db
        .write(move |conn| {
            super::release(conn, &caller, id, force, now)?;
            Ok::<_, ApiError>(detail::detail(conn, &caller, id)?)
        })
        .await?;
    state.committed();
    Ok(HttpResponse::Ok().json(released))
}

/// The accounts that a conversation can be assigned to, by name: the enabled members of its team with the permission
/// `reply`.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/assignees", operation_id = "list_assignees",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    responses((status = 200, description = "All of them, on one page", body = Page<AccountName>),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_assignees(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let id = id.into_inner();
    let items = state.db.read(move |conn| super::assignees(conn, &caller.scope, id)).await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}
