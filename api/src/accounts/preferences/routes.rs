//! `/me/preferences`.

use actix_web::{HttpResponse, web};
use shared::{Problem, preferences::Preferences};

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
};

/// What the caller has set for itself.
#[utoipa::path(get, path = "/api/v1/me/preferences", operation_id = "get_preferences", tag = "sessions",
    responses((status = 200, body = Preferences),
        (status = 403, description = "`forbidden` for an API key", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_preferences(state: web::Data<AppState>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let (account, scope) = (caller.require_account()?.0.id, caller.scope.clone());
    let found = state.db.read(move |conn| super::get(conn, &scope, account)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes what the caller has set for itself, on all its devices.
///
/// A field that is left out gets its default.
#[utoipa::path(put, path = "/api/v1/me/preferences", operation_id = "update_preferences", tag = "sessions",
    params(ConditionalChange),
    request_body(content = Preferences, example = json!({"theme": "dark", "language": "de", "shortcuts": true,
        "undo_seconds": 5, "sound": true, "muted": [{"team_id": 2, "kind": "message"}]})),
    responses((status = 200, body = Preferences),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_preferences(
    state: web::Data<AppState>,
    caller: Caller,
    expected: Expected,
    new: Body<Preferences>,
) -> Result<HttpResponse, ApiError> {
    let (account, scope) = (caller.require_account()?.0.id, caller.scope.clone());
    let (new, now) = (new.into_inner(), state.clock.now());
    let stored = state
        .db
        .write(move |conn| super::put(conn, &scope, account, &expected, &new, now).map(|()| new))
        .await?;
    state.committed();
    Ok(precondition::routes::versioned(&stored))
}
