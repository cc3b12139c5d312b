//! Receives an upload over HTTP and passes it on piece by piece, so that it is never held in memory as a whole. Limits
//! its size and its pauses, and computes its digest.

pub mod routes;

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use chrono::TimeDelta;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, task::JoinError};

use super::Piece;
use crate::clock::Clock;

/// Maximum size of an upload, in bytes.
const SIZE_LIMIT: u64 = 512 * 1024 * 1024;
/// How long an upload may send nothing before it is stopped.
const IDLE_TIMEOUT: TimeDelta = TimeDelta::seconds(30);
/// Number of pieces that wait to be parsed.
const PIECES_AHEAD: usize = 8;

/// Why an upload could not be received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The upload is larger than the limit.
    #[error(
        "An uploaded file can have at most 512 MiB. Import a larger one with `sms-chat import` on the server."
    )]
    TooLarge,
    /// The content type is not that of a CSV file.
    #[error(
        "Send the file with Content-Type: text/csv, or as the part `file` of a form (multipart/form-data)."
    )]
    UnsupportedMediaType,
    /// The form contains no file.
    #[error("The form has no part named `file`.")]
    NoFile,
    /// The body breaks off, or is not a valid form.
    #[error("The upload could not be read: {cause}.")]
    Unreadable {
        /// What is wrong with the body.
        cause: String,
    },
    /// No part of the upload arrived for too long.
    #[error(
        "No part of the upload has arrived for {} seconds, so it was stopped. The previous file is still in use. \
         Upload the file again.", IDLE_TIMEOUT.num_seconds()
    )]
    Idle,
    /// The task that processes the upload was aborted.
    #[error("the processing of an upload was aborted: {0}")]
    Aborted(#[from] JoinError),
}

/// An upload as the import receives it.
pub(crate) struct Upload {
    pub(crate) pieces: mpsc::Receiver<Piece>,
    pub(crate) digest: ContentDigest,
    pub(crate) connection: Connection,
}

/// SHA-256 digest of an upload, to recognise a repeated request.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContentDigest(Arc<Mutex<Sha256>>);

impl ContentDigest {
    /// Returns the digest of all bytes received so far.
    pub(crate) fn read(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize().to_vec()
    }

    fn update(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
    }
}

/// The connection of an upload.
pub(crate) struct Connection(Weak<()>);

impl Connection {
    /// Whether the caller still waits for the answer.
    pub(crate) fn is_open(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// Receives the upload whose body arrives in `chunks`, and returns the result of `process`. That runs in a task of its
/// own, so that an interrupted import is cleaned up even if the connection is lost.
///
/// # Errors
/// Errors of `process`; when the upload cannot be received.
pub(crate) async fn receive<B, T, E, F>(
    clock: &Clock,
    chunks: impl Stream<Item = Result<B, UploadError>>,
    process: impl FnOnce(Upload) -> F,
) -> Result<T, E>
where
    B: AsRef<[u8]>,
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<UploadError> + Send + 'static,
{
    let (pieces, incoming) = mpsc::channel(PIECES_AHEAD);
    let digest = ContentDigest::default();
    // The server drops this future, and with it `open`, when the connection is lost.
    let open = Arc::new(());
    let connection = Connection(Arc::downgrade(&open));
    let upload = Upload { pieces: incoming, digest: digest.clone(), connection };
    let mut processing = tokio::spawn(process(upload));
    let outcome = tokio::select! {
        // A refusal is answered at once, without waiting for the rest of the upload.
        outcome = &mut processing => outcome,
        forwarded = forward(clock, chunks, pieces, &digest) => {
            let outcome = processing.await;
            forwarded?;
            outcome
        }
    };
    drop(open);
    outcome.map_err(UploadError::from)?
}

async fn forward<B: AsRef<[u8]>>(
    clock: &Clock,
    chunks: impl Stream<Item = Result<B, UploadError>>,
    pieces: mpsc::Sender<Piece>,
    digest: &ContentDigest,
) -> Result<(), UploadError> {
    let mut chunks = pin!(chunks);
    let mut size = 0;
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = chunks.next() => chunk,
            () = clock.sleep(IDLE_TIMEOUT) => return Err(UploadError::Idle),
        };
        let Some(chunk) = chunk.transpose()? else { break };
        let bytes = chunk.as_ref();
        size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > SIZE_LIMIT {
            return Err(UploadError::TooLarge);
        }
        digest.update(bytes);
        // The import has ended and reports its own error.
        if pieces.send(Piece::Bytes(bytes.to_vec())).await.is_err() {
            return Ok(());
        }
    }
    let _ = pieces.send(Piece::End).await;
    Ok(())
}
