//! Pictures and files that came with messages. The gateway keeps them, and the desk hands them on; the gateway's address
//! must never reach a browser, which has no credentials there, and nothing that could be run is shown in place.

use serde::{Deserialize, Serialize};
use shared::{ErrorCode, ids::MessageId, message::Media};

use super::queries;
use crate::{
    auth::TeamScope,
    desk::Desk,
    error::ApiError,
    gateway::media::{Arriving, MediaFault},
};

/// A picture or file as the gateway named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMedia {
    /// Where the gateway keeps it.
    pub url: String,
    /// Its MIME type, as the gateway names it.
    pub content_type: String,
}

/// What came with a message, as it is offered to clients.
pub(super) fn offered(message: MessageId, kept: Vec<KeptMedia>) -> Vec<Media> {
    let offer = |(n, media): (usize, KeptMedia)| Media {
        url: format!("/api/v1/messages/{message}/media/{n}"),
        content_type: media.content_type,
    };
    kept.into_iter().enumerate().map(offer).collect()
}

/// Begins to fetch what came with a message; its MIME type and what arrives.
///
/// # Errors
/// `not_found`; `media_gone`, `media_unusable`, `gateway_unavailable`, `gateway_timeout`.
pub(super) async fn open(
    desk: &Desk,
    scope: TeamScope,
    message: MessageId,
    n: usize,
) -> Result<(String, Arriving), ApiError> {
    let kept = desk.db.read(move |conn| queries::kept_media(conn, &scope, message)).await?;
    let media = kept.and_then(|kept| kept.into_iter().nth(n)).ok_or_else(|| ApiError::not_found("media"))?;
    let arriving = desk.gateway.media(&media.url).await.map_err(|fault| refused(message, &fault))?;
    let content_type = arriving.content_type.clone().unwrap_or(media.content_type);
    Ok((content_type, arriving))
}

fn refused(message: MessageId, fault: &MediaFault) -> ApiError {
    tracing::warn!(%message, %fault, "what came with a message cannot be fetched");
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

/// The type of a picture that a browser may show in place. An SVG is not one: it can hold a program.
pub(super) fn shown_in_place(content_type: &str) -> Option<&'static str> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["image/png", "image/jpeg", "image/gif", "image/webp"]
        .into_iter()
        .find(|picture| essence.eq_ignore_ascii_case(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_that_cannot_be_run_are_shown_in_place() {
        assert_eq!(shown_in_place("IMAGE/PNG; x=y"), Some("image/png"));
        for other in ["image/svg+xml", "text/html", "image/png2", "image", "", "application/pdf", "text/png"]
        {
            assert_eq!(shown_in_place(other), None, "{other}");
        }
    }
}
