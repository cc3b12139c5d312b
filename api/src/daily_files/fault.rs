//! Faults of a file as a whole, which refuse it. An invalid value is not such a fault: its row is rejected and the rest
//! of the file is imported.

use shared::{ErrorCode, FieldError};

use crate::error::ApiError;

/// Why a file cannot be used, with the line at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileFault {
    /// The line, from 1.
    pub(crate) line: u64,
    /// A stable machine-readable code.
    pub(crate) code: &'static str,
    /// What is wrong and how to correct it.
    pub(crate) message: String,
}

impl FileFault {
    pub(crate) fn new(line: u64, code: &'static str, message: impl Into<String>) -> Self {
        Self { line, code, message: message.into() }
    }
}

/// Returns `invalid_file`, with each fault and its line.
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

/// Returns the problem for a failed temporary file. The import leaves nothing behind, and the previous file stays
/// current.
pub(crate) fn temp_file_failed(error: &std::io::Error) -> ApiError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        tracing::error!(%error, "the disk is full: a daily file cannot be imported");
        return ApiError::new(
            ErrorCode::Busy,
            "The server's disk is full. The previous file is still in use. Tell an administrator.",
        );
    }
    ApiError::internal(error)
}
