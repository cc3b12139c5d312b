//! `/closure_reasons`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::Permission,
    closure::{ClosureReason, ClosureReasonChange, NewClosureReason},
    ids::{ClosureReasonId, TeamId},
};
use utoipa::IntoParams;

use super::change;
use crate::{
    auth::{Authority, Caller},
    body::Body,
    catalogue::{self, CatalogueEntry},
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{of_short_list, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
    teams,
};

/// Filters of the list of closure reasons.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClosureReasonsQuery {
    /// Only reasons that this team can use.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// `true` lists the archived reasons instead of the active ones.
    #[param(default = false)]
    archived: Option<bool>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Lists the closure reasons of the caller's teams in their order. Reasons that all teams share come last.
#[utoipa::path(get, path = "/api/v1/closure_reasons", operation_id = "list_closure_reasons", tag = "closure reasons",
    params(ClosureReasonsQuery),
    responses((status = 200, body = Page<ClosureReason>),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_closure_reasons(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ClosureReasonsQuery>,
) -> Result<HttpResponse, ApiError> {
    let ClosureReasonsQuery { team_id, archived, limit: given, cursor } = query.into_inner();
    let limit = page_size(given)?;
    let found = state
        .db
        .read(move |conn| {
            let scope = teams::queries::narrow_scope(conn, &caller.scope, team_id)?;
            Ok::<_, ApiError>(ClosureReason::list(conn, &scope, archived.unwrap_or_default())?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(of_short_list(found, limit, cursor.as_deref(), |known| known.id.0)?))
}

/// Creates a closure reason.
#[utoipa::path(post, path = "/api/v1/closure_reasons", operation_id = "create_closure_reason",
    tag = "closure reasons",
    request_body(content = NewClosureReason, example = json!({"team_id": 1, "name": "Payment arranged"})),
    responses((status = 201, body = ClosureReason),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_closure_reason(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewClosureReason>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (authority, now) = (Authority::from(&caller), state.clock.now());
    let made = state
        .db
        .write(move |conn| once.run(conn, |conn| change::create(conn, &authority, &new, now)))
        .await?;
    state.committed();
    Ok(made.created())
}

/// One closure reason, archived or not.
#[utoipa::path(get, path = "/api/v1/closure_reasons/{id}", operation_id = "get_closure_reason",
    tag = "closure reasons", params(("id" = i64, Path, description = "The closure reason")),
    responses((status = 200, body = ClosureReason)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_closure_reason(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ClosureReasonId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| catalogue::get::<ClosureReason>(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes a closure reason's name or position, or archives or restores it.
#[utoipa::path(put, path = "/api/v1/closure_reasons/{id}", operation_id = "update_closure_reason",
    tag = "closure reasons", params(("id" = i64, Path, description = "The closure reason"), ConditionalChange),
    request_body(content = ClosureReasonChange, example = json!({"name": "Paid in full", "position": 0})),
    responses((status = 200, body = ClosureReason),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_closure_reason(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ClosureReasonId>,
    expected: Expected,
    change: Body<ClosureReasonChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    let changed =
        state.db.write(move |conn| change::update(conn, &authority, id, &expected, &change, now)).await?;
    state.committed();
    Ok(precondition::routes::versioned(&changed))
}

/// Deletes a closure reason. One that was ever used is archived instead, so that the history keeps its name.
#[utoipa::path(delete, path = "/api/v1/closure_reasons/{id}", operation_id = "delete_closure_reason",
    tag = "closure reasons", params(("id" = i64, Path, description = "The closure reason"), ConditionalChange),
    responses((status = 204, description = "Deleted, or archived if it was used"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_closure_reason(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ClosureReasonId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    state
        .db
        .write(move |conn| catalogue::delete::<ClosureReason>(conn, &authority, id, &expected, now))
        .await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}
