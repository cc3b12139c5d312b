//! `/conversations/{id}/snooze`.

use actix_web::{HttpResponse, web};
use shared::{
    Problem, account::Permission, conversation::ConversationDetail, ids::ConversationId, snooze::NewSnooze,
};

use super::super::detail;
use crate::{auth::Caller, body::Body, error::ApiError, state::AppState};

/// Snoozes an open conversation: it is out of the queue until a time.
///
/// It returns with its old `waiting_since` when the time has come, and at once when the customer writes, a message to
/// the customer finally fails, or an agent replies. A second snooze replaces the first.
///
/// With `last_seen_message_id`, the request is rejected (409 `conversation_moved`) if the customer or a colleague wrote
/// after that message.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/snooze", operation_id = "update_snooze",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewSnooze, example = json!({"until": "2026-11-30T09:00:00Z", "note": "Pays on Monday."})),
    responses((status = 200, body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`, `conversation_pending`, `conversation_moved` (with \
            `messages`)", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_snooze(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    new: Body<NewSnooze>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, new, now) = (id.into_inner(), new.into_inner(), state.clock.now());
    let snoozed = state
        .db
        .write(move |conn| {
            super::snooze(conn, &caller, id, &new, now)?;
            Ok::<_, ApiError>(detail::detail(conn, &caller, id)?)
        })
        .await?;
    state.committed();
    Ok(HttpResponse::Ok().json(snoozed))
}

/// Ends a snooze: the conversation is in the queue again.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/snooze", operation_id = "delete_snooze",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    responses((status = 200, body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`, `conversation_pending`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_snooze(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let ended = state
        .db
        .write(move |conn| {
            super::end(conn, &caller, id, now)?;
            Ok::<_, ApiError>(detail::detail(conn, &caller, id)?)
        })
        .await?;
    state.committed();
    Ok(HttpResponse::Ok().json(ended))
}
