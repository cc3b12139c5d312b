//! `/queue`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web,
};
use serde::Deserialize;
use shared::{Problem, conversation::Queue, ids::TeamId};
use utoipa::IntoParams;

use super::Answer;
use crate::{
    auth::Caller, error::ApiError, middleware::accepts_encoding, paging::page_size, state::AppState,
};

/// Which part of the queue to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Only this team's section.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Largest number of conversations in a section, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Open conversations in queue order, with a section for each team of the caller.
///
/// Send the `ETag` of the last response as `If-None-Match` to receive 304 while nothing has changed.
#[utoipa::path(get, path = "/api/v1/queue", operation_id = "get_queue", tag = "conversations",
    params(QueueQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the last response")),
    responses((status = 200, body = Queue, headers(("ETag" = String, description = "The version of the response"))),
        (status = 304, description = "The queue is the same as in the response with this `ETag`"),
        (status = 400, description = "`invalid_query`", body = Problem), (status = 401, body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem), (status = 429, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_queue(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    query: web::Query<QueueQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = page_size(query.limit)?;
    let answer = state.queue.queue(&caller.scope, query.team_id, limit).await?;
    Ok(respond(&answer, request.headers()))
}

fn respond(answer: &Answer, request: &HeaderMap) -> HttpResponse {
    let is_known = is_known(&answer.etag, request);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, answer.etag.as_str()))
        .insert_header((header::VARY, "Accept-Encoding"));
    if is_known {
        return response.finish();
    }
    response.content_type("application/json");
    match accepts_encoding(request, "br").then(|| answer.brotli()).flatten() {
        Some(compressed) => response.insert_header((header::CONTENT_ENCODING, "br")).body(compressed),
        None => response.body(answer.body.clone()),
    }
}

/// Whether the client has the response with this tag. Tags are compared weakly (RFC 9110, 13.1.2).
fn is_known(etag: &str, request: &HeaderMap) -> bool {
    let given = request.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    given.flat_map(|list| list.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// Returns an entity tag without the mark of a weak one.
fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_tag_is_known_if_it_is_in_the_list_weak_or_strong() {
        for (given, is_same) in [
            ("W/\"1a\"", true),
            ("\"1a\"", true),
            ("\"00\", W/\"1a\"", true),
            ("*", true),
            ("\"1b\"", false),
            ("1a", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(given));
            assert_eq!(is_known("W/\"1a\"", &headers), is_same, "{given}");
        }
        assert!(!is_known("W/\"1a\"", &HeaderMap::new()));
    }
}
