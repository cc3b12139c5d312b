//! Serves the single-page app, which is embedded in the binary. Files with a hash in their name may be cached for ever;
//! `index.html` is revalidated each time, and is also served for every path that the app routes itself.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web,
};
use rust_embed::{Embed, EmbeddedFile};
use shared::ErrorCode;

use crate::{error::ApiError, middleware::accepts_encoding, state::AppState};

/// Lets the app load resources from this server only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[derive(Embed)]
#[folder = "../web/dist"]
struct Dist;

/// Serves a file of the app, or `index.html` for a path of the app.
pub async fn serve(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let detail = "This path supports only GET. The API is under /api/v1; see /api/docs.";
        return Err(ApiError::new(ErrorCode::MethodNotAllowed, detail).allow("GET, HEAD"));
    }
    let path = request.path().trim_start_matches('/');
    // The app's own paths have no extension. A missing file gives 404, not a page.
    let is_page = path == "index.html" || !path.rsplit('/').next().unwrap_or_default().contains('.');
    let name = if is_page { "index.html" } else { path };
    let Some((file, encoding)) = negotiate(&request, name) else {
        let detail = if is_page {
            "This server was built without the single-page app. `cargo xtask run` builds both."
        } else {
            "This file does not exist."
        };
        return Err(ApiError::new(ErrorCode::NotFound, detail));
    };
    let mut response = HttpResponse::Ok();
    response.content_type(content_type(name)).insert_header((header::VARY, "Accept-Encoding"));
    if let Some(encoding) = encoding {
        response.insert_header((header::CONTENT_ENCODING, encoding));
    }
    if is_page {
        response
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY));
    } else {
        response.insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    }
    Ok(match file.data {
        std::borrow::Cow::Borrowed(bytes) => response.body(bytes),
        std::borrow::Cow::Owned(bytes) => response.body(bytes),
    })
}

/// Redirects to the simulator's handset, the page that plays the customer.
pub async fn handset(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let url = state.handset_url.as_ref().ok_or_else(|| {
        ApiError::new(ErrorCode::NotFound, "The handset exists only with SMS_CHAT_GATEWAY=simulator.")
    })?;
    Ok(HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, url.as_str())).finish())
}

/// Finds the smallest copy of a file that the client accepts, and its content encoding.
fn negotiate(request: &HttpRequest, name: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts_encoding(request.headers(), encoding))
        .find_map(|(encoding, extension)| Some((Dist::get(&format!("{name}.{extension}"))?, Some(encoding))))
        .or_else(|| Some((Dist::get(name)?, None)))
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_has_a_known_media_type() {
        for file in Dist::iter() {
            let copy = file.ends_with(".br") || file.ends_with(".gz");
            let known = content_type(&file) != "application/octet-stream";
            assert!(copy || known, "browsers would download {file}");
        }
        assert_eq!(content_type("index.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("app-0123/app.wasm"), "application/wasm");
        assert_eq!(content_type("no-extension"), "application/octet-stream");
    }
}
