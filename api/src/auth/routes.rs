//! `/sessions` and `/me`, with `/me/sessions`.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::header, web};
use shared::{
    ErrorCode, Page,
    account::{Me, PasswordChange, Permission, Profile, Session, SignIn},
    session::OwnSession,
};

use super::{
    Caller, Identity,
    cookies::{self, Purpose},
    origin::Origin,
    own_sessions, refresh, session,
};
use crate::{
    accounts::profile,
    body::Body,
    error::ApiError,
    outbox::gateway_access,
    paging::{PageQuery, decode_cursor, encode_cursor, page, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
    teams, webhook_endpoints,
};

/// Signs in.
///
/// Sets HttpOnly cookies for browsers and returns a bearer token for programs.
#[utoipa::path(post, path = "/api/v1/sessions", operation_id = "create_session", tag = "sessions",
    request_body(content = SignIn, example = json!({"email": "ann@example.com", "password": "sms-chat-demo"})),
    responses((status = 201, body = Session,
            headers(("Set-Cookie" = String, description = "The cookies of the session, HttpOnly and SameSite=Strict"))),
        (status = 401, description = "`invalid_credentials`", body = shared::Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = shared::Problem),
        (status = 503, description = "`busy`, with `Retry-After`", body = shared::Problem)))]
pub async fn create_session(
    state: web::Data<AppState>,
    request: HttpRequest,
    sign_in: Body<SignIn>,
) -> Result<HttpResponse, ApiError> {
    let origin = Origin::of(&request, &state.http.trusted_proxies, state.is_secure());
    let new = session::sign_in(&state.auth, sign_in.into_inner(), &origin).await?;
    Ok(signed_in(HttpResponse::Created(), &new, &state))
}

/// Exchanges the refresh cookie for a new one, and for a new access token.
///
/// For 30 seconds, the same cookie returns the same response, for a client that lost it or for another tab. A later
/// reuse ends the session. A session lasts 30 days at most.
#[utoipa::path(post, path = "/api/v1/sessions/refresh", operation_id = "refresh_session", tag = "sessions",
    params(("smsc_refresh" = Option<String>, Cookie, description = "The refresh token, set by POST /sessions")),
    responses((status = 200, body = Session,
            headers(("Set-Cookie" = String, description = "The cookies of the session, HttpOnly and SameSite=Strict"))),
        (status = 401, description = "`unauthenticated`, `session_expired`", body = shared::Problem)))]
