//! `/search`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{
    ErrorCode, Page, Problem,
    account::Permission,
    conversation::{Conversation, ConversationStatus},
    ids::TeamId,
};
use utoipa::IntoParams;

use super::{
    queries::{self, Wanted},
    term::Term,
};
use crate::{
    auth::Caller,
    conversations::cursor::TimeCursor,
    desk::Desk,
    error::ApiError,
    paging::{decode, encode, limit, page},
    teams,
};

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A part of a number, however it is typed, of a reference, or of a name: 2 to 100 characters; one is enough
    /// in Chinese, Japanese and Korean.
    #[param(example = "07700 900")]
    q: String,
    /// Only this team's conversations.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Only those that stand so.
    status: Option<ConversationStatus>,
    /// How many, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The conversations that match, those first in which something happened last, 90 days back (a setting).
#[utoipa::path(get, path = "/api/v1/search", operation_id = "search_conversations", tag = "conversations",
    params(SearchQuery),
    responses((status = 200, body = Page<Conversation>),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn search_conversations(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Search)?;
    let SearchQuery { q, team_id, status, limit: given, cursor } = query.into_inner();
    let limit = limit(given)?;
    let after: Option<TimeCursor> = decode(cursor.as_deref())?;
    let term =
        Term::parse(&q).map_err(|fault| ApiError::field(ErrorCode::InvalidQuery, "q", "invalid", fault))?;
    let since = desk.clock.now() - desk.search_reach;
    let found = desk
        .db
        .read(move |conn| {
            let scope = teams::queries::narrowed(conn, &caller.scope, team_id)?;
            let (scope, after, limit) = (&scope, after.as_ref(), limit + 1);
            Ok::<_, ApiError>(queries::find(
                conn,
                &Wanted { scope, term: &term, status, since, after, limit },
            )?)
        })
        .await?;
    let found = page(found, limit, |(last, at)| encode(&TimeCursor { at: *at, id: last.id }));
    Ok(HttpResponse::Ok().json(found.map(|(conversation, _)| conversation)))
}
