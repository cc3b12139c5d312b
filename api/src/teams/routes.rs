//! `/teams`, with their numbers and members.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    ErrorCode, Page, PhoneNumber, Problem,
    account::{AccountName, Permission},
    audit_entry::{AuditAction, AuditSubjectKind},
    ids::{AccountId, TeamId},
    team::{NewTeam, NewTeamNumber, TeamDetail, TeamSummary},
};
use utoipa::IntoParams;

use super::{
    change::{self, CreateTeamError, UpdateTeamError},
    members::{self, MembershipError},
    numbers::{self, AddNumberError, RemoveNumberError},
    queries,
};
use crate::{
    auth::{Authority, Caller, audit_log::AuditEvent},
    body::Body,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{PageQuery, of_short_list, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
};

/// Lists the caller's teams by name. An admin gets all teams.
#[utoipa::path(get, path = "/api/v1/teams", operation_id = "list_teams", tag = "teams", params(PageQuery),
    responses((status = 200, body = Page<TeamSummary>), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_teams(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let limit = page_size(query.limit)?;
    let teams = state.db.read(move |conn| queries::teams(conn, &caller.scope)).await?;
    Ok(HttpResponse::Ok().json(of_short_list(teams, limit, query.cursor.as_deref(), |team| team.id.0)?))
}

/// Creates a team.
#[utoipa::path(post, path = "/api/v1/teams", operation_id = "create_team", tag = "teams",
    request_body(content = NewTeam, example = json!({"name": "Sales", "region": "GB", "time_zone": "Europe/London"})),
    responses((status = 201, body = TeamDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_team(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewTeam>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (authority, by, now) = (Authority::from(&caller), caller.account_id(), state.clock.now());
    let made = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                let created = change::create(conn, &authority, by, &new, now)?;
                about(AuditAction::TeamCreated, &caller, &created).record(conn, now)?;
                Ok::<_, CreateTeamError>(created)
            })
        })
        .await?;
    state.numbers_changed().await;
    Ok(made.created())
}