pub async fn refresh_session(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let cookie = request.cookie(Purpose::Refresh.name(state.is_secure())).ok_or_else(|| {
        ApiError::new(ErrorCode::Unauthenticated, "The request has no session cookie. Sign in.")
    })?;
    let new = refresh::refresh(&state.db, &state.auth.keys, cookie.value(), state.clock.now()).await?;
    Ok(signed_in(HttpResponse::Ok(), &new, &state))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/sessions/current", operation_id = "delete_session", tag = "sessions",
    responses((status = 204, description = "Signed out",
            headers(("Set-Cookie" = String, description = "Removes the cookies of the session"))),
        (status = 403, description = "`csrf_mismatch`", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_session(state: web::Data<AppState>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let (_, session) = caller.require_account()?;
    session::sign_out(&state.db, &caller, session, state.clock.now()).await?;
    state.committed();
    Ok(signed_out(&state))
}

/// The caller with its permissions and teams.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "sessions",
    responses((status = 200, body = Me)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_me(state: web::Data<AppState>, caller: Caller) -> Result<HttpResponse, ApiError> {
    Ok(precondition::routes::versioned(&me(&state, caller).await?))
}

/// Changes the caller's own name, and with `current_password` also its e-mail address.
#[utoipa::path(put, path = "/api/v1/me", operation_id = "update_me", tag = "sessions",
    params(ConditionalChange),
    request_body(content = Profile, example = json!({"display_name": "Ann"})),
    responses((status = 200, body = Me),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = shared::Problem),
        (status = 409, description = "`already_exists`, when the e-mail address is taken", body = shared::Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = shared::Problem),
        (status = 503, description = "`busy`, with `Retry-After`", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_me(
    state: web::Data<AppState>,
    caller: Caller,
    expected: Expected,
    profile: Body<Profile>,
) -> Result<HttpResponse, ApiError> {
    let caller = profile::update(&state.auth, caller, expected, profile.into_inner()).await?;
    state.committed();
    Ok(precondition::routes::versioned(&me(&state, caller).await?))
}

/// Changes the caller's own password and ends its other sessions.
#[utoipa::path(put, path = "/api/v1/me/password", operation_id = "update_my_password", tag = "sessions",
    request_body = PasswordChange,
    responses((status = 204, description = "Changed"),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = shared::Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = shared::Problem),
        (status = 503, description = "`busy`, with `Retry-After`", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_my_password(
    state: web::Data<AppState>,
    caller: Caller,
    change: Body<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    profile::change_password(&state.auth, &caller, change.into_inner()).await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// The caller's own active sessions, newest first.
#[utoipa::path(get, path = "/api/v1/me/sessions", operation_id = "list_my_sessions", tag = "sessions",
    params(PageQuery),
    responses((status = 200, body = Page<OwnSession>),
        (status = 403, description = "`forbidden` for an API key", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_my_sessions(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require_account()?;
    let limit = page_size(query.limit)?;
    let after: Option<i64> = decode_cursor(query.cursor.as_deref())?;
    let found = own_sessions::list(&state.db, &caller, after, limit + 1, state.clock.now()).await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id))))
}

/// Ends all of the caller's own sessions except the current one.
#[utoipa::path(delete, path = "/api/v1/me/sessions", operation_id = "delete_my_sessions", tag = "sessions",
    responses((status = 204, description = "Ended"),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_my_sessions(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    own_sessions::end_others(&state.db, &caller, state.clock.now()).await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one of the caller's own sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", operation_id = "delete_my_session", tag = "sessions",
    params(("id" = i64, Path, description = "The session")),
    responses((status = 204, description = "Ended"),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_my_session(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (id, (_, current)) = (id.into_inner(), caller.require_account()?);
    own_sessions::end_one(&state.db, &caller, id, state.clock.now()).await?;
    state.committed();
    Ok(if id == current { signed_out(&state) } else { HttpResponse::NoContent().finish() })
}

async fn me(state: &AppState, caller: Caller) -> Result<Me, ApiError> {
    let scope = caller.scope;
    let manages_teams = caller.permissions.contains(&Permission::ManageTeam);
    let (teams, gateway_refused_since, disabled_webhook_endpoints) = state
        .db
        .read(move |conn| {
            let disabled =
                if manages_teams { webhook_endpoints::queries::count_disabled(conn, &scope)? } else { 0 };
            let refused_since = gateway_access::refused_since(conn)?;
            Ok::<_, ApiError>((teams::queries::teams(conn, &scope)?, refused_since, disabled))
        })
        .await?;
    let (account, api_key) = match caller.identity {
        Identity::Account { account, .. } => (Some(account), None),
        Identity::ApiKey { key, .. } => (None, Some(key)),
    };
    let permissions = caller.permissions;
    Ok(Me { account, api_key, permissions, teams, gateway_refused_since, disabled_webhook_endpoints })
}

fn signed_in(mut response: HttpResponseBuilder, new: &session::NewSession, state: &AppState) -> HttpResponse {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    for cookie in cookies::for_session(new, state.clock.now(), state.is_secure()) {
        response.cookie(cookie);
    }
    response.json(&new.session)
}

fn signed_out(state: &AppState) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    for cookie in cookies::clear_session(state.is_secure()) {
        response.cookie(cookie);
    }
    response.finish()
}
