//! The extractor of authenticated callers. A caller presents a bearer token (access token or API key), or the session
//! cookie, which needs the CSRF header for state-changing requests.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    ErrorCode,
    account::{Account, Permission},
    api_key::{API_KEY_PREFIX, ApiKeyName},
    ids::AccountId,
    message::{Sender, SenderKind},
};

use super::{Authenticator, TeamScope, cookies::Purpose, csrf, queries, token::token_hash};
use crate::{
    db::{Db, DbConnection, DbError},
    error::ApiError,
};

/// Minimum interval between two updates of an API key's last use, to avoid a write for each request.
const LAST_USE_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The caller's identity.
    pub who: Who,
    /// The caller's permissions.
    pub permissions: BTreeSet<Permission>,
    /// The teams in which the caller may act.
    pub scope: TeamScope,
}

/// The identity of a caller.
#[derive(Clone, Debug)]
pub enum Who {
    /// An account, in a session.
    Account {
        /// The account.
        account: Account,
        /// The session's id.
        session: i64,
    },
    /// An API key.
    ApiKey(ApiKeyName),
}

impl Caller {
    /// Returns the display name of the account, or the name of the API key.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Account { account, .. } => &account.display_name,
            Who::ApiKey(key) => &key.name,
        }
    }

    /// Returns the caller as the sender of a message or the author of a change.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let (kind, id) = match &self.who {
            Who::Account { account, .. } => (SenderKind::Account, account.id.0),
            Who::ApiKey(key) => (SenderKind::ApiKey, key.id.0),
        };
        Sender { kind, id: Some(id), name: Some(self.name().to_owned()) }
    }

    /// Returns the account's id, or `None` for an API key.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        match &self.who {
            Who::Account { account, .. } => Some(account.id),
            Who::ApiKey(_) => None,
        }
    }

    /// Returns the account and its session, for operations that API keys cannot use.
    ///
    /// # Errors
    /// `forbidden` for an API key.
    pub fn person(&self) -> Result<(&Account, i64), ApiError> {
        match &self.who {
            Who::Account { account, session } => Ok((account, *session)),
            Who::ApiKey(_) => Err(ApiError::new(
                ErrorCode::Forbidden,
                "This path is for accounts. An API key cannot use it.",
            )),
        }
    }

    /// Whether the caller has the permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Checks that the caller has the permission.
    ///
    /// # Errors
    /// `forbidden` otherwise.
    pub fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.may(permission) {
            return Ok(());
        }
        let detail = format!("You need the permission {permission}. Ask an administrator.");
        Err(ApiError::new(ErrorCode::Forbidden, detail))
    }
}

impl Caller {
    /// Loads the caller again, with its current permissions and teams. Returns `None` if the session or the API key has
    /// ended.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn again(&self, db: &Db, now: DateTime<Utc>) -> Result<Option<Self>, DbError> {
        let who = self.who.clone();
        db.read(move |conn| match who {
            Who::Account { session, .. } => of_session(conn, session, now),
            Who::ApiKey(key) => queries::live_api_key_by_id(conn, key.id).map(|found| found.map(of_api_key)),
        })
        .await
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
    let auth = request
        .app_data::<web::Data<Authenticator>>()
        .ok_or_else(|| ApiError::internal(&"the application has no authenticator"))?;
    let (token, by_cookie) = presented_token(request, auth.secure_cookies)?;
    let caller = if token.starts_with(API_KEY_PREFIX) && !by_cookie {
        by_api_key(auth, &token).await?
    } else {
        by_session(auth, request, &token, by_cookie).await?
    };
    auth.rate_limit.count(&caller.who)?;
    Ok(caller)
}

async fn by_session(
    auth: &Authenticator,
    request: &HttpRequest,
    token: &str,
    by_cookie: bool,
) -> Result<Caller, ApiError> {
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
    let found = auth.db.read(move |conn| of_session(conn, claims.sid, now)).await?;
    found.ok_or_else(|| ApiError::new(ErrorCode::SessionExpired, "The session has ended. Sign in again."))
}

async fn by_api_key(auth: &Authenticator, key: &str) -> Result<Caller, ApiError> {
    let hash = token_hash(key);
    let found = auth.db.read(move |conn| queries::live_api_key(conn, &hash)).await?;
    let found = found.ok_or_else(|| {
        ApiError::new(ErrorCode::Unauthenticated, "The API key does not exist or was revoked.")
    })?;
    let now = auth.clock.now();
    if found.last_used_at.is_none_or(|last| now - last >= LAST_USE_INTERVAL) {
        let id = found.name.id;
        auth.db.write(move |conn| queries::note_api_key_use(conn, id, now)).await?;
    }
    Ok(of_api_key(found))
}

fn of_session(conn: &mut DbConnection, session: i64, now: DateTime<Utc>) -> Result<Option<Caller>, DbError> {
    let Some(live) = queries::live_session(conn, session, now)? else {
        return Ok(None);
    };
    let (account, permissions) = (live.account, live.permissions);
    let scope = queries::scope(conn, &account)?;
    Ok(Some(Caller { who: Who::Account { account, session }, permissions, scope }))
}

fn of_api_key(found: queries::ApiKeyRow) -> Caller {
    Caller {
        who: Who::ApiKey(found.name),
        permissions: found.permissions,
        scope: TeamScope::Only(found.teams),
    }
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
