//! The media of messages: pictures and files. The gateway stores them, and the server passes them on without storing
//! them. Clients receive URLs of this server, because only the server has the gateway's credentials. A browser displays
//! only pictures inline, never a file that can contain a script.

use shared::{ErrorCode, ids::MessageId, message::Media};

use super::queries;
use crate::{
    auth::TeamScope,
    db::Db,
    error::ApiError,
    gateway::{
        client::GatewayClient,
        media::{Arriving, KeptMedia, MediaFault},
    },
};

/// Converts the media of a message to the form that clients receive, with URLs of this server.
pub(super) fn to_public(message: MessageId, kept: Vec<KeptMedia>) -> Vec<Media> {
    let convert = |(n, media): (usize, KeptMedia)| Media {
        url: format!("/api/v1/messages/{message}/media/{n}"),
        content_type: media.content_type,
    };
    kept.into_iter().enumerate().map(convert).collect()
}

/// Requests the `n`-th file of a message from the gateway. Returns its MIME type and its content as a stream.
///
/// # Errors
/// `not_found`; `media_gone`, `media_unusable`, `gateway_unavailable`, `gateway_timeout`.
pub(super) async fn open(
    db: &Db,
    gateway: &GatewayClient,
    scope: TeamScope,
    message: MessageId,
    n: usize,
) -> Result<(String, Arriving), ApiError> {
    let kept = db.read(move |conn| queries::kept_media(conn, &scope, message)).await?;
    let media = kept.and_then(|kept| kept.into_iter().nth(n)).ok_or_else(|| ApiError::not_found("media"))?;
    let arriving = gateway.media(&media.url).await.map_err(|fault| media_problem(message, &fault))?;
    let content_type = arriving.content_type.clone().unwrap_or(media.content_type);
    Ok((content_type, arriving))
}

fn media_problem(message: MessageId, fault: &MediaFault) -> ApiError {
    tracing::warn!(%message, %fault, "a file of a message cannot be fetched from the gateway");
    let (code, detail) = match fault {
        MediaFault::Gone => {
            (ErrorCode::MediaGone, "The gateway has deleted the file. Ask the customer to send it again.")
        }
        MediaFault::Elsewhere | MediaFault::TooLarge => {
            (ErrorCode::MediaUnusable, "The file is larger than 16 MiB, or it is not stored at the gateway.")
        }
        MediaFault::TooLate => {
            (ErrorCode::GatewayTimeout, "The gateway took too long to send the file. Try again.")
        }
        MediaFault::NoAnswer(_) | MediaFault::Unavailable(_) => {
            (ErrorCode::GatewayUnavailable, "The gateway did not send the file. Try again in a moment.")
        }
    };
    ApiError::new(code, detail)
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
