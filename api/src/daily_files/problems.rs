//! How the errors of daily files become problems.

use shared::{ErrorCode, FieldError, daily_file::RejectedRow};

use super::{
    activate::{ActivateError, CompareError, UnusualDrop},
    claim::ClaimError,
    import::{ImportError, PreviewError},
    mapping::MappingError,
    parse::{FaultKind, FileFault, ParseError},
    rejected::RejectedRowsError,
    restore::RestoreError,
    stage::StageError,
    temp_file::TempFileError,
    upload::UploadError,
};
use crate::error::{ApiError, problem_of_inner};

/// Maximum number of rejected rows that a problem lists when no row is valid.
const MAX_ROWS_SHOWN: usize = 20;

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        let code = match error {
            UploadError::TooLarge => ErrorCode::BodyTooLarge,
            UploadError::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            UploadError::NoFile | UploadError::Unreadable { .. } => ErrorCode::InvalidBody,
            UploadError::Idle => ErrorCode::RequestTimeout,
            UploadError::Aborted(error) => return Self::internal(&error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<PreviewError> for ApiError {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::TooManyImports => Self::new(ErrorCode::Busy, error.to_string()).retry_after(30),
            PreviewError::NotFound(error) => error.into(),
            PreviewError::Claim(error) => error.into(),
            PreviewError::Parse(error) => error.into(),
            PreviewError::Aborted(error) => Self::internal(&error),
            PreviewError::Stage(error) => error.into(),
            PreviewError::Compare(error) => error.into(),
            PreviewError::Database(error) => error.into(),
        }
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Preview(error) => error.into(),
            ImportError::ConnectionLost => Self::new(ErrorCode::RequestTimeout, error.to_string()),
            ImportError::Activate(error) => error.into(),
            ImportError::Database(error) => error.into(),
        }
    }
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Held => Self::new(ErrorCode::RequestInProgress, error.to_string()).retry_after(5),
            ClaimError::Lost => Self::new(ErrorCode::RequestInProgress, error.to_string()),
            ClaimError::Database(error) => error.into(),
        }
    }
}

impl From<ParseError> for ApiError {
    fn from(error: ParseError) -> Self {
        let detail = error.to_string();
        match error {
            ParseError::Faults(faults) => {
                Self::new(ErrorCode::InvalidFile, detail).errors(faults.iter().map(field_error))
            }
            ParseError::NoValidRows { rejected, .. } => {
                let shown = rejected.into_iter().take(MAX_ROWS_SHOWN);
                Self::new(ErrorCode::InvalidFile, detail).errors(shown.map(rejected_row))
            }
            ParseError::UploadEnded => Self::new(ErrorCode::RequestTimeout, detail),
            ParseError::TempFile(error) => error.into(),
        }
    }
}

fn field_error(fault: &FileFault) -> FieldError {
    FieldError {
        field: format!("line {}", fault.line),
        code: code(&fault.kind).to_owned(),
        message: fault.kind.to_string(),
    }
}

/// Returns the stable, machine-readable code of a fault.
fn code(fault: &FaultKind) -> &'static str {
    match fault {
        FaultKind::ExcelWorkbook => "not_csv",
        FaultKind::Utf16 | FaultKind::InvalidUtf8 => "unknown_encoding",
        FaultKind::NulByte | FaultKind::NotText => "not_text",
        FaultKind::HeaderTooLong | FaultKind::RowTooLong => "row_too_long",
        FaultKind::OpenQuote | FaultKind::TooManyOpenQuotes => "open_quote",
        FaultKind::Empty => "empty",
        FaultKind::NoRows => "no_rows",
        FaultKind::TooManyColumns | FaultKind::BrokenHeader => "invalid_header",
        FaultKind::AmbiguousColumn { .. } => "ambiguous_column",
        FaultKind::MissingMappedColumn { .. } | FaultKind::MissingColumn { .. } => "missing_column",
    }
}

fn rejected_row(row: RejectedRow) -> FieldError {
    FieldError {
        field: format!("line {}", row.line),
        code: "rejected".to_owned(),
        message: match row.column {
            Some(column) => format!("{column}: {}", row.reason),
            None => row.reason,
        },
    }
}

impl From<TempFileError> for ApiError {
    fn from(error: TempFileError) -> Self {
        match error {
            TempFileError::DiskFull(ref fault) => {
                tracing::error!(error = %fault, "the disk is full: a daily file cannot be imported");
                Self::new(ErrorCode::Busy, error.to_string())
            }
            TempFileError::Failed(fault) => Self::internal(&fault),
        }
    }
}

impl From<StageError> for ApiError {
    fn from(error: StageError) -> Self {
        match error {
            StageError::Claim(error) => error.into(),
            StageError::TempFile(error) => error.into(),
            StageError::Aborted(error) => Self::internal(&error),
        }
    }
}

impl From<CompareError> for ApiError {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Database(error) => error.into(),
            CompareError::TempFile(error) => error.into(),
            CompareError::Aborted(error) => Self::internal(&error),
        }
    }
}

impl From<UnusualDrop> for ApiError {
    fn from(error: UnusualDrop) -> Self {
        Self::new(ErrorCode::UnusualDrop, error.to_string()).turnover(error.turnover)
    }
}

problem_of_inner!(ActivateError: NotFound, UnusualDrop, Claim, Compare, Database);
problem_of_inner!(RestoreError: Team, NotFound, Activate, Database);
problem_of_inner!(RejectedRowsError: Team, NotFound, Database);
problem_of_inner!(MappingError: NotFound, Changed, Invalid, Database);
