//! `/teams/{id}/legal_holds`.

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{
    Page, Problem,
    account::Permission,
    ids::{LegalHoldId, TeamId},
    legal_hold::{LegalHold, NewLegalHold},
};

use super::{lift, queries, set};
use crate::{
    auth::{Caller, LookupError},
    body::Body,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{PageQuery, of_short_list, page_size},
    state::AppState,
    teams,
};

/// Lists the team's legal holds that are not lifted, newest first.
#[utoipa::path(get, path = "/api/v1/teams/{id}/legal_holds", operation_id = "list_legal_holds", tag = "erasure",
    params(("id" = i64, Path, description = "The team"), PageQuery),
    responses((status = 200, body = Page<LegalHold>), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_legal_holds(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, limit) = (id.into_inner(), page_size(query.limit)?);
    let holds = state
        .db
        .read(move |conn| {
            teams::queries::require(conn, &caller.scope, id)?;
            Ok::<_, LookupError>(queries::list(conn, id)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(of_short_list(holds, limit, query.cursor.as_deref(), |hold| hold.id.0)?))
}

/// Sets a legal hold on a customer, or on the whole team: nothing that it covers can be erased until it is lifted.
#[utoipa::path(post, path = "/api/v1/teams/{id}/legal_holds", operation_id = "create_legal_hold", tag = "erasure",
    params(("id" = i64, Path, description = "The team")),
    request_body(content = NewLegalHold, example = json!({"number": "07700 900123", "reason": "Court case 12/2026"})),
    responses((status = 201, body = LegalHold),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 422, description = "`validation_failed`, `invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_legal_hold(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    request: HttpRequest,
    new: Body<NewLegalHold>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let made = state.db.write(move |conn| once.run(conn, |conn| set(conn, &caller, id, &new, now))).await?;
    Ok(made.created())
}

/// Lifts a legal hold.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/legal_holds/{hold_id}", operation_id = "delete_legal_hold",
    tag = "erasure",
    params(("id" = i64, Path, description = "The team"), ("hold_id" = i64, Path, description = "The legal hold")),
    responses((status = 204, description = "Lifted"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_legal_hold(
    state: web::Data<AppState>,
    caller: Caller,
    ids: web::Path<(TeamId, LegalHoldId)>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let ((team, id), now) = (ids.into_inner(), state.clock.now());
    state.db.write(move |conn| lift(conn, &caller, team, id, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}
