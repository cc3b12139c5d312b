//! `/tags`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::Permission,
    ids::{TagId, TeamId},
    tag::{NewTag, Tag, TagChange},
};
use utoipa::IntoParams;

use super::change;
use crate::{
    auth::{Authority, Caller},
    body::Body,
    catalogue::{self, CatalogueEntry},
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{of_short_list, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
    teams,
};

/// Filters of the list of tags.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TagsQuery {
    /// Only tags that this team can use.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// `true` lists the archived tags instead of the active ones.
    #[param(default = false)]
    archived: Option<bool>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Lists the tags of the caller's teams in their order. Tags that all teams share come last.
#[utoipa::path(get, path = "/api/v1/tags", operation_id = "list_tags", tag = "tags",
    params(TagsQuery),
    responses((status = 200, body = Page<Tag>),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_tags(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<TagsQuery>,
) -> Result<HttpResponse, ApiError> {
    let TagsQuery { team_id, archived, limit: given, cursor } = query.into_inner();
    let limit = page_size(given)?;
    let found = state
        .db
        .read(move |conn| {
            let scope = teams::queries::narrow_scope(conn, &caller.scope, team_id)?;
            Ok::<_, ApiError>(Tag::list(conn, &scope, archived.unwrap_or_default())?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(of_short_list(found, limit, cursor.as_deref(), |known| known.id.0)?))
}

/// Creates a tag.
#[utoipa::path(post, path = "/api/v1/tags", operation_id = "create_tag",
    tag = "tags",
    request_body(content = NewTag, example = json!({"team_id": 1, "name": "Hardship", "colour": "orange"})),
    responses((status = 201, body = Tag),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_tag(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewTag>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (authority, now) = (Authority::from(&caller), state.clock.now());
    let made = state
        .db
        .write(move |conn| once.run(conn, |conn| change::create(conn, &authority, &new, now)))
        .await?;
    state.committed();
    Ok(made.created())
}

/// One tag, archived or not.
#[utoipa::path(get, path = "/api/v1/tags/{id}", operation_id = "get_tag",
    tag = "tags", params(("id" = i64, Path, description = "The tag")),
    responses((status = 200, body = Tag)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_tag(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TagId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| catalogue::get::<Tag>(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes a tag's name, colour or position, or archives or restores it.
#[utoipa::path(put, path = "/api/v1/tags/{id}", operation_id = "update_tag",
    tag = "tags", params(("id" = i64, Path, description = "The tag"), ConditionalChange),
    request_body(content = TagChange, example = json!({"name": "Vulnerable", "colour": "red", "position": 0})),
    responses((status = 200, body = Tag),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_tag(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TagId>,
    expected: Expected,
    change: Body<TagChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    let changed =
        state.db.write(move |conn| change::update(conn, &authority, id, &expected, &change, now)).await?;
    state.committed();
    Ok(precondition::routes::versioned(&changed))
}

/// Deletes a tag. One that conversations have is archived instead, so that they keep it.
#[utoipa::path(delete, path = "/api/v1/tags/{id}", operation_id = "delete_tag",
    tag = "tags", params(("id" = i64, Path, description = "The tag"), ConditionalChange),
    responses((status = 204, description = "Deleted, or archived if conversations have it"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_tag(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TagId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    state.db.write(move |conn| catalogue::delete::<Tag>(conn, &authority, id, &expected, now)).await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}
