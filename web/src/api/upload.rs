//! Uploads a file by `XMLHttpRequest`, because `fetch` does not report progress.
//!
//! The browser streams the file from disk, so its size does not matter. The app does not read it into memory.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::{
    client::{BASE, CSRF_HEADER, RETRY_AFTER, csrf_token, error_response},
    error::RequestError,
};

/// Uploads the file once, and reports progress as a percentage. Dropping the future aborts the request.
pub(super) async fn upload(
    path: &str,
    file: &File,
    progress: Box<dyn Fn(u32)>,
) -> Result<String, RequestError> {
    let started = Upload::start(path, file, progress).map_err(|_| RequestError::Unreachable)?;
    // `loadend` fires for success and failure alike; the status tells them apart.
    let _ = JsFuture::from(started.ended.clone()).await;
    let request = &started.request;
    let status = request.status().unwrap_or_default();
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(RequestError::Unreachable),
        200..300 => Ok(text),
        _ => Err(error_response(status, &text, request.get_response_header(RETRY_AFTER).ok().flatten())),
    }
}

struct Upload {
    request: XmlHttpRequest,
    ended: Promise,
    _on_progress: Closure<dyn FnMut(ProgressEvent)>,
}

impl Upload {
    fn start(path: &str, file: &File, progress: Box<dyn Fn(u32)>) -> Result<Self, JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open("POST", &format!("{BASE}{path}"))?;
        request.set_request_header("Accept", "application/json")?;
        request.set_request_header("Content-Type", "text/csv")?;
        if let Some(token) = csrf_token() {
            request.set_request_header(CSRF_HEADER, &token)?;
        }
        let on_progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            progress(percent(event.loaded(), event.total()));
        });
        let upload = request.upload()?;
        upload.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
        // A tiny file may cause no `progress` event.
        upload.set_onload(Some(on_progress.as_ref().unchecked_ref()));
        let ended = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
        request.send_with_opt_blob(Some(file))?;
        Ok(Self { request, ended, _on_progress: on_progress })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
            upload.set_onload(None);
        }
        let _ = self.request.abort();
    }
}

/// Returns the percentage sent. It is 100 only when everything is.
fn percent(loaded: f64, total: f64) -> u32 {
    if loaded < total { (loaded / total * 100.0) as u32 } else { 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentage_is_100_only_when_everything_is_sent() {
        assert_eq!(percent(0.0, 3.0), 0);
        assert_eq!(percent(1.0, 3.0), 33);
        assert_eq!(percent(999_999.0, 1_000_000.0), 99);
        assert_eq!(percent(1_000_000.0, 1_000_000.0), 100);
        assert_eq!(percent(0.0, 0.0), 100);
    }
}