/// One team with its members.
#[utoipa::path(get, path = "/api/v1/teams/{id}", operation_id = "get_team", tag = "teams",
    params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = TeamDetail), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_team(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let id = id.into_inner();
    let found = state.db.read(move |conn| change::detail(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// The enabled members of a team, by name, whom a note can mention.
#[utoipa::path(get, path = "/api/v1/teams/{id}/colleagues", operation_id = "list_colleagues", tag = "teams",
    params(("id" = i64, Path, description = "The team"), PageQuery),
    responses((status = 200, body = Page<AccountName>)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_colleagues(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, limit) = (id.into_inner(), page_size(query.limit)?);
    let colleagues = state.db.read(move |conn| members::colleagues(conn, &caller.scope, id)).await?;
    Ok(HttpResponse::Ok()
        .json(of_short_list(colleagues, limit, query.cursor.as_deref(), |found| found.id.0)?))
}

/// Changes a team's name, region, time zone and answer to HELP.
#[utoipa::path(put, path = "/api/v1/teams/{id}", operation_id = "update_team", tag = "teams",
    params(("id" = i64, Path, description = "The team"), ConditionalChange),
    request_body(content = NewTeam, example = json!({"name": "Sales", "region": "GB", "time_zone": "Europe/London",
        "help_reply": "Example Ltd. Call 0800 496 0123. Text STOP to opt out."})),
    responses((status = 200, body = TeamDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_team(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    expected: Expected,
    new: Body<NewTeam>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let changed = state
        .db
        .write(move |conn| {
            let changed = change::update(conn, &caller.scope, id, &expected, &new, now)?;
            about(AuditAction::TeamChanged, &caller, &changed).record(conn, now)?;
            Ok::<_, UpdateTeamError>(changed)
        })
        .await?;
    state.numbers_changed().await;
    Ok(precondition::routes::versioned(&changed))
}

/// Adds a number to a team. Any usual format of the team's region is accepted.
#[utoipa::path(post, path = "/api/v1/teams/{id}/numbers", operation_id = "create_team_number", tag = "teams",
    params(("id" = i64, Path, description = "The team")),
    request_body(content = NewTeamNumber, example = json!({"number": "07700 900005"})),
    responses((status = 201, body = TeamDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem),
        (status = 422, description = "`invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_team_number(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    request: HttpRequest,
    new: Body<NewTeamNumber>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let changed = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                let changed = numbers::add(conn, &caller.scope, id, &new.number, now)?;
                let event = about(AuditAction::TeamNumberAdded, &caller, &changed);
                event.detail("number", &new.number).record(conn, now)?;
                Ok::<_, AddNumberError>(changed)
            })
        })
        .await?;
    state.numbers_changed().await;
    Ok(changed.created())
}

/// The number to remove.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TeamNumberQuery {
    /// The number in E.164.
    #[param(value_type = String, required = true, pattern = r"^\+[1-9][0-9]{6,14}$", example = "+447700900005")]
    number: Option<PhoneNumber>,
}

/// Removes a number from a team, unless it has conversations that are in progress or await a reply.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/numbers", operation_id = "delete_team_number", tag = "teams",
    params(("id" = i64, Path, description = "The team"), TeamNumberQuery),
    responses((status = 204, description = "Removed"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`number_in_use`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_team_number(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<TeamNumberQuery>,
    body: Option<web::Json<TeamNumberQuery>>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let given = query.into_inner().number.or(body.and_then(|body| body.into_inner().number));
    let number = given.ok_or_else(|| {
        let message = "Name the number to remove, e.g. ?number=%2B447700900005.";
        ApiError::field(ErrorCode::InvalidQuery, "number", "required", message)
    })?;
    let (id, now) = (id.into_inner(), state.clock.now());
    state
        .db
        .write(move |conn| {
            let changed = numbers::remove(conn, &caller.scope, id, &number, now)?;
            let event = about(AuditAction::TeamNumberRemoved, &caller, &changed);
            event.detail("number", number).record(conn, now)?;
            Ok::<_, RemoveNumberError>(())
        })
        .await?;
    state.numbers_changed().await;
    Ok(HttpResponse::NoContent().finish())
}

/// Adds an account to a team.
#[utoipa::path(put, path = "/api/v1/teams/{id}/members/{account_id}", operation_id = "update_team_member",
    tag = "teams",
    params(("id" = i64, Path, description = "The team"), ("account_id" = i64, Path, description = "The account")),
    responses((status = 204, description = "The account is a member"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_team_member(
    state: web::Data<AppState>,
    caller: Caller,
    ids: web::Path<(TeamId, AccountId)>,
) -> Result<HttpResponse, ApiError> {
    set_member(&state, &caller, ids.into_inner(), true).await
}

/// Removes an account from a team.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/members/{account_id}", operation_id = "delete_team_member",
    tag = "teams",
    params(("id" = i64, Path, description = "The team"), ("account_id" = i64, Path, description = "The account")),
    responses((status = 204, description = "The account is not a member"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_team_member(
    state: web::Data<AppState>,
    caller: Caller,
    ids: web::Path<(TeamId, AccountId)>,
) -> Result<HttpResponse, ApiError> {
    set_member(&state, &caller, ids.into_inner(), false).await
}

/// Starts an entry of the audit log about a team.
fn about(action: AuditAction, caller: &Caller, team: &TeamDetail) -> AuditEvent {
    AuditEvent::new(action, caller).team(team.id).subject(AuditSubjectKind::Team, team.id.0).label(&team.name)
}

async fn set_member(
    state: &AppState,
    caller: &Caller,
    (team, account): (TeamId, AccountId),
    belongs: bool,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (authority, now) = (Authority::from(caller), state.clock.now());
    let action = if belongs { AuditAction::TeamMemberAdded } else { AuditAction::TeamMemberRemoved };
    let event = AuditEvent::new(action, caller).team(team).subject(AuditSubjectKind::Account, account.0);
    state
        .db
        .write(move |conn| {
            let member = members::set_member(conn, &authority, team, account, belongs, now)?;
            event.label(&member.display_name).record(conn, now)?;
            Ok::<_, MembershipError>(())
        })
        .await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}
