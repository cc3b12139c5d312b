//! `/rejected_messages`.

use actix_web::{HttpResponse, web};
use shared::{Page, Problem, account::Permission, ids::RejectedMessageId, rejected_message::RejectedMessage};

use super::queries;
use crate::{
    auth::Caller,
    error::ApiError,
    paging::{PageQuery, decode_cursor, encode_cursor, page, page_size},
    state::AppState,
};

/// Lists the messages that the gateway delivered and the server could not store, newest first.
///
/// Entries are kept for 30 days, without the message's text. The gateway still has the text.
#[utoipa::path(get, path = "/api/v1/rejected_messages", operation_id = "list_rejected_messages", tag = "webhooks",
    params(PageQuery),
    responses((status = 200, body = Page<RejectedMessage>),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_rejected_messages(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let limit = page_size(query.limit)?;
    let before: Option<RejectedMessageId> = decode_cursor(query.cursor.as_deref())?;
    let found = state.db.read(move |conn| queries::list(conn, before, limit + 1)).await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id))))
}
