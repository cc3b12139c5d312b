//! `/conversations/{id}/templates`.

use actix_web::{HttpResponse, web};
use shared::{Page, Problem, ids::ConversationId, template::RenderedTemplate};

use super::{
    queries,
    render::{Values, render},
};
use crate::{auth::Caller, conversations, customers::key_data, desk::Desk, error::ApiError, teams};

/// The templates that can be used in a conversation, each rendered for it.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/templates", operation_id = "list_conversation_templates",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    responses((status = 200, body = Page<RenderedTemplate>), (status = 401, body = Problem),
        (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_conversation_templates(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let items = desk
        .db
        .read(move |conn| {
            let missing = || ApiError::not_found("conversation");
            let conversation = conversations::queries::find(conn, &caller.scope, id)?.ok_or_else(missing)?;
            let team =
                teams::queries::team(conn, &caller.scope, conversation.team_id)?.ok_or_else(missing)?;
            let customer = key_data::one_of(key_data::of_conversation(conn, &conversation)?, &conversation);
            let values = Values {
                conversation: &conversation,
                customer: customer.as_ref(),
                agent: &caller.account.display_name,
                team: &team.name,
            };
            let templates = queries::of_team(conn, team.id)?;
            Ok::<_, ApiError>(templates.into_iter().map(|template| render(template, &values)).collect())
        })
        .await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}
