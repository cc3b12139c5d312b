//! The handset: a page on which a person plays the customer. Its static files use the control paths; its content
//! security policy blocks everything from other origins.

use hyper::{Body, Response, StatusCode, header::HeaderValue};

use crate::reply;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Returns the page.
pub(crate) fn page() -> Response<Body> {
    serve("text/html; charset=utf-8", include_str!("handset/index.html"))
}

/// Returns a file of the page.
pub(crate) fn file(name: &str) -> Response<Body> {
    match name {
        "handset.js" => serve("text/javascript; charset=utf-8", include_str!("handset/handset.js")),
        "catalogue.js" => serve("text/javascript; charset=utf-8", include_str!("handset/catalogue.js")),
        "faults.js" => serve("text/javascript; charset=utf-8", include_str!("handset/faults.js")),
        "phones.js" => serve("text/javascript; charset=utf-8", include_str!("handset/phones.js")),
        "thread.js" => serve("text/javascript; charset=utf-8", include_str!("handset/thread.js")),
        "handset.css" => serve("text/css; charset=utf-8", include_str!("handset/handset.css")),
        "icon.svg" => serve("image/svg+xml", include_str!("handset/icon.svg")),
        _ => reply::empty(StatusCode::NOT_FOUND),
    }
}

fn serve(content_type: &'static str, text: &'static str) -> Response<Body> {
    let mut reply = reply::body(StatusCode::OK, content_type, text);
    let headers = reply.headers_mut();
    headers.insert("content-security-policy", HeaderValue::from_static(POLICY));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    reply
}
