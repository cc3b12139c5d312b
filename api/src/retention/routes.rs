//! `/teams/{id}/retention`.

use actix_web::{HttpResponse, web};
use shared::{Problem, account::Permission, ids::TeamId, retention::Retention};

use super::{change, find};
use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
};

/// Returns how long the team's data is kept.
#[utoipa::path(get, path = "/api/v1/teams/{id}/retention", operation_id = "get_retention", tag = "erasure",
    params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = Retention), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_retention(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let id = id.into_inner();
    let found = state.db.read(move |conn| find(conn, &caller, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Sets how long the team's data is kept. It takes effect within an hour.
#[utoipa::path(put, path = "/api/v1/teams/{id}/retention", operation_id = "update_retention", tag = "erasure",
    params(("id" = i64, Path, description = "The team"), ConditionalChange),
    request_body(content = Retention, example = json!({"conversation_days": 730, "key_data_days": 90,
        "audit_days": null})),
    responses((status = 200, body = Retention),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_retention(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    expected: Expected,
    new: Body<Retention>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, new, now) = (id.into_inner(), *new, state.clock.now());
    let changed = state.db.write(move |conn| change(conn, &caller, id, &expected, new, now)).await?;
    Ok(precondition::routes::versioned(&changed))
}
