//! The cookies of the single-page app. Tokens are out of reach of scripts; only the CSRF token is readable, so that the
//! app can send it back.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use chrono::{DateTime, Utc};

use super::{session::NewSession, token::ACCESS_MINUTES};

/// How long a browser is known.
const DEVICE_DAYS: i64 = 180;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Holds the access token.
    Access,
    /// Holds the refresh token.
    Refresh,
    /// Holds the CSRF token; readable by scripts.
    Csrf,
    /// Tells a browser that has signed in before. It opens nothing.
    Device,
}

/// Where the refresh token and the device cookie are sent over HTTP.
const SESSIONS_PATH: &str = "/api/v1/sessions";

impl Purpose {
    /// The cookie's name. Over HTTPS it begins with `__Host-`: browsers then take it only from this very host, by HTTPS and
    /// for the path `/`, so that no subdomain can plant one.
    pub(super) const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Access, false) => "smsc_access",
            (Self::Access, true) => "__Host-smsc_access",
            (Self::Refresh, false) => "smsc_refresh",
            (Self::Refresh, true) => "__Host-smsc_refresh",
            (Self::Csrf, false) => "smsc_csrf",
            (Self::Csrf, true) => "__Host-smsc_csrf",
            (Self::Device, false) => "smsc_device",
            (Self::Device, true) => "__Host-smsc_device",
        }
    }

    /// The paths that it is sent to. `__Host-` cookies have no other than `/`.
    const fn path(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Refresh | Self::Device, false) => SESSIONS_PATH,
            _ => "/",
        }
    }
}

/// The cookies of a new session. `secure` when browsers reach the desk by HTTPS.
pub(super) fn of_session(new: &NewSession, now: DateTime<Utc>, secure: bool) -> Vec<Cookie<'static>> {
    let until = Duration::seconds((new.refresh_until - now).num_seconds());
    let access = Duration::minutes(ACCESS_MINUTES);
    let device = |value: &String| cookie(Purpose::Device, value.clone(), Duration::days(DEVICE_DAYS), secure);
    let mut cookies = vec![
        cookie(Purpose::Access, new.session.access_token.clone(), access, secure),
        cookie(Purpose::Refresh, new.refresh_token.clone(), until, secure),
        cookie(Purpose::Csrf, new.session.csrf_token.clone(), until, secure),
    ];
    cookies.extend(new.device.as_ref().map(device));
    cookies
}

/// Cookies that take those of a session away; the device stays known.
pub(super) fn none(secure: bool) -> [Cookie<'static>; 3] {
    [Purpose::Access, Purpose::Refresh, Purpose::Csrf]
        .map(|purpose| cookie(purpose, String::new(), Duration::ZERO, secure))
}

fn cookie(purpose: Purpose, value: String, age: Duration, secure: bool) -> Cookie<'static> {
    Cookie::build(purpose.name(secure), value)
        .path(purpose.path(secure))
        .max_age(age)
        .http_only(purpose != Purpose::Csrf)
        .same_site(SameSite::Strict)
        .secure(secure)
        .finish()
}
