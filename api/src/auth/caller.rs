//! The extractor of who is asking: by bearer token, or by cookie with the CSRF header where something changes.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use shared::{
    ErrorCode,
    account::{Account, Permission, Role},
};

use super::{TeamScope, cookies, csrf, queries};
use crate::{db::Db, desk::Desk, error::ApiError};

/// Who is asking, what they may do, and where.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub account: Account,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// Where.
    pub scope: TeamScope,
    /// The session that it asks in.
    pub session: i64,
}

impl Caller {
    /// Whether the caller holds the permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Refuses a caller who does not hold the permission.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.may(permission) {
            return Ok(());
        }
        let detail = format!("This needs the permission {permission:?}; ask an administrator for it.");
        Err(ApiError::new(ErrorCode::Forbidden, detail))
    }
}

impl Caller {
    /// Whether the session stands and the account is not disabled.
    pub async fn is_still_signed_in(&self, db: &Db) -> bool {
        let session = self.session;
        db.read(move |conn| queries::live_session(conn, session)).await.is_ok_and(|found| found.is_some())
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await })
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Caller, ApiError> {
    let desk = request
        .app_data::<web::Data<Desk>>()
        .ok_or_else(|| ApiError::internal(&"the application has no desk"))?;
    let (token, by_cookie) = presented_token(request)?;
    let claims = desk.keys.verify(&token, desk.clock.now())?;
    if by_cookie && !request.method().is_safe() {
        let given =
            request.headers().get(csrf::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !csrf::matches(&desk.keys, claims.sid, given)? {
            return Err(ApiError::new(
                ErrorCode::CsrfMismatch,
                "Send the session's csrf_token in the header X-CSRF-Token.",
            ));
        }
    }
    let found = desk
        .db
        .read(move |conn| {
            let Some((account, permissions)) = queries::live_session(conn, claims.sid)? else {
                return Ok(None);
            };
            let scope = match account.role {
                Role::Admin => TeamScope::Every,
                Role::Agent | Role::Supervisor => TeamScope::Only(queries::memberships(conn, account.id)?),
            };
            Ok::<_, ApiError>(Some(Caller { account, permissions, scope, session: claims.sid }))
        })
        .await?;
    let caller = found
        .ok_or_else(|| ApiError::new(ErrorCode::SessionExpired, "The session has ended. Sign in again."))?;
    desk.rate_limit.count(caller.account.id)?;
    Ok(caller)
}

/// The access token, and whether it came by cookie.
fn presented_token(request: &HttpRequest) -> Result<(String, bool), ApiError> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|text| text.split_once(' '));
        return match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok((token.trim().to_owned(), false))
            }
            _ => Err(ApiError::new(
                ErrorCode::Unauthenticated,
                "Send Authorization: Bearer and an access token.",
            )),
        };
    }
    let cookie = request.cookie(cookies::ACCESS);
    cookie.map(|cookie| (cookie.value().to_owned(), true)).ok_or_else(|| {
        // The cookie goes when its token runs out; the refresh cookie is not sent here, but its CSRF twin is.
        if request.cookie(cookies::CSRF).is_some() {
            ApiError::new(ErrorCode::SessionExpired, "The access token has run out. Refresh the session.")
        } else {
            ApiError::new(ErrorCode::Unauthenticated, "Sign in with POST /api/v1/sessions first.")
        }
    })
}
