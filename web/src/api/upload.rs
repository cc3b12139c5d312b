//! Sending a file: by `XMLHttpRequest`, since `fetch` does not tell how far it is.
//!
//! It must never read the file: the browser sends it from where it lies, whatever its size.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::{
    client::{BASE, CSRF_HEADER, RETRY_AFTER, csrf_token, refused},
    fault::Fault,
};

/// Sends the file once, and tells how much of it is on its way, in per cent. The request is aborted when the future is
/// dropped.
pub(super) async fn upload(path: &str, file: &File, told: Box<dyn Fn(u32)>) -> Result<String, Fault> {
    let started = Upload::start(path, file, told).map_err(|_| Fault::Unreachable)?;
    // It ends in any case, and what it ended with is known afterwards.
    let _ = JsFuture::from(started.ended.clone()).await;
    let request = &started.request;
    let status = request.status().unwrap_or_default();
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(Fault::Unreachable),
        200..300 => Ok(text),
        _ => Err(refused(status, &text, request.get_response_header(RETRY_AFTER).ok().flatten())),
    }
}

struct Upload {
    request: XmlHttpRequest,
    ended: Promise,
    _progress: Closure<dyn FnMut(ProgressEvent)>,
}

impl Upload {
    fn start(path: &str, file: &File, told: Box<dyn Fn(u32)>) -> Result<Self, JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open("POST", &format!("{BASE}{path}"))?;
        request.set_request_header("Accept", "application/json")?;
        request.set_request_header("Content-Type", "text/csv")?;
        if let Some(token) = csrf_token() {
            request.set_request_header(CSRF_HEADER, &token)?;
        }
        let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            told(percent(event.loaded(), event.total()));
        });
        let upload = request.upload()?;
        upload.set_onprogress(Some(progress.as_ref().unchecked_ref()));
        // A file of a single byte makes no progress.
        upload.set_onload(Some(progress.as_ref().unchecked_ref()));
        let ended = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
        request.send_with_opt_blob(Some(file))?;
        Ok(Self { request, ended, _progress: progress })
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

/// 100 only when everything is on its way.
fn percent(loaded: f64, total: f64) -> u32 {
    if loaded < total { (loaded / total * 100.0) as u32 } else { 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_per_cent_means_that_everything_is_on_its_way() {
        assert_eq!(percent(0.0, 3.0), 0);
        assert_eq!(percent(1.0, 3.0), 33);
        assert_eq!(percent(999_999.0, 1_000_000.0), 99);
        assert_eq!(percent(1_000_000.0, 1_000_000.0), 100);
        assert_eq!(percent(0.0, 0.0), 100);
    }
}
