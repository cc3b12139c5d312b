//! Streams an upload to the import, chunk by chunk, and computes its fingerprint. The upload is never held in memory as
//! a whole.

use std::sync::{Arc, Mutex, PoisonError};

use actix_multipart::Multipart;
use actix_web::{HttpMessage, HttpRequest, http::header, web};
use chrono::TimeDelta;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use shared::ErrorCode;
use tokio::sync::mpsc;

use super::super::{Piece, UPLOAD_LIMIT};
use crate::{clock::Clock, error::ApiError};

/// How long an upload may send nothing before it is stopped.
const IDLE_TIMEOUT: TimeDelta = TimeDelta::seconds(30);
/// Content types that programs and browsers send for CSV files.
const CONTENT_TYPES: [&str; 6] = [
    "text/csv",
    "application/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "application/octet-stream",
];

/// SHA-256 digest of an upload, to recognise a repeated request.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Fingerprint(Arc<Mutex<Sha256>>);

impl Fingerprint {
    /// Returns the digest of all bytes received so far.
    pub(in super::super) fn read(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize().to_vec()
    }

    fn update(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
    }
}

/// Refuses an upload whose `Content-Length` is too large.
pub(in super::super) fn check_length(request: &HttpRequest) -> Result<(), ApiError> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match announced.and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > UPLOAD_LIMIT => Err(too_large()),
        _ => Ok(()),
    }
}

/// Forwards an upload to the import, chunk by chunk.
pub(in super::super) async fn feed(
    clock: &Clock,
    request: &HttpRequest,
    payload: web::Payload,
    pieces: mpsc::Sender<Piece>,
    fingerprint: &Fingerprint,
) -> Result<(), ApiError> {
    let kind = request.content_type();
    if kind.eq_ignore_ascii_case("multipart/form-data") {
        let mut form = Multipart::new(request.headers(), payload);
        while let Some(field) = next(clock, &mut form).await? {
            let mut field = field.map_err(|error| unreadable(&error))?;
            if field.name() == Some("file") {
                return forward(clock, &mut field, pieces, fingerprint).await;
            }
            while next(clock, &mut field).await?.is_some() {}
        }
        let detail = "The form has no part named `file`.";
        return Err(ApiError::new(ErrorCode::InvalidBody, detail));
    }
    if CONTENT_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return forward(clock, &mut payload.into_inner(), pieces, fingerprint).await;
    }
    let detail =
        "Send the file with Content-Type: text/csv, or as the part `file` of a form (multipart/form-data).";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail))
}

async fn forward<S, E>(
    clock: &Clock,
    bytes: &mut S,
    pieces: mpsc::Sender<Piece>,
    fingerprint: &Fingerprint,
) -> Result<(), ApiError>
where
    S: Stream<Item = Result<web::Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut size = 0;
    while let Some(some) = next(clock, bytes).await? {
        let some = some.map_err(|error| unreadable(&error))?;
        size += u64::try_from(some.len()).unwrap_or(u64::MAX);
        if size > UPLOAD_LIMIT {
            return Err(too_large());
        }
        fingerprint.update(&some);
        // The import has ended and reports its own error.
        if pieces.send(Piece::Bytes(some.to_vec())).await.is_err() {
            return Ok(());
        }
    }
    let _ = pieces.send(Piece::End).await;
    Ok(())
}

async fn next<S: Stream + Unpin>(clock: &Clock, stream: &mut S) -> Result<Option<S::Item>, ApiError> {
    tokio::select! {
        biased;
        item = stream.next() => Ok(item),
        () = clock.sleep(IDLE_TIMEOUT) => {
            let detail = format!(
                "No part of the upload has arrived for {} seconds, so it was stopped. The previous file is still in \
                 use. Upload the file again.",
                IDLE_TIMEOUT.num_seconds()
            );
            Err(ApiError::new(ErrorCode::RequestTimeout, detail))
        }
    }
}

fn unreadable(error: &impl std::fmt::Display) -> ApiError {
    let detail = format!("The upload could not be read: {error}.");
    ApiError::new(ErrorCode::InvalidBody, detail)
}

fn too_large() -> ApiError {
    let detail = "An uploaded file can have at most 512 MiB. Import a larger one with `sms-chat import` on the server.";
    ApiError::new(ErrorCode::BodyTooLarge, detail)
}
