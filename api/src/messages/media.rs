//! Pictures and files that came with messages. The gateway keeps them; its address must never reach a browser, which has
//! no credentials there.

use serde::{Deserialize, Serialize};
use shared::{ids::MessageId, message::Media};

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
