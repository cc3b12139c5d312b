//! `/conversations/{id}/key_data`.

use actix_web::{HttpResponse, web};
use shared::{
    audit_entry::{AuditAction, AuditSubjectKind},
    customer::KeyData,
    ids::ConversationId,
};

use super::key_data;
use crate::{
    auth::{Caller, NotFound, Resource, audit_log::AuditEvent},
    conversations,
    error::ApiError,
    state::AppState,
};

/// Returns the key data of the conversation's customer from the team's current daily file.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/key_data", operation_id = "get_key_data",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    responses((status = 200, body = KeyData)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_key_data(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let viewed = AuditEvent::new(AuditAction::KeyDataViewed, &caller);
    let (found, team) = state
        .db
        .read(move |conn| {
            let conversation = conversations::queries::find(conn, &caller.scope, id)?
                .ok_or(NotFound::new(Resource::Conversation))?;
            Ok::<_, ApiError>((key_data::of_conversation(conn, &conversation)?, conversation.team_id))
        })
        .await?;
    if !found.customers.is_empty() {
        let viewed = viewed.team(team).subject(AuditSubjectKind::Conversation, id.0);
        viewed.write_view(&state.db, state.clock.now()).await;
    }
    Ok(HttpResponse::Ok().json(found))
}
