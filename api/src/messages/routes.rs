//! `/messages`: what came with a message. The messages themselves are read and written through their conversations.

use actix_web::{HttpResponse, http::header, web};
use shared::{Problem, ids::MessageId};

use super::media;
use crate::{auth::Caller, desk::Desk, error::ApiError};

/// What a browser may do with a file that somebody sent: nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; sandbox";

/// A picture or file that came with a message.
///
/// Pictures (PNG, JPEG, GIF, WebP) are shown in place, anything else is a download. At most 16 MiB.
#[utoipa::path(get, path = "/api/v1/messages/{id}/media/{n}", operation_id = "get_media", tag = "conversations",
    params(("id" = i64, Path, description = "The message"),
        ("n" = usize, Path, description = "Which of the message's `media`, from 0")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = [u8]),
        (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 410, description = "`media_gone`: the gateway has it no more", body = Problem),
        (status = 502, description = "`gateway_unavailable`, `media_unusable`", body = Problem),
        (status = 504, description = "`gateway_timeout`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_media(
    desk: web::Data<Desk>,
    caller: Caller,
    place: web::Path<(MessageId, usize)>,
) -> Result<HttpResponse, ApiError> {
    let (id, n) = place.into_inner();
    let (content_type, arriving) = media::open(&desk, caller.scope, id, n).await?;
    let (disposition, content_type) = match media::shown_in_place(&content_type) {
        Some(picture) => ("inline", picture),
        None => ("attachment", content_type.as_str()),
    };
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        // As it is: what is to be shown or saved is packed already.
        .insert_header((header::CONTENT_ENCODING, "identity"));
    if let Some(length) = arriving.length {
        answer.no_chunking(length);
    }
    Ok(answer.streaming(arriving.pieces()))
}
