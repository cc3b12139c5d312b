//! `/queue` and `/queue/next`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web,
};
use serde::Deserialize;
use shared::{
    ErrorCode, Problem,
    account::Permission,
    conversation::{ConversationDetail, NextRequest, Queue},
    ids::{TagId, TeamId},
};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, AssignedFilter, Filter, next::take_next};
use crate::{
    auth::Caller, body::Body, conversations::detail, error::ApiError, idempotency::IdempotentRequest,
    middleware::accepts_encoding, paging::page_size, state::AppState,
};

/// Which open conversations to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignedQuery {
    /// Those of the caller's account.
    Me,
    /// Those that are assigned to no account.
    None,
}

impl AssignedQuery {
    /// Returns the filter of the caller's request.
    ///
    /// # Errors
    /// `invalid_query` for the conversations of an API key, which has none.
    pub(crate) fn filter(assigned: Option<Self>, caller: &Caller) -> Result<AssignedFilter, ApiError> {
        match assigned {
            None => Ok(AssignedFilter::Any),
            Some(Self::None) => Ok(AssignedFilter::Unassigned),
            Some(Self::Me) => caller.account_id().map(AssignedFilter::To).ok_or_else(|| {
                let message =
                    "Conversations are assigned to accounts. An API key can only send assigned=none.";
                ApiError::field(ErrorCode::InvalidQuery, "assigned", "account_required", message)
            }),
        }
    }
}

/// Which part of the queue to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Only this team's section.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Only the conversations of the caller's account (`me`), or those that are assigned to no account (`none`).
    #[param(inline)]
    assigned: Option<AssignedQuery>,
    /// Only the conversations with this tag.
    #[param(value_type = Option<i64>)]
    tag: Option<TagId>,
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
        (status = 304, description = "The queue is the same as in the response with this `ETag`",
            headers(("ETag" = String, description = "The version of the response"))),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_queue(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    query: web::Query<QueueQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = page_size(query.limit)?;
    let assigned = AssignedQuery::filter(query.assigned, &caller)?;
    let answer =
        state.queue.queue(&caller.scope, query.team_id, Filter { assigned, tag: query.tag }, limit).await?;
    Ok(respond(&answer, request.headers()))
}

/// Takes the next conversation: the one that needs the agent, is the caller's or unassigned, and has waited longest.
///
/// It is assigned to the caller's account, so that no two callers take the same one. API keys cannot take
/// conversations.
#[utoipa::path(post, path = "/api/v1/queue/next", operation_id = "take_next_conversation", tag = "conversations",
    request_body(content = NextRequest, example = json!({"team_id": 1})),
    responses((status = 200, description = "Now assigned to the caller", body = ConversationDetail),
        (status = 204, description = "No conversation waits"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn take_next_conversation(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    next: Body<NextRequest>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let account = caller.require_account()?.0.id;
    let once = IdempotentRequest::of(&state, &request, &caller, &*next)?;
    let (next, now) = (next.into_inner(), state.clock.now());
    let taken = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                let taken = take_next(conn, &caller.scope, account, next, now)?;
                let detail = taken.map(|id| detail::detail(conn, &caller, id)).transpose()?;
                Ok::<Option<ConversationDetail>, ApiError>(detail)
            })
        })
        .await?;
    state.committed();
    Ok(taken.ok_or_no_content())
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
