//! The cookies of the single-page app. All are `HttpOnly` except the CSRF token, which the app must send back in a
//! header.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use chrono::{DateTime, Utc};

use super::{session::NewSession, token::ACCESS_MINUTES};

/// Lifetime of the device cookie.
const DEVICE_DAYS: i64 = 180;

/// The purpose of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Holds the access token.
    Access,
    /// Holds the refresh token.
    Refresh,
    /// Holds the CSRF token; readable by scripts.
    Csrf,
    /// Identifies a browser that has signed in before. It grants no access.
    Device,
}

/// The path of the refresh and device cookies over HTTP.
const SESSIONS_PATH: &str = "/api/v1/sessions";

impl Purpose {
    /// The cookie's name. Over HTTPS it begins with `__Host-`: browsers then accept it only from this host, by HTTPS
    /// and with the path `/`, so that a subdomain cannot set it.
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

    /// The path that the cookie is sent to. `__Host-` cookies must have the path `/`.
    const fn path(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Refresh | Self::Device, false) => SESSIONS_PATH,
            _ => "/",
        }
    }
}

/// The cookies of a new session. `secure`: browsers reach the server by HTTPS.
pub(super) fn for_session(new: &NewSession, now: DateTime<Utc>, secure: bool) -> Vec<Cookie<'static>> {
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

/// Cookies that delete those of a session. The device cookie stays.
pub(super) fn clear_session(secure: bool) -> [Cookie<'static>; 3] {
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
