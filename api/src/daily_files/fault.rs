//! What is wrong with a file as a whole. It must never be about a single customer's values: those are rejected rows, and
//! the rest of the file is taken.

use shared::{ErrorCode, FieldError};

use crate::error::ApiError;

/// Why a file cannot be used, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileFault {
    /// The line, from 1.
    pub(crate) line: u64,
    /// A stable machine word.
    pub(crate) code: &'static str,
    /// What is wrong and what would be right, in a sentence.
    pub(crate) message: String,
}

impl FileFault {
    pub(crate) fn new(line: u64, code: &'static str, message: impl Into<String>) -> Self {
        Self { line, code, message: message.into() }
    }
}

/// `invalid_file`, with each fault at its line.
pub(crate) fn refused(faults: Vec<FileFault>) -> ApiError {
    let detail = match faults.as_slice() {
        [only] => format!("Line {}: {}", only.line, only.message),
        several => {
            let all: Vec<&str> = several.iter().map(|fault| fault.message.as_str()).collect();
            all.join(" ")
        }
    };
    let errors = faults.into_iter().map(|fault| FieldError {
        field: format!("line {}", fault.line),
        code: fault.code.to_owned(),
        message: fault.message,
    });
    ApiError::new(ErrorCode::InvalidFile, detail).errors(errors)
}

/// The file could not be kept while it was read: nothing of it is left, and the one before is still current.
pub(crate) fn not_kept(error: &std::io::Error) -> ApiError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        tracing::error!(%error, "no room for a daily file that is being read");
        return ApiError::new(
            ErrorCode::Busy,
            "The server's disk is full. The file before is still the current one.",
        );
    }
    ApiError::internal(error)
}
