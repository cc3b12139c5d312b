//! The extractor of who is asking: by bearer token, or by cookie with the CSRF header where something changes.

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

use super::{TeamScope, cookies::Purpose, csrf, queries, token::token_hash};
use crate::{
    db::{Db, DbConnection, DbError},
    desk::Desk,
    error::ApiError,
};

/// How exactly the last use of an API key is kept: writing it down at every request would be work for nothing.
const USE_IS_NOTED_EVERY: TimeDelta = TimeDelta::hours(1);

/// Who is asking, what they may do, and where.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub who: Who,
    /// What they may do.
    pub permissions: BTreeSet<Permission>,
    /// Where.
    pub scope: TeamScope,
}

/// Who is asking.
#[derive(Clone, Debug)]
pub enum Who {
    /// A person, in a session.
    Account {
        /// The account.
        account: Account,
        /// The session's id.
        session: i64,
    },
    /// A program.
    ApiKey(ApiKeyName),
}

impl Caller {
    /// The name that others read.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Account { account, .. } => &account.display_name,
            Who::ApiKey(key) => &key.name,
        }
    }

    /// As the sender of a message, or the author of a change.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let (kind, id) = match &self.who {
            Who::Account { account, .. } => (SenderKind::Account, account.id.0),
            Who::ApiKey(key) => (SenderKind::ApiKey, key.id.0),
        };
        Sender { kind, id: Some(id), name: Some(self.name().to_owned()) }
    }

    /// The account's id, when a person asks.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        match &self.who {
            Who::Account { account, .. } => Some(account.id),
            Who::ApiKey(_) => None,
        }
    }

    /// The account and its session, for what only a person can do.
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
        let detail = format!("You need the permission {permission}. Ask an administrator.");
        Err(ApiError::new(ErrorCode::Forbidden, detail))
    }
}

impl Caller {
    /// The same caller as things stand now; `None` when the session or the key is over.
    ///
    /// # Errors
    /// Only faults of the database.
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
    let desk = request
        .app_data::<web::Data<Desk>>()
        .ok_or_else(|| ApiError::internal(&"the application has no desk"))?;
    let (token, by_cookie) = presented_token(request, desk.is_secure())?;
    let caller = if token.starts_with(API_KEY_PREFIX) && !by_cookie {
        by_api_key(desk, &token).await?
    } else {
        by_session(desk, request, &token, by_cookie).await?
    };
    desk.rate_limit.count(&caller.who)?;
    Ok(caller)
}

async fn by_session(
    desk: &Desk,
    request: &HttpRequest,
    token: &str,
    by_cookie: bool,
) -> Result<Caller, ApiError> {
    let now = desk.clock.now();
    let claims = desk.keys.verify(token, now)?;
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
    let found = desk.db.read(move |conn| of_session(conn, claims.sid, now)).await?;
    found.ok_or_else(|| ApiError::new(ErrorCode::SessionExpired, "The session has ended. Sign in again."))
}

async fn by_api_key(desk: &Desk, key: &str) -> Result<Caller, ApiError> {
    let hash = token_hash(key);
    let found = desk.db.read(move |conn| queries::live_api_key(conn, &hash)).await?;
    let found = found.ok_or_else(|| {
        ApiError::new(ErrorCode::Unauthenticated, "There is no such API key, or it was revoked.")
    })?;
    let now = desk.clock.now();
    if found.last_used_at.is_none_or(|last| now - last >= USE_IS_NOTED_EVERY) {
        let id = found.name.id;
        desk.db.write(move |conn| queries::note_api_key_use(conn, id, now)).await?;
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

/// The access token, and whether it came by cookie.
fn presented_token(request: &HttpRequest, secure: bool) -> Result<(String, bool), ApiError> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|text| text.split_once(' '));
        return match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok((token.trim().to_owned(), false))
            }
            _ => Err(ApiError::new(
                ErrorCode::Unauthenticated,
                "Send Authorization: Bearer and an access token or an API key.",
            )),
        };
    }
    let cookie = request.cookie(Purpose::Access.name(secure));
    cookie.map(|cookie| (cookie.value().to_owned(), true)).ok_or_else(|| {
        // The cookie goes when its token runs out; the refresh cookie is not sent here, but its CSRF twin is.
        if request.cookie(Purpose::Csrf.name(secure)).is_some() {
            ApiError::new(ErrorCode::SessionExpired, "The access token has run out. Refresh the session.")
        } else {
            ApiError::new(ErrorCode::Unauthenticated, "Sign in with POST /api/v1/sessions first.")
        }
    })
}
