//! `/numbers`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{Problem, conversation::NumberCheck, ids::TeamId};
use utoipa::IntoParams;

use crate::{auth::Caller, conversations::number_check, error::ApiError, state::AppState};

/// The number to check.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NumberQuery {
    /// The team that would send the message.
    #[param(value_type = i64)]
    team_id: TeamId,
    /// The number as typed.
    #[param(example = "07700 900123")]
    input: String,
}

/// Parses a typed number, and says what prevents a message to it, if anything.
#[utoipa::path(get, path = "/api/v1/numbers", operation_id = "get_number", tag = "conversations",
    params(NumberQuery),
    responses((status = 200, body = NumberCheck),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_number(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<NumberQuery>,
) -> Result<HttpResponse, ApiError> {
    let NumberQuery { team_id, input } = query.into_inner();
    let found = state.db.read(move |conn| number_check::check(conn, &caller.scope, team_id, &input)).await?;
    Ok(HttpResponse::Ok().json(found))
}
