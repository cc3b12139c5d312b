//! `/templates`, `/placeholders`, and the templates as they read in a conversation or to a number.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    CustomerAddress, Page, Problem,
    account::Permission,
    ids::{ConversationId, TeamId, TemplateId},
    template::{NewTemplate, Placeholder, RenderedTemplate, Template, TemplateChange},
};
use utoipa::IntoParams;

use super::{
    change, placeholders, queries,
    render::{Values, render},
};
use crate::{
    accounts::authority::Authority,
    auth::Caller,
    body::Body,
    conversations,
    customers::key_data,
    desk::Desk,
    error::ApiError,
    idempotency::Once,
    numbers,
    paging::{limit, of_short_list},
    teams,
};

/// Which templates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplatesQuery {
    /// Only those that this team can use.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Those that are not offered any more, instead of those that are.
    #[param(default = false)]
    archived: Option<bool>,
    /// How many, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The templates of the caller's teams in their order, those of all teams last.
#[utoipa::path(get, path = "/api/v1/templates", operation_id = "list_templates", tag = "templates",
    params(TemplatesQuery),
    responses((status = 200, body = Page<Template>),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem),
        (status = 401, body = Problem), (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_templates(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<TemplatesQuery>,
) -> Result<HttpResponse, ApiError> {
    let TemplatesQuery { team_id, archived, limit: given, cursor } = query.into_inner();
    let limit = limit(given)?;
    let found = desk
        .db
        .read(move |conn| {
            let scope = teams::queries::narrowed(conn, &caller.scope, team_id)?;
            Ok::<_, ApiError>(queries::list(conn, &scope, archived.unwrap_or_default())?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(of_short_list(found, limit, cursor.as_deref(), |known| known.id.0)?))
}

/// Makes a template.
#[utoipa::path(post, path = "/api/v1/templates", operation_id = "create_template", tag = "templates",
    request_body(content = NewTemplate, example = json!({"team_id": 1, "name": "Greeting",
        "body": "Hello {{name}}, this is {{agent}} of {{team}}."})),
    responses((status = 201, body = Template), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_template(
    desk: web::Data<Desk>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewTemplate>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = Once::of(&desk, &request, &caller, &*new)?;
    let (authority, now) = (Authority::from(&caller), desk.clock.now());
    let made = desk
        .db
        .write(move |conn| once.run(conn, |conn| change::create(conn, &authority, caller.name(), &new, now)))
        .await?;
    desk.committed();
    Ok(made.created())
}

/// One template, archived or not.
#[utoipa::path(get, path = "/api/v1/templates/{id}", operation_id = "get_template", tag = "templates",
    params(("id" = i64, Path, description = "The template")),
    responses((status = 200, body = Template), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_template(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TemplateId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = desk.db.read(move |conn| change::found(conn, &caller.scope, id)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Changes a template, its place among its team's, and whether it is offered.
#[utoipa::path(put, path = "/api/v1/templates/{id}", operation_id = "update_template", tag = "templates",
    params(("id" = i64, Path, description = "The template")),
    request_body(content = TemplateChange, example = json!({"name": "Greeting", "body": "Hello {{name}}.",
        "position": 0})),
    responses((status = 200, body = Template), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 409, description = "`already_exists`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_template(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TemplateId>,
    change: Body<TemplateChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), desk.clock.now());
    let changed =
        desk.db.write(move |conn| change::update(conn, &authority, caller.name(), id, &change, now)).await?;
    desk.committed();
    Ok(HttpResponse::Ok().json(changed))
}

/// Takes a template away: archived when it was ever used, so that history keeps its name, else gone.
#[utoipa::path(delete, path = "/api/v1/templates/{id}", operation_id = "delete_template", tag = "templates",
    params(("id" = i64, Path, description = "The template")),
    responses((status = 204, description = "It is not offered any more"), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_template(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TemplateId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), desk.clock.now());
    desk.db.write(move |conn| change::delete(conn, &authority, id, now)).await?;
    desk.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Whose placeholders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlaceholdersQuery {
    /// The team; all of the caller's teams together when left out.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
}

/// What templates may ask for, with what it would be for a customer of the current daily file.
#[utoipa::path(get, path = "/api/v1/placeholders", operation_id = "list_placeholders", tag = "templates",
    params(PlaceholdersQuery),
    responses((status = 200, body = Page<Placeholder>),
        (status = 400, description = "`invalid_query`", body = Problem), (status = 401, body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_placeholders(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<PlaceholdersQuery>,
) -> Result<HttpResponse, ApiError> {
    let team = query.team_id;
    let items =
        desk.db.read(move |conn| placeholders::known(conn, &caller.scope, team, caller.name())).await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}

/// For which customer.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// The ref of the customer to address, where several share the number. Without it, only the placeholders that do not
    /// depend on the customer are filled then.
    #[serde(rename = "ref")]
    #[param(rename = "ref", example = "A-10021")]
    reference: Option<String>,
}

/// The templates that can be used in a conversation, each rendered for it.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/templates", operation_id = "list_conversation_templates",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation"), CustomerQuery),
    responses((status = 200, body = Page<RenderedTemplate>), (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 422, description = "`validation_failed`: no customer with this number has this ref", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_conversation_templates(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<ConversationId>,
    query: web::Query<CustomerQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, picked) = (id.into_inner(), query.into_inner().reference);
    let items = desk
        .db
        .read(move |conn| {
            let missing = || ApiError::not_found("conversation");
            let conversation = conversations::queries::find(conn, &caller.scope, id)?.ok_or_else(missing)?;
            let team =
                teams::queries::team(conn, &caller.scope, conversation.team_id)?.ok_or_else(missing)?;
            let to = key_data::addressee(conn, &conversation, picked.as_deref())?;
            let values = Values {
                customer: to.customer.as_ref(),
                reference: conversation.reference.as_deref().filter(|_| to.keeps_names),
                name: conversation.name.as_deref().filter(|_| to.keeps_names),
                number: Some(&conversation.number),
                agent: caller.name(),
                team: &team.name,
            };
            let templates = queries::of_team(conn, team.id)?;
            Ok::<_, ApiError>(templates.into_iter().map(|template| render(template, &values)).collect())
        })
        .await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}

/// To whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TeamTemplatesQuery {
    /// The number that is about to be written to, as it was typed; what only a customer can fill is missing without.
    #[param(example = "07700 900123")]
    number: Option<String>,
    /// The ref of the customer to address, where several share the number.
    #[serde(rename = "ref")]
    #[param(rename = "ref", example = "A-10021")]
    reference: Option<String>,
}

/// The templates that a team can begin a conversation with, each rendered for a number.
#[utoipa::path(get, path = "/api/v1/teams/{id}/templates", operation_id = "list_team_templates", tag = "templates",
    params(("id" = i64, Path, description = "The team"), TeamTemplatesQuery),
    responses((status = 200, body = Page<RenderedTemplate>), (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 422, description = "`validation_failed`: no customer with this number has this ref", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_team_templates(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<TeamTemplatesQuery>,
) -> Result<HttpResponse, ApiError> {
    let TeamTemplatesQuery { number, reference: picked } = query.into_inner();
    let (id, typed) = (id.into_inner(), number.unwrap_or_default());
    let items = desk
        .db
        .read(move |conn| {
            let found = teams::queries::team(conn, &caller.scope, id)?;
            let team = found.ok_or_else(|| ApiError::not_found("team"))?;
            // While a number is being typed it is none; then the templates are rendered without.
            let number = numbers::known::read(conn, &team.numbers, &typed, &team.region)?.ok();
            let customer = match &number {
                Some(number) => key_data::customer_at(conn, team.id, number, picked.as_deref())?,
                None => None,
            };
            let number = number.as_ref().map(CustomerAddress::from);
            let values = Values {
                customer: customer.as_ref(),
                reference: None,
                name: None,
                number: number.as_ref(),
                agent: caller.name(),
                team: &team.name,
            };
            let templates = queries::of_team(conn, team.id)?;
            Ok::<_, ApiError>(templates.into_iter().map(|template| render(template, &values)).collect())
        })
        .await?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}
