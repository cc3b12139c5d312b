//! `/numbers`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{Problem, conversation::NumberCheck, ids::TeamId};
use utoipa::IntoParams;

use super::check;
use crate::{auth::Caller, desk::Desk, error::ApiError};

/// What was typed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NumberQuery {
    /// The team that wants to write.
    #[param(value_type = i64)]
    team_id: TeamId,
    /// The number, as it was typed.
    #[param(example = "07700 900123")]
    input: String,
}

/// What a typed number is, and what stands in the way of writing to it.
#[utoipa::path(get, path = "/api/v1/numbers", operation_id = "get_number", tag = "conversations",
    params(NumberQuery),
    responses((status = 200, body = NumberCheck), (status = 400, description = "`invalid_query`", body = Problem),
        (status = 401, body = Problem), (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_number(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<NumberQuery>,
) -> Result<HttpResponse, ApiError> {
    let NumberQuery { team_id, input } = query.into_inner();
    let found = desk.db.read(move |conn| check::check(conn, &caller.scope, team_id, &input)).await?;
    Ok(HttpResponse::Ok().json(found))
}
