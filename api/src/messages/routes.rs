//! `/messages`: the media of a message. The messages themselves are read and written through their conversations.

use actix_web::{HttpResponse, http::header, web};
use shared::{Problem, ids::MessageId};
use utoipa::ToSchema;

use super::media;
use crate::{auth::Caller, error::ApiError, state::AppState};

/// A browser that opens a customer's file must not run scripts or load anything.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; sandbox";

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the response in OpenAPI; the handler streams it")]
pub struct FileContent(Vec<u8>);

/// A picture or file of a message.
///
/// Pictures (PNG, JPEG, GIF, WebP) are displayed inline; other files are downloads. At most 16 MiB.
#[utoipa::path(get, path = "/api/v1/messages/{id}/media/{n}", operation_id = "get_media", tag = "conversations",
    params(("id" = i64, Path, description = "The message"),
        ("n" = usize, Path, description = "Index in the message's `media`, from 0")),
    responses((status = 200, description = "The file", content_type = "*/*", body = FileContent,
            headers(("Content-Disposition" = String, description = "`inline` for pictures, otherwise `attachment`"))),
        (status = 410, description = "`media_gone`: the gateway has deleted the file", body = Problem),
        (status = 502, description = "`gateway_unavailable`, `media_unusable`", body = Problem),
        (status = 504, description = "`gateway_timeout`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_media(
    state: web::Data<AppState>,
    caller: Caller,
    path: web::Path<(MessageId, usize)>,
) -> Result<HttpResponse, ApiError> {
    let (id, n) = path.into_inner();
    let (content_type, download) = media::open(&state.db, &state.gateway, caller.scope, id, n).await?;
    let (disposition, content_type) = match media::inline_picture_type(&content_type) {
        Some(picture) => ("inline", picture),
        None => ("attachment", content_type.as_str()),
    };
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        // Pictures and most files are compressed already.
        .insert_header((header::CONTENT_ENCODING, "identity"));
    if let Some(length) = download.length {
        answer.no_chunking(length);
    }
    Ok(answer.streaming(download.parts()))
}
