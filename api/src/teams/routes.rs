//! `/teams`, with their numbers and members.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    ErrorCode, Page, PhoneNumber, Problem,
    account::Permission,
    ids::{AccountId, TeamId},
    team::{NewTeam, NewTeamNumber, TeamDetail, TeamSummary},
};
use utoipa::IntoParams;

use super::{change, queries};
use crate::{
    accounts::authority::Authority,
    auth::{Caller, security_log::SecurityEvent},
    body::Body,
    desk::Desk,
    error::ApiError,
    idempotency::Once,
    paging::{PageQuery, limit, of_short_list},
};

/// The caller's teams, by name; for an admin, all.
#[utoipa::path(get, path = "/api/v1/teams", operation_id = "list_teams", tag = "teams", params(PageQuery),
    responses((status = 200, body = Page<TeamSummary>),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_teams(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let limit = limit(query.limit)?;
    let teams = desk.db.read(move |conn| queries::teams(conn, &caller.scope)).await?;
    Ok(HttpResponse::Ok().json(of_short_list(teams, limit, query.cursor.as_deref(), |team| team.id.0)?))
}

/// Makes a team.
#[utoipa::path(post, path = "/api/v1/teams", operation_id = "create_team", tag = "teams",
    request_body(content = NewTeam, example = json!({"name": "Sales", "region": "GB", "time_zone": "Europe/London"})),
    responses((status = 201, body = TeamDetail), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_team(
    desk: web::Data<Desk>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewTeam>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = Once::of(&desk, &request, &caller, &*new)?;
    let (authority, by, now) = (Authority::from(&caller), caller.account_id(), desk.clock.now());
    let made = desk
        .db
        .write(move |conn| once.run(conn, |conn| change::create(conn, &authority, by, &new, now)))
        .await?;
    desk.numbers_changed().await;
    Ok(made.created())
}

/// One team with its members.
#[utoipa::path(get, path = "/api/v1/teams/{id}", operation_id = "get_team", tag = "teams",
    params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = TeamDetail), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`", body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_team(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let id = id.into_inner();
    let found = desk.db.read(move |conn| change::detail(conn, &caller.scope, id)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Changes a team's name, region, time zone and answer to HELP.
#[utoipa::path(put, path = "/api/v1/teams/{id}", operation_id = "update_team", tag = "teams",
    params(("id" = i64, Path, description = "The team")),
    request_body(content = NewTeam, example = json!({"name": "Sales", "region": "GB", "time_zone": "Europe/London",
        "help_reply": "Example Ltd. Call 0800 496 0123. Text STOP to opt out."})),
    responses((status = 200, body = TeamDetail), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 409, description = "`already_exists`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_team(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    new: Body<NewTeam>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, now) = (id.into_inner(), desk.clock.now());
    let changed = desk.db.write(move |conn| change::update(conn, &caller.scope, id, &new, now)).await?;
    desk.numbers_changed().await;
    Ok(HttpResponse::Ok().json(changed))
}

/// Gives a team a number, in any usual format of its region.
#[utoipa::path(post, path = "/api/v1/teams/{id}/numbers", operation_id = "create_team_number", tag = "teams",
    params(("id" = i64, Path, description = "The team")),
    request_body(content = NewTeamNumber, example = json!({"number": "07700 900005"})),
    responses((status = 201, body = TeamDetail), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 409, description = "`already_exists`", body = Problem),
        (status = 422, description = "`invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_team_number(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    request: HttpRequest,
    new: Body<NewTeamNumber>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = Once::of(&desk, &request, &caller, &*new)?;
    let (id, now) = (id.into_inner(), desk.clock.now());
    let changed = desk
        .db
        .write(move |conn| {
            once.run(conn, |conn| change::add_number(conn, &caller.scope, id, &new.number, now))
        })
        .await?;
    desk.numbers_changed().await;
    Ok(changed.created())
}

/// Which number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TeamNumberQuery {
    /// The number, E.164; it can also stand in a JSON body.
    #[param(value_type = Option<String>, example = "+447700900005")]
    number: Option<PhoneNumber>,
}

/// Takes a number from a team, unless conversations on it are in progress or await a reply.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/numbers", operation_id = "delete_team_number", tag = "teams",
    params(("id" = i64, Path, description = "The team"), TeamNumberQuery),
    responses((status = 204, description = "Taken"), (status = 400, description = "`invalid_query`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 409, description = "`number_in_use`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_team_number(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<TeamNumberQuery>,
    body: Option<web::Json<TeamNumberQuery>>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let given = query.into_inner().number.or(body.and_then(|body| body.into_inner().number));
    let number = given.ok_or_else(|| {
        let message = "Say which number: ?number=%2B447700900005";
        ApiError::field(ErrorCode::InvalidQuery, "number", "required", message)
    })?;
    let (id, now) = (id.into_inner(), desk.clock.now());
    desk.db.write(move |conn| change::remove_number(conn, &caller.scope, id, &number, now)).await?;
    desk.numbers_changed().await;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes an account a member of a team.
#[utoipa::path(put, path = "/api/v1/teams/{id}/members/{account_id}", operation_id = "update_team_member",
    tag = "teams",
    params(("id" = i64, Path, description = "The team"), ("account_id" = i64, Path, description = "The account")),
    responses((status = 204, description = "It is a member"), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_team_member(
    desk: web::Data<Desk>,
    caller: Caller,
    ids: web::Path<(TeamId, AccountId)>,
) -> Result<HttpResponse, ApiError> {
    set_member(&desk, &caller, ids.into_inner(), true).await
}

/// Takes an account out of a team.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/members/{account_id}", operation_id = "delete_team_member",
    tag = "teams",
    params(("id" = i64, Path, description = "The team"), ("account_id" = i64, Path, description = "The account")),
    responses((status = 204, description = "It is no member"), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_team_member(
    desk: web::Data<Desk>,
    caller: Caller,
    ids: web::Path<(TeamId, AccountId)>,
) -> Result<HttpResponse, ApiError> {
    set_member(&desk, &caller, ids.into_inner(), false).await
}

async fn set_member(
    desk: &Desk,
    caller: &Caller,
    (team, account): (TeamId, AccountId),
    belongs: bool,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (authority, now) = (Authority::from(caller), desk.clock.now());
    desk.db.write(move |conn| change::set_member(conn, &authority, team, account, belongs, now)).await?;
    let event = SecurityEvent::new(if belongs { "team_member_added" } else { "team_member_removed" });
    event.account(account).by(caller).detail(format!("team={team}")).log();
    desk.committed();
    Ok(HttpResponse::NoContent().finish())
}
