//! `/conversations/{id}/presence`.

use actix_web::{HttpResponse, web};
use shared::{Problem, ids::ConversationId, presence::PresenceReport};

use crate::{auth::Caller, body::Body, error::ApiError, state::AppState};

/// Reports that the account views a conversation, types a reply in it, or has left it.
///
/// Report a change at once, and the same state every 15 seconds. 30 seconds after the last report, the account is gone.
/// The other members of the team see it in `viewers` of the conversation, and as `presence_changed` in `GET /events`.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/presence", operation_id = "update_presence",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    request_body(content = PresenceReport, example = json!({"state": "viewing"})),
    responses((status = 204, description = "Recorded"),
        (status = 403, description = "`forbidden` (API keys have no presence), `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_presence(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    report: Body<PresenceReport>,
) -> Result<HttpResponse, ApiError> {
    let (account, _) = caller.require_account()?;
    state.presences.report(&caller.scope, account, id.into_inner(), report.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
