//! `/conversations/{id}/history`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{
    Problem,
    history::History,
    ids::{ConversationId, MessageId},
};
use utoipa::IntoParams;

use crate::{auth::Caller, error::ApiError, paging::page_size, state::AppState};

/// Page of the history of a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Only messages before this one: `next_cursor` of the previous page.
    #[param(value_type = Option<i64>)]
    before: Option<MessageId>,
    /// Maximum number of messages, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A page of the customer's earlier conversations with the team, on any of its numbers, with their messages.
///
/// Conversations are in the order in which they started. The newest page comes first; within a page, the oldest message
/// does. A page can end in the middle of a conversation. `next_cursor` is the `before` of the next older page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/history", operation_id = "get_history", tag = "conversations",
    params(("id" = i64, Path, description = "The conversation"), HistoryQuery),
    responses((status = 200, body = History),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_history(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    query: web::Query<HistoryQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, limit) = (id.into_inner(), page_size(query.limit)?);
    let before = query.before;
    let page = state.db.read(move |conn| super::page(conn, &caller.scope, id, before, limit)).await?;
    Ok(HttpResponse::Ok().json(page))
}
