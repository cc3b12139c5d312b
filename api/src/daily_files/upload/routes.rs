//! Takes an upload in, piece by piece, and takes its fingerprint on the way. It is never held.

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

/// How long an upload may stand still.
const PATIENCE: TimeDelta = TimeDelta::seconds(30);
/// What programs and browsers call a CSV file.
const CONTENT_TYPES: [&str; 6] = [
    "text/csv",
    "application/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "application/octet-stream",
];

/// What an upload says, in a few bytes: by it the same one is known again.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Fingerprint(Arc<Mutex<Sha256>>);

impl Fingerprint {
    /// Of all that has come in until now.
    pub(in super::super) fn read(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize().to_vec()
    }

    fn take_in(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
    }
}

/// Refuses an upload that says beforehand that it is too large.
pub(in super::super) fn check_length(request: &HttpRequest) -> Result<(), ApiError> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match announced.and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > UPLOAD_LIMIT => Err(too_large()),
        _ => Ok(()),
    }
}

/// Hands an upload on, piece by piece.
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
                return hand_on(clock, &mut field, pieces, fingerprint).await;
            }
            while next(clock, &mut field).await?.is_some() {}
        }
        let detail = "The form has no part called `file`.";
        return Err(ApiError::new(ErrorCode::InvalidBody, detail));
    }
    if CONTENT_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return hand_on(clock, &mut payload.into_inner(), pieces, fingerprint).await;
    }
    let detail =
        "Send the file with Content-Type: text/csv, or as the part `file` of a form (multipart/form-data).";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail))
}

async fn hand_on<S, E>(
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
        fingerprint.take_in(&some);
        // Nobody takes it any more when the file was refused, which is then the answer.
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
        () = clock.sleep(PATIENCE) => {
            let detail = format!(
                "No part of the upload has arrived for {} seconds, so it was given up. The previous file is still in use. \
                 Upload the file again.",
                PATIENCE.num_seconds()
            );
            Err(ApiError::new(ErrorCode::RequestTimeout, detail))
        }
    }
}

fn unreadable(error: &impl std::fmt::Display) -> ApiError {
    let detail = format!("The upload cannot be read to its end: {error}.");
    ApiError::new(ErrorCode::InvalidBody, detail)
}

fn too_large() -> ApiError {
    let detail =
        "A daily file has at most 512 MiB here. `sms-chat import`, on the server, takes larger ones.";
    ApiError::new(ErrorCode::BodyTooLarge, detail)
}
