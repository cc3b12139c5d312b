//! Checks that apply to every request (host, restricted paths, compressed bodies, other origins), and headers that are
//! added to every response (security, caching, rate limit).

pub(crate) mod cors;

use std::net::IpAddr;

use actix_cors::CorsError;
use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Uri,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use secrecy::{ExposeSecret, SecretString};
use shared::ErrorCode;
use subtle::ConstantTimeEq;

use crate::{
    auth::{self, Allowance},
    config::{Exposure, HttpSettings, Origins, TrustedProxies},
    error::ApiError,
    request_id::RequestId,
};

/// The content coding of a body that is not to be compressed.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
/// The header with the id by which an operator finds the request in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Headers of every response.
const HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
         midi=(), payment=(), usb=()",
    ),
];
/// `Strict-Transport-Security` of every response, if browsers reach the server by HTTPS. It leaves subdomains out:
/// other services may use them without HTTPS.
const HSTS: &str = "max-age=31536000";
/// `Content-Security-Policy` of API responses: a browser must not run scripts or load anything.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// `Content-Security-Policy` of Swagger UI, which loads its own files, calls this API and sets inline styles.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The settings that apply to every request.
#[derive(Clone, Debug)]
pub struct HttpPolicy {
    /// Whether browsers reach the server by HTTPS.
    pub is_secure: bool,
    /// Whether only requests for local host names are accepted. True if the server listens on a loopback address and no
    /// public URL is set. Otherwise a foreign web page could point its own name at this server (DNS rebinding) and sign
    /// in with the demo password.
    pub local_hosts_only: bool,
    /// The proxies whose forwarding headers name the client.
    pub trusted_proxies: TrustedProxies,
    /// Which clients may read `/metrics`.
    pub metrics: Exposure,
    /// The bearer token that `/metrics` requires.
    pub metrics_token: Option<SecretString>,
    /// Which clients may read the API documentation.
    pub api_docs: Exposure,
    /// The origins whose web pages may use the API.
    pub cors_origins: Origins,
}

impl HttpPolicy {
    /// Derives the policy from the settings and the public URL in use.
    #[must_use]
    pub fn new(settings: &HttpSettings, public_url: &str) -> Self {
        Self {
            is_secure: public_url.starts_with("https://"),
            local_hosts_only: settings.listen.ip().is_loopback() && settings.public_url.is_none(),
            trusted_proxies: settings.trusted_proxies.clone(),
            metrics: settings.metrics,
            metrics_token: settings.metrics_token.clone(),
            api_docs: settings.api_docs,
            cors_origins: settings.cors_origins.clone(),
        }
    }
}

/// Refuses requests that the policy forbids, and adds the headers to every response.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let policy = request.app_data::<web::Data<HttpPolicy>>().cloned();
    let refused = policy.as_ref().and_then(|policy| check(policy, &request).err());
    let path = request.path().to_owned();
    let id = request.extensions().get::<RequestId>().copied().unwrap_or_else(RequestId::random);
    let mut answer = match refused {
        Some(error) => request.into_response(error.error_response()).map_into_right_body(),
        None => {
            let client = client_of(policy.as_ref().map(|policy| &policy.trusted_proxies), &request);
            let answer = id.scope(client, next.call(request)).await?;
            let refused = answer.response().error().and_then(Error::as_error::<CorsError>).map(cors::problem);
            match refused {
                Some(error) => answer.into_response(error.error_response()).map_into_right_body(),
                None => answer.map_into_left_body(),
            }
        }
    };
    let is_secure = policy.is_some_and(|policy| policy.is_secure);
    add_headers(answer.headers_mut(), &path, is_secure);
    let allowance = answer.request().extensions().get::<Allowance>().copied();
    for (name, value) in allowance.iter().flat_map(Allowance::headers) {
        answer.headers_mut().insert(HeaderName::from_static(name), value.into());
    }
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(answer)
}

fn client_of(proxies: Option<&TrustedProxies>, request: &ServiceRequest) -> IpAddr {
    auth::client_address(request.request(), proxies.unwrap_or(&TrustedProxies::default()))
}

