//! `/messages/{id}`, while the message is scheduled or held.

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{
    Problem,
    account::Permission,
    ids::MessageId,
    message::{Message, ScheduledMessageChange, SendNow},
};

use super::Change;
use crate::{
    auth::Caller,
    body::{Body, OptionalBody},
    conversations::reply::parse_body,
    error::ApiError,
    idempotency::IdempotentRequest,
    state::AppState,
};

/// Changes a scheduled or held message, which is then scheduled.
///
/// The caller becomes its sender. With `last_seen_message_id`, the change is rejected (409 `conversation_moved`) if the
/// customer or a colleague wrote after that message.
#[utoipa::path(put, path = "/api/v1/messages/{id}", operation_id = "update_message", tag = "conversations",
    params(("id" = i64, Path, description = "The message")),
    request_body(content = ScheduledMessageChange, example = json!({"body": "Did the letter arrive?",
        "send_at": "2026-11-27T09:00:00Z", "last_seen_message_id": 42})),
    responses((status = 200, description = "Scheduled", body = Message),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`message_not_scheduled`, `conversation_moved` (with `messages`)", body = Problem),
        (status = 422, description = "`validation_failed`, `missing_placeholder`, `number_opted_out`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_message(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<MessageId>,
    new: Body<ScheduledMessageChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let ScheduledMessageChange { body, send_at, last_seen_message_id: last_seen } = new.into_inner();
    let change = Change { body: parse_body(body)?, send_at, last_seen };
    let (id, sender, now) = (id.into_inner(), caller.sender(), state.clock.now());
    let changed =
        state.db.write(move |conn| super::change(conn, &caller.scope, id, &change, &sender, now)).await?;
    state.committed();
    Ok(HttpResponse::Ok().json(changed))
}

/// Cancels a scheduled or held message, which leaves the thread.
#[utoipa::path(delete, path = "/api/v1/messages/{id}", operation_id = "delete_message", tag = "conversations",
    params(("id" = i64, Path, description = "The message")),
    responses((status = 204, description = "Cancelled: the message is never sent"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`message_not_scheduled`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_message(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<MessageId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    state.db.write(move |conn| super::cancel(conn, &caller.scope, id, now)).await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a scheduled or held message at once, as a reply of the caller.
///
/// With `last_seen_message_id`, the request is rejected (409 `conversation_moved`) if the customer or a colleague wrote
/// after that message. The body can be left out.
#[utoipa::path(post, path = "/api/v1/messages/{id}/send_now", operation_id = "send_message_now",
    tag = "conversations", params(("id" = i64, Path, description = "The message")),
    request_body(content = Option<SendNow>, example = json!({"last_seen_message_id": 42})),
    responses((status = 200, description = "Queued for sending", body = Message),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`message_not_scheduled`, `conversation_moved` (with `messages`)", body = Problem),
        (status = 422, description = "`number_opted_out`, `idempotency_key_reused`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn send_message_now(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<MessageId>,
    request: HttpRequest,
    OptionalBody(given): OptionalBody<SendNow>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &given)?;
    let (id, sender, now) = (id.into_inner(), caller.sender(), state.clock.now());
    let last_seen = given.last_seen_message_id;
    let sent = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                let sent = super::send_now(conn, &caller.scope, id, last_seen, &sender, now)?;
                Ok::<Message, ApiError>(sent)
            })
        })
        .await?;
    state.committed();
    Ok(sent.ok_or_no_content())
}
