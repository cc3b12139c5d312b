//! `/templates`, `/placeholders`, and templates rendered for a conversation or a number.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::Permission,
    audit_entry::{AuditAction, AuditSubjectKind},
    ids::{ConversationId, TeamId, TemplateId},
    template::{NewTemplate, Placeholder, RenderedTemplate, Template, TemplateChange},
};
use utoipa::IntoParams;

use super::{change, placeholders};
use crate::{
    auth::{Authority, Caller, audit_log::AuditEvent},
    body::Body,
    catalogue::{self, CatalogueEntry},
    conversations::rendered_templates,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{of_short_list, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
    teams,
};

/// Filters of the list of templates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplatesQuery {
    /// Only templates that this team can use.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// `true` lists the archived templates instead of the active ones.
    #[param(default = false)]
    archived: Option<bool>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Lists the templates of the caller's teams in their order. Templates that all teams share come last.
#[utoipa::path(get, path = "/api/v1/templates", operation_id = "list_templates", tag = "templates",
    params(TemplatesQuery),
    responses((status = 200, body = Page<Template>),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_templates(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<TemplatesQuery>,
) -> Result<HttpResponse, ApiError> {
    let TemplatesQuery { team_id, archived, limit: given, cursor } = query.into_inner();
    let limit = page_size(given)?;
    let found = state
        .db
        .read(move |conn| {
            let scope = teams::queries::narrow_scope(conn, &caller.scope, team_id)?;
            Ok::<_, ApiError>(Template::list(conn, &scope, archived.unwrap_or_default())?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(of_short_list(found, limit, cursor.as_deref(), |known| known.id.0)?))
}

/// Creates a template.
#[utoipa::path(post, path = "/api/v1/templates", operation_id = "create_template", tag = "templates",
    request_body(content = NewTemplate, example = json!({"team_id": 1, "name": "Greeting",
        "body": "Hello {{name}}, this is {{agent}} of {{team}}."})),
    responses((status = 201, body = Template),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_template(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewTemplate>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (authority, now) = (Authority::from(&caller), state.clock.now());
    let made = state
        .db
        .write(move |conn| once.run(conn, |conn| change::create(conn, &authority, caller.name(), &new, now)))
        .await?;
    state.committed();
    Ok(made.created())
}

/// One template, archived or not.
#[utoipa::path(get, path = "/api/v1/templates/{id}", operation_id = "get_template", tag = "templates",
    params(("id" = i64, Path, description = "The template")),
    responses((status = 200, body = Template)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_template(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TemplateId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| catalogue::get::<Template>(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes a template's name, text or position, or archives or restores it.
#[utoipa::path(put, path = "/api/v1/templates/{id}", operation_id = "update_template", tag = "templates",
    params(("id" = i64, Path, description = "The template"), ConditionalChange),
    request_body(content = TemplateChange, example = json!({"name": "Greeting", "body": "Hello {{name}}.",
        "position": 0})),
    responses((status = 200, body = Template),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_template(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TemplateId>,
    expected: Expected,
    change: Body<TemplateChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    let changed = state
        .db
        .write(move |conn| change::update(conn, &authority, caller.name(), id, &expected, &change, now))
        .await?;
    state.committed();
    Ok(precondition::routes::versioned(&changed))
}

/// Deletes a template. One that was ever used is archived instead, so that the history keeps its name.
#[utoipa::path(delete, path = "/api/v1/templates/{id}", operation_id = "delete_template", tag = "templates",
    params(("id" = i64, Path, description = "The template"), ConditionalChange),
    responses((status = 204, description = "Deleted, or archived if it was used"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_template(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TemplateId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    state.db.write(move |conn| catalogue::delete::<Template>(conn, &authority, id, &expected, now)).await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Filters of the list of placeholders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlaceholdersQuery {
    /// The team. Without it, all of the caller's teams.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
}

/// Lists the placeholders that templates can use, with example values from the current daily file.
#[utoipa::path(get, path = "/api/v1/placeholders", operation_id = "list_placeholders", tag = "templates",
    params(PlaceholdersQuery),
    responses((status = 200, body = Page<Placeholder>),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_placeholders(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PlaceholdersQuery>,
) -> Result<HttpResponse, ApiError> {
    let team = query.team_id;
    let items =
        state.db.read(move |conn| placeholders::available(conn, &caller.scope, team, caller.name())).await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}

/// The customer to render templates for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// The ref of the customer to address, if several share the number. Without it, only placeholders that do not
    /// depend on the customer are filled in.
    #[serde(rename = "ref")]
    #[param(rename = "ref", example = "A-10021")]
    reference: Option<String>,
}

/// Lists the templates that can be used in a conversation, rendered for its customer.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/templates", operation_id = "list_conversation_templates",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation"), CustomerQuery),
    responses((status = 200, body = Page<RenderedTemplate>),
        (status = 422, description = "`validation_failed`: no customer with this number has this ref", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_conversation_templates(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    query: web::Query<CustomerQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, picked) = (id.into_inner(), query.into_inner().reference);
    let viewed = AuditEvent::new(AuditAction::KeyDataViewed, &caller);
    let render =
        move |conn: &mut _| rendered_templates::for_conversation(conn, &caller, id, picked.as_deref());
    let rendered = state.db.read(render).await?;
    if rendered.customer.is_some() {
        let viewed = viewed.team(rendered.team).subject(AuditSubjectKind::Conversation, id.0);
        viewed.write_view(&state.db, state.clock.now()).await;
    }
    Ok(HttpResponse::Ok().json(Page { items: rendered.templates, next_cursor: None }))
}

/// The number and customer to render templates for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TeamTemplatesQuery {
    /// The recipient's number as typed. Without it, placeholders that depend on the customer stay unfilled.
    #[param(example = "07700 900123")]
    number: Option<String>,
    /// The ref of the customer to address, if several share the number.
    #[serde(rename = "ref")]
    #[param(rename = "ref", example = "A-10021")]
    reference: Option<String>,
}

/// Lists the templates that a team can use for an ad-hoc message, rendered for a number.
#[utoipa::path(get, path = "/api/v1/teams/{id}/templates", operation_id = "list_team_templates", tag = "templates",
    params(("id" = i64, Path, description = "The team"), TeamTemplatesQuery),
    responses((status = 200, body = Page<RenderedTemplate>),
        (status = 422, description = "`validation_failed`: no customer with this number has this ref", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_team_templates(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<TeamTemplatesQuery>,
) -> Result<HttpResponse, ApiError> {
    let TeamTemplatesQuery { number, reference: picked } = query.into_inner();
    let (id, typed) = (id.into_inner(), number.unwrap_or_default());
    let viewed = AuditEvent::new(AuditAction::KeyDataViewed, &caller);
    let render =
        move |conn: &mut _| rendered_templates::for_number(conn, &caller, id, &typed, picked.as_deref());
    let rendered = state.db.read(render).await?;
    if let Some(number) = &rendered.customer {
        let viewed = viewed.team(id).subject(AuditSubjectKind::Team, id.0).term(number.as_str());
        viewed.write_view(&state.db, state.clock.now()).await;
    }
    Ok(HttpResponse::Ok().json(Page { items: rendered.templates, next_cursor: None }))
}
