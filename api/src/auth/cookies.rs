//! The cookies of the single-page app. Tokens are out of reach of scripts; only the CSRF token is readable, so that the
//! app can send it back.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use chrono::{DateTime, Utc};

use super::{session::NewSession, token::ACCESS_MINUTES};

/// Holds the access token.
pub(super) const ACCESS: &str = "smsc_access";
/// Holds the refresh token; sent only to where sessions are made.
pub(super) const REFRESH: &str = "smsc_refresh";
/// Holds the CSRF token; readable by scripts.
pub(super) const CSRF: &str = "smsc_csrf";
/// Tells a browser that has signed in before; sent only to where sessions are made. It opens nothing.
pub(super) const DEVICE: &str = "smsc_device";
/// How long a browser is known.
const DEVICE_DAYS: i64 = 180;
/// Where the refresh token is sent.
const SESSIONS_PATH: &str = "/api/v1/sessions";

/// The cookies of a new session. `secure` when browsers reach the desk by HTTPS.
pub(super) fn of_session(new: &NewSession, now: DateTime<Utc>, secure: bool) -> Vec<Cookie<'static>> {
    let days = Duration::seconds((new.refresh_until - now).num_seconds());
    let known = |device: &String| {
        cookie(DEVICE, device.clone(), SESSIONS_PATH, Duration::days(DEVICE_DAYS), true, secure)
    };
    let mut cookies = vec![
        cookie(
            ACCESS,
            new.session.access_token.clone(),
            "/",
            Duration::minutes(ACCESS_MINUTES),
            true,
            secure,
        ),
        cookie(REFRESH, new.refresh_token.clone(), SESSIONS_PATH, days, true, secure),
        cookie(CSRF, new.session.csrf_token.clone(), "/", days, false, secure),
    ];
    cookies.extend(new.device.as_ref().map(known));
    cookies
}

/// Cookies that take those of a session away; the device stays known.
pub(super) fn none(secure: bool) -> [Cookie<'static>; 3] {
    [(ACCESS, "/", true), (REFRESH, SESSIONS_PATH, true), (CSRF, "/", false)]
        .map(|(name, path, http_only)| cookie(name, String::new(), path, Duration::ZERO, http_only, secure))
}

fn cookie(
    name: &'static str,
    value: String,
    path: &'static str,
    age: Duration,
    http_only: bool,
    secure: bool,
) -> Cookie<'static> {
    Cookie::build(name, value)
        .path(path)
        .max_age(age)
        .http_only(http_only)
        .same_site(SameSite::Strict)
        .secure(secure)
        .finish()
}