fn check(policy: &HttpPolicy, request: &ServiceRequest) -> Result<(), ApiError> {
    if policy.local_hosts_only && !is_local_host(request) {
        let detail = "This server accepts requests for localhost only. Open it as http://localhost, or set \
                      SMS_CHAT_PUBLIC_URL to the address that browsers use.";
        return Err(ApiError::new(ErrorCode::UnknownHost, detail));
    }
    check_encoding(request.headers())?;
    let path = request.path();
    if path == "/metrics" {
        check_exposure(policy.metrics, request, "SMS_CHAT_METRICS")?;
        check_token(policy.metrics_token.as_ref(), request.headers())?;
    }
    if is_documentation(path) {
        check_exposure(policy.api_docs, request, "SMS_CHAT_API_DOCS")?;
    }
    Ok(())
}

fn is_documentation(path: &str) -> bool {
    path == "/api/openapi.json" || path == "/api/docs" || path.starts_with("/api/docs/")
}

/// Whether `Host` is `localhost` or a loopback address, with any port.
fn is_local_host(request: &ServiceRequest) -> bool {
    let given = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // Browsers always send `Host`; HTTP/1.0 clients may omit it.
    let Some(given) = given else { return true };
    let Ok(authority) = given.parse::<Uri>() else { return false };
    let host = authority.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Refuses compressed bodies. The server does not decompress them, because their decompressed size is unknown.
fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let is_plain = |value: &HeaderValue| {
        value.to_str().is_ok_and(|coding| {
            coding.split(',').all(|one| matches!(one.trim().to_ascii_lowercase().as_str(), "" | "identity"))
        })
    };
    if headers.get_all(header::CONTENT_ENCODING).all(is_plain) {
        return Ok(());
    }
    let detail = "Compressed bodies are not accepted. Send the body uncompressed, without Content-Encoding.";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail))
}

/// Whether the client accepts this content coding.
pub(crate) fn accepts_encoding(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| {
        list.split(',').any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some(coding) && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0"))
        })
    })
}

/// Refuses access to a restricted path with `not_found`.
fn check_exposure(exposure: Exposure, request: &ServiceRequest, variable: &str) -> Result<(), ApiError> {
    // A request that a proxy on this machine forwards comes from another machine.
    let is_forwarded = ["forwarded", "x-forwarded-for", "x-real-ip"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    let is_local = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    match exposure {
        Exposure::On => Ok(()),
        Exposure::Loopback if is_local && !is_forwarded => Ok(()),
        Exposure::Loopback | Exposure::Off => {
            let detail =
                format!("This path is not available to you. The setting {variable} controls access.");
            Err(ApiError::new(ErrorCode::NotFound, detail))
        }
    }
}

fn check_token(token: Option<&SecretString>, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(token) = token else { return Ok(()) };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if bool::from(token.expose_secret().as_bytes().ct_eq(given.as_bytes())) {
        return Ok(());
    }
    let detail = "Send Authorization: Bearer with the token in SMS_CHAT_METRICS_TOKEN.";
    Err(ApiError::new(ErrorCode::Unauthenticated, detail))
}

/// Minimum size of a body that is compressed. A smaller one fits into a packet anyway.
const MIN_COMPRESSED: u64 = 1024;

/// Marks a small body as one that is not to be compressed.
pub(crate) async fn leave_small_bodies(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut answer = next.call(request).await?;
    let is_small = matches!(answer.response().body().size(), BodySize::Sized(size) if size < MIN_COMPRESSED);
    if is_small && !answer.headers().contains_key(header::CONTENT_ENCODING) {
        answer.headers_mut().insert(header::CONTENT_ENCODING, IDENTITY);
    }
    Ok(answer)
}

fn add_headers(headers: &mut HeaderMap, path: &str, is_secure: bool) {
    // It is for `Compress`, not for clients (RFC 9110, 8.4.1).
    if headers.get(header::CONTENT_ENCODING) == Some(&IDENTITY) {
        headers.remove(header::CONTENT_ENCODING);
    }
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if is_secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    let is_api = path == "/api" || path.starts_with("/api/");
    if is_api || path == "/metrics" || path.starts_with("/health") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let policy = if is_documentation(path) { DOCS_POLICY } else { API_POLICY };
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
    }
}
