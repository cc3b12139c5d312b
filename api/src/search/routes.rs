//! `/search`.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::Permission,
    audit_entry::AuditAction,
    conversation::{Conversation, ConversationStatus},
    ids::{TagId, TeamId},
};
use utoipa::IntoParams;

use super::{SearchRequest, find, term::Term};
use crate::{
    auth::{Caller, LookupError, audit_log::AuditEvent},
    conversations::cursor::TimeCursor,
    error::ApiError,
    paging::{decode_cursor, encode_cursor, page, page_size},
    state::AppState,
    teams,
};

/// The search term and its filters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Part of a number (in any format), reference or name: 2 to 100 characters. One character is enough in Chinese,
    /// Japanese and Korean. A complete number or reference finds its own conversations and no others.
    #[param(example = "07700 900")]
    q: String,
    /// Only this team's conversations.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Only conversations with this status.
    status: Option<ConversationStatus>,
    /// Only conversations with this tag.
    #[param(value_type = Option<i64>)]
    tag: Option<TagId>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Searches the conversations of the past 90 days (a setting), latest activity first. A part that very many
/// conversations contain is not looked for in all of them: the newest, and numbers that begin with it, are found.
#[utoipa::path(get, path = "/api/v1/search", operation_id = "search_conversations", tag = "conversations",
    params(SearchQuery),
    responses((status = 200, body = Page<Conversation>), (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn search_conversations(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Search)?;
    let SearchQuery { q, team_id, status, tag, limit: given, cursor } = query.into_inner();
    let limit = page_size(given)?;
    let after: Option<TimeCursor> = decode_cursor(cursor.as_deref())?;
    let term = Term::parse(&q)?;
    let now = state.clock.now();
    let since = now - state.search_reach;
    let searched = cursor
        .is_none()
        .then(|| AuditEvent::new(AuditAction::ConversationSearched, &caller).team(team_id).term(&term.typed));
    let sample = Arc::clone(&state.search_sample);
    let found = state
        .db
        .read(move |conn| {
            let scope = teams::queries::narrow_scope(conn, &caller.scope, team_id)?;
            let (scope, after, limit) = (&scope, after.as_ref(), limit + 1);
            let request = SearchRequest { scope, term: &term, status, tag, since, after, limit };
            Ok::<_, LookupError>(find(conn, &sample, &request)?)
        })
        .await?;
    let found = page(found, limit, |(last, at)| encode_cursor(&TimeCursor { at: *at, id: last.id }));
    if let Some(searched) = searched {
        searched.detail("results", found.items.len()).write(&state.db, now).await;
    }
    Ok(HttpResponse::Ok().json(found.map(|(conversation, _)| conversation)))
}
