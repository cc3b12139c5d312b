//! How the errors of media become problems.

use shared::ErrorCode;

use super::media::MediaError;
use crate::error::ApiError;

impl From<MediaError> for ApiError {
    fn from(error: MediaError) -> Self {
        let code = match error {
            MediaError::NotFound(error) => return error.into(),
            MediaError::Database(error) => return error.into(),
            MediaError::Gone => ErrorCode::MediaGone,
            MediaError::Unusable => ErrorCode::MediaUnusable,
            MediaError::Timeout => ErrorCode::GatewayTimeout,
            MediaError::Unavailable => ErrorCode::GatewayUnavailable,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::media::DownloadError;

    #[test]
    fn each_failed_download_has_its_problem() {
        for (error, code) in [
            (DownloadError::Gone, ErrorCode::MediaGone),
            (DownloadError::TooLarge, ErrorCode::MediaUnusable),
            (DownloadError::ForbiddenAddress, ErrorCode::MediaUnusable),
            (DownloadError::Timeout, ErrorCode::GatewayTimeout),
            (DownloadError::Status(503), ErrorCode::GatewayUnavailable),
            (DownloadError::TooManyRedirects, ErrorCode::GatewayUnavailable),
        ] {
            assert_eq!(ApiError::from(MediaError::from(error)).problem().code, code);
        }
    }
}
