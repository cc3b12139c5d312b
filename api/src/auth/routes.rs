//! `/sessions` and `/me`.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::header, web};
use shared::{
    ErrorCode,
    account::{Me, PasswordChange, Profile, Session, SignIn},
};

use super::{
    Caller, Who,
    cookies::{self, Purpose},
    profile, session,
};
use crate::{body::Body, desk::Desk, error::ApiError, gateway::access, teams};

/// Signs in.
///
/// Sets HttpOnly cookies for the browser and answers a bearer token for programs.
#[utoipa::path(post, path = "/api/v1/sessions", operation_id = "create_session", tag = "sessions",
    request_body(content = SignIn, example = json!({"email": "ann@example.com", "password": "sms-chat-demo"})),
    responses((status = 201, body = Session),
        (status = 401, description = "`invalid_credentials`", body = shared::Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = shared::Problem)))]
pub async fn create_session(
    desk: web::Data<Desk>,
    request: HttpRequest,
    sign_in: Body<SignIn>,
) -> Result<HttpResponse, ApiError> {
    let address = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let new = session::sign_in(
        &desk.db,
        &desk.keys,
        &desk.throttle,
        sign_in.into_inner(),
        &address,
        desk.clock.now(),
    )
    .await?;
    Ok(signed_in(HttpResponse::Created(), &new, desk.is_secure()))
}

/// Exchanges the refresh cookie for a new session.
#[utoipa::path(post, path = "/api/v1/sessions/refresh", operation_id = "refresh_session", tag = "sessions",
    responses((status = 200, body = Session),
        (status = 401, description = "`session_expired`", body = shared::Problem)))]
pub async fn refresh_session(desk: web::Data<Desk>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let cookie = request.cookie(Purpose::Refresh.name(desk.is_secure())).ok_or_else(|| {
        ApiError::new(ErrorCode::Unauthenticated, "There is no session to refresh. Sign in.")
    })?;
    let new = session::refresh(&desk.db, &desk.keys, cookie.value(), desk.clock.now()).await?;
    Ok(signed_in(HttpResponse::Ok(), &new, desk.is_secure()))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/sessions/current", operation_id = "delete_session", tag = "sessions",
    responses((status = 204, description = "Signed out"),
        (status = 401, body = shared::Problem), (status = 403, description = "`csrf_mismatch`", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_session(desk: web::Data<Desk>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let (_, session) = caller.person()?;
    session::sign_out(&desk.db, session, desk.clock.now()).await?;
    desk.committed();
    let mut answer = HttpResponse::NoContent();
    for cookie in cookies::none(desk.is_secure()) {
        answer.cookie(cookie);
    }
    Ok(answer.finish())
}

/// Who is asking, what they may do, and where.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "sessions",
    responses((status = 200, body = Me), (status = 401, body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_me(desk: web::Data<Desk>, caller: Caller) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(me(&desk, caller).await?))
}

/// Changes one's own name.
#[utoipa::path(put, path = "/api/v1/me", operation_id = "update_me", tag = "sessions",
    request_body(content = Profile, example = json!({"display_name": "Ann"})),
    responses((status = 200, body = Me), (status = 400, description = "`invalid_body`", body = shared::Problem),
        (status = 401, body = shared::Problem),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = shared::Problem),
        (status = 422, description = "`validation_failed`", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_me(
    desk: web::Data<Desk>,
    caller: Caller,
    profile: Body<Profile>,
) -> Result<HttpResponse, ApiError> {
    let caller = profile::rename(&desk.db, caller, &profile, desk.clock.now()).await?;
    desk.committed();
    Ok(HttpResponse::Ok().json(me(&desk, caller).await?))
}

/// Changes one's own password; one's other sessions end.
#[utoipa::path(put, path = "/api/v1/me/password", operation_id = "update_my_password", tag = "sessions",
    request_body = PasswordChange,
    responses((status = 204, description = "Changed"),
        (status = 400, description = "`invalid_body`", body = shared::Problem), (status = 401, body = shared::Problem),
        (status = 403, description = "`csrf_mismatch`; `forbidden` for an API key", body = shared::Problem),
        (status = 422, description = "`validation_failed`", body = shared::Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = shared::Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_my_password(
    desk: web::Data<Desk>,
    caller: Caller,
    request: HttpRequest,
    change: Body<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    let address = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let now = desk.clock.now();
    profile::change_password(&desk.db, &desk.throttle, &caller, change.into_inner(), &address, now).await?;
    desk.committed();
    Ok(HttpResponse::NoContent().finish())
}

async fn me(desk: &Desk, caller: Caller) -> Result<Me, ApiError> {
    let scope = caller.scope;
    let (teams, gateway_refused_since) = desk
        .db
        .read(move |conn| {
            Ok::<_, ApiError>((teams::queries::teams(conn, &scope)?, access::refused_since(conn)?))
        })
        .await?;
    let (account, api_key) = match caller.who {
        Who::Account { account, .. } => (Some(account), None),
        Who::ApiKey(key) => (None, Some(key)),
    };
    Ok(Me { account, api_key, permissions: caller.permissions, teams, gateway_refused_since })
}

fn signed_in(mut answer: HttpResponseBuilder, new: &session::NewSession, secure: bool) -> HttpResponse {
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    for cookie in cookies::of_session(new, secure) {
        answer.cookie(cookie);
    }
    answer.json(&new.session)
}
