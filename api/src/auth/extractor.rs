//! Extracts the caller of a request, who presents a bearer token (access token or API key), or the session cookie, which
//! needs the CSRF header for state-changing requests.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use chrono::TimeDelta;
use shared::{ErrorCode, api_key::API_KEY_PREFIX, ids::AccountId};

use super::{
    Allowance, Authenticator, Caller, cookies::Purpose, csrf, queries, refresh::RefreshError,
    token::token_hash,
};
use crate::error::ApiError;

/// Minimum interval between two updates of an API key's last use, to avoid a write for each request.
const LAST_USE_INTERVAL: TimeDelta = TimeDelta::hours(1);

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await })
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Caller, ApiError> {
    let auth = request
        .app_data::<web::Data<Authenticator>>()
        .ok_or_else(|| ApiError::internal(&"the application has no authenticator"))?;
    let (token, by_cookie) = presented_token(request, auth.secure_cookies)?;
    let caller = if token.starts_with(API_KEY_PREFIX) && !by_cookie {
        by_api_key(auth, &token).await?
    } else {
        by_session(auth, request, &token, by_cookie).await?
    };
    let counted = auth.rate_limit.count(&caller.identity);
    if let Some(allowance) = counted.unwrap_or_else(|limited| Some(limited.into())) {
        // For the headers of the response, also of a refusal.
        request.extensions_mut().insert::<Allowance>(allowance);
    }
    counted?;
    Ok(Arc::unwrap_or_clone(caller))
}

async fn by_session(
    auth: &Authenticator,
    request: &HttpRequest,
    token: &str,
    by_cookie: bool,
) -> Result<Arc<Caller>, ApiError> {
    let now = auth.clock.now();
    let claims = auth.keys.verify(token, now)?;
    if by_cookie && !request.method().is_safe() {
        let given =
            request.headers().get(csrf::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !csrf::matches(&auth.keys, claims.sid, given)? {
            return Err(ApiError::new(
                ErrorCode::CsrfMismatch,
                "Send the session's csrf_token in the header X-CSRF-Token.",
            ));
        }
    }
    let found = auth.callers.of_session(AccountId(claims.sub), claims.sid).await?;
    Ok(found.ok_or(RefreshError::Ended)?.caller)
}

async fn by_api_key(auth: &Authenticator, key: &str) -> Result<Arc<Caller>, ApiError> {
    let hash = token_hash(key);
    let found = auth.callers.of_api_key(hash.clone()).await?;
    let found = found.ok_or_else(|| {
        ApiError::new(ErrorCode::Unauthenticated, "The API key does not exist or was revoked.")
    })?;
    let now = auth.clock.now();
    if found.has_ended(now) {
        return Err(ApiError::new(
            ErrorCode::ApiKeyExpired,
            "This API key has expired, or its secret was replaced. Use the new secret, or ask an administrator for \
             one.",
        ));
    }
    if found.last_used_at.is_none_or(|last| now - last >= LAST_USE_INTERVAL) {
        let used = hash.clone();
        auth.db.write(move |conn| queries::record_api_key_use(conn, &used, now)).await?;
        auth.callers.forget_api_key(hash);
    }
    Ok(found.caller)
}

/// Returns the access token or API key, and whether it came in the cookie.
fn presented_token(request: &HttpRequest, secure: bool) -> Result<(String, bool), ApiError> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|text| text.split_once(' '));
        return match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok((token.trim().to_owned(), false))
            }
            _ => Err(ApiError::new(
                ErrorCode::Unauthenticated,
                "Send Authorization: Bearer with an access token or an API key.",
            )),
        };
    }
    let cookie = request.cookie(Purpose::Access.name(secure));
    cookie.map(|cookie| (cookie.value().to_owned(), true)).ok_or_else(|| {
        // The access cookie expires with its token. Without HTTPS the refresh cookie is not sent to this path, but the
        // CSRF cookie, which expires at the same time, is.
        if request.cookie(Purpose::Csrf.name(secure)).is_some() {
            ApiError::new(ErrorCode::SessionExpired, "The access token has expired. Refresh the session.")
        } else {
            ApiError::new(ErrorCode::Unauthenticated, "Sign in with POST /api/v1/sessions first.")
        }
    })
}
