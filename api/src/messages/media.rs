//! The media of messages: pictures and files. The gateway stores them, and the server passes them on without storing
//! them. Clients receive URLs of this server, because only the server has the gateway's credentials. A browser displays
//! only pictures inline, never a file that can contain a script.

use shared::{ids::MessageId, message::Media};

use super::queries;
use crate::{
    auth::{NotFound, Resource, TeamScope},
    db::{Db, DbError},
    gateway::{
        client::GatewayClient,
        media::{DownloadError, MediaDownload, StoredMedia},
    },
};

/// Why a file of a message cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The message, or its file, does not exist for the caller.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The gateway has deleted the file.
    #[error("The gateway has deleted the file. Ask the customer to send it again.")]
    Gone,
    /// The file is too large, or stored at a forbidden address.
    #[error("The file is larger than 16 MiB, or it is not stored at the gateway.")]
    Unusable,
    /// The gateway took too long.
    #[error("The gateway took too long to send the file. Try again.")]
    Timeout,
    /// The gateway did not send the file.
    #[error("The gateway did not send the file. Try again in a moment.")]
    Unavailable,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<DownloadError> for MediaError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Gone => Self::Gone,
            DownloadError::ForbiddenAddress | DownloadError::TooLarge => Self::Unusable,
            DownloadError::Timeout => Self::Timeout,
            DownloadError::Transport(_)
            | DownloadError::Status(_)
            | DownloadError::TooManyRedirects
            | DownloadError::InvalidRedirect
            | DownloadError::Interrupted(_) => Self::Unavailable,
        }
    }
}

/// Converts the media of a message to the form that clients receive, with URLs of this server.
pub(super) fn to_public(message: MessageId, stored: Vec<StoredMedia>) -> Vec<Media> {
    let convert = |(n, media): (usize, StoredMedia)| Media {
        url: format!("/api/v1/messages/{message}/media/{n}"),
        content_type: media.content_type,
    };
    stored.into_iter().enumerate().map(convert).collect()
}

/// Requests the `n`-th file of a message from the gateway. Returns its MIME type and its content as a stream.
///
/// # Errors
/// [`MediaError`].
pub(super) async fn open(
    db: &Db,
    gateway: &GatewayClient,
    scope: TeamScope,
    message: MessageId,
    n: usize,
) -> Result<(String, MediaDownload), MediaError> {
    let stored = db.read(move |conn| queries::stored_media(conn, &scope, message)).await?;
    let media = stored.and_then(|stored| stored.into_iter().nth(n));
    let media = media.ok_or(NotFound::new(Resource::Media))?;
    let download = gateway.media(&media.url).await.inspect_err(|error| {
        tracing::warn!(%message, %error, "a file of a message cannot be fetched from the gateway");
    })?;
    let content_type = download.content_type.clone().unwrap_or(media.content_type);
    Ok((content_type, download))
}

/// Returns the MIME type if a browser may display it inline. SVG is excluded, because it can contain scripts.
pub(super) fn inline_picture_type(content_type: &str) -> Option<&'static str> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["image/png", "image/jpeg", "image/gif", "image/webp"]
        .into_iter()
        .find(|picture| essence.eq_ignore_ascii_case(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_without_scripts_are_displayed_inline() {
        assert_eq!(inline_picture_type("IMAGE/PNG; x=y"), Some("image/png"));
        for other in ["image/svg+xml", "text/html", "image/png2", "image", "", "application/pdf", "text/png"]
        {
            assert_eq!(inline_picture_type(other), None, "{other}");
        }
    }
}
