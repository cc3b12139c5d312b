//! `/conversations/{id}/tags`.

use actix_web::{HttpResponse, web};
use shared::{
    Problem, account::Permission, conversation::ConversationDetail, ids::ConversationId,
    tag::ConversationTags,
};

use super::super::detail;
use crate::{auth::Caller, body::Body, error::ApiError, state::AppState};

/// Replaces the tags of a conversation.
///
/// The tags are those of `GET /tags` that the conversation's team can use. An archived tag can stay, but not be added.
/// A closed conversation keeps its tags.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/tags", operation_id = "update_conversation_tags",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    request_body(content = ConversationTags, example = json!({"tag_ids": [1, 3]})),
    responses((status = 200, body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_conversation_tags(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    wanted: Body<ConversationTags>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, wanted, now) = (id.into_inner(), wanted.into_inner(), state.clock.now());
    let tagged = state
        .db
        .write(move |conn| {
            super::replace(conn, &caller, id, &wanted.tag_ids, now)?;
            Ok::<_, ApiError>(detail::detail(conn, &caller, id)?)
        })
        .await?;
    state.committed();
    Ok(HttpResponse::Ok().json(tagged))
}
