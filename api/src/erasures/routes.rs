//! `/teams/{id}/erasures`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Problem,
    account::Permission,
    erasure::{ErasedData, ErasurePreview, NewErasure},
    ids::TeamId,
};
use utoipa::IntoParams;

use super::{erase, preview};
use crate::{auth::Caller, body::Body, error::ApiError, idempotency::IdempotentRequest, state::AppState};

/// The customer.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ErasureQuery {
    /// The customer's number, in any usual format of the team's region.
    #[param(example = "07700 900123")]
    number: String,
}

/// Returns how much data of a customer an erasure would remove, and what prevents it.
#[utoipa::path(get, path = "/api/v1/teams/{id}/erasures", operation_id = "get_erasure_preview", tag = "erasure",
    params(("id" = i64, Path, description = "The team"), ErasureQuery),
    responses((status = 200, body = ErasurePreview),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_erasure_preview(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<ErasureQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let found = preview(&state.db, &caller, id.into_inner(), query.into_inner().number).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Erases a customer of a team by number. This cannot be undone.
///
/// Conversations and messages stay as numbers for reports, without number, name, texts, media and notes. Rows of daily
/// files are deleted. If the customer has opted out, a keyed hash of the number stays, so that nothing is sent to it.
/// The gateway keeps its own copies of messages.
#[utoipa::path(post, path = "/api/v1/teams/{id}/erasures", operation_id = "create_erasure", tag = "erasure",
    params(("id" = i64, Path, description = "The team")),
    request_body(content = NewErasure, example = json!({"number": "07700 900123", "reason": "Request of 27 November"})),
    responses((status = 201, description = "Erased: how much there was", body = ErasedData),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`legal_hold`, `message_in_flight`, `conversation_open` (with `conversation_id`)",
            body = Problem),
        (status = 422, description = "`validation_failed`, `invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_erasure(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    request: HttpRequest,
    new: Body<NewErasure>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (id, now, auth) = (id.into_inner(), state.clock.now(), Arc::clone(&state.auth));
    let erased = state
        .db
        .write(move |conn| once.run(conn, |conn| erase(conn, &auth.keys, &caller, id, &new, now)))
        .await?;
    state.committed();
    Ok(erased.created())
}
