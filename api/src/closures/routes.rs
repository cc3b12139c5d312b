//! `/closure_reasons`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{Page, Problem, closure::ClosureReason, ids::TeamId};
use utoipa::IntoParams;

use super::queries;
use crate::{auth::Caller, desk::Desk, error::ApiError};

/// Whose reasons.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClosureReasonsQuery {
    /// The team.
    #[param(value_type = i64)]
    team_id: TeamId,
}

/// The reasons that a team's conversations can be closed with.
#[utoipa::path(get, path = "/api/v1/closure_reasons", operation_id = "list_closure_reasons", tag = "closure reasons",
    params(ClosureReasonsQuery),
    responses((status = 200, body = Page<ClosureReason>),
        (status = 400, description = "`invalid_query`", body = Problem), (status = 401, body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_closure_reasons(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<ClosureReasonsQuery>,
) -> Result<HttpResponse, ApiError> {
    let team = query.team_id;
    if !caller.scope.includes(team) {
        return Err(ApiError::not_found("team"));
    }
    let items = desk.db.read(move |conn| Ok::<_, ApiError>(queries::of_team(conn, team)?)).await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}
