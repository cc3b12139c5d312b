//! `/consents`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, PhoneNumber, Problem,
    account::Permission,
    consent::{Consent, NewConsent, NewOptOut},
    conversation::ConversationDetail,
    ids::{ConsentId, ConversationId, TeamId},
};
use utoipa::IntoParams;

use super::{flagged, queries, record};
use crate::{
    auth::{Caller, TeamScope},
    body::Body,
    conversations::detail::detail,
    db::DbConnection,
    desk::Desk,
    error::ApiError,
    idempotency::Once,
    numbers,
    paging::{decode, encode, limit, page},
    teams,
};

/// Whose consent.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsentsQuery {
    /// A customer's number, in any usual format of the team's region (of the caller's first team when none is named);
    /// all numbers when left out.
    #[param(example = "+447700900123")]
    number: Option<String>,
    /// Only about this team's numbers.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// How many, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The consent ledger of the caller's teams, newest first.
#[utoipa::path(get, path = "/api/v1/consents", operation_id = "list_consents", tag = "consents",
    params(ConsentsQuery),
    responses((status = 200, body = Page<Consent>),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem),
        (status = 401, body = Problem), (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 422, description = "`invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_consents(
    desk: web::Data<Desk>,
    caller: Caller,
    query: web::Query<ConsentsQuery>,
) -> Result<HttpResponse, ApiError> {
    let ConsentsQuery { number, team_id, limit: given, cursor } = query.into_inner();
    let limit = limit(given)?;
    let before: Option<ConsentId> = decode(cursor.as_deref())?;
    let found = desk
        .db
        .read(move |conn| {
            let (scope, ours, region) = narrowed(conn, &caller, team_id)?;
            let typed = number.as_deref().filter(|typed| !typed.trim().is_empty());
            let number = typed
                .map(|typed| numbers::known::field(conn, &ours, "number", typed, &region))
                .transpose()?;
            Ok::<_, ApiError>(queries::list(conn, &scope, number.as_ref(), before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode(&last.id))))
}

/// The scope, or one team of it, its teams' numbers, and the region in which a local number is read.
fn narrowed(
    conn: &mut DbConnection,
    caller: &Caller,
    team: Option<TeamId>,
) -> Result<(TeamScope, Vec<PhoneNumber>, String), ApiError> {
    match team {
        Some(id) => {
            let found = teams::queries::team(conn, &caller.scope, id)?;
            let team = found.ok_or_else(|| ApiError::not_found("team").about_team_id())?;
            Ok((TeamScope::Only(vec![id]), team.numbers, team.region))
        }
        None => {
            let teams = teams::queries::teams(conn, &caller.scope)?;
            let region = teams.first().map(|team| team.region.clone()).unwrap_or_default();
            let numbers = teams.into_iter().flat_map(|team| team.numbers).collect();
            Ok((caller.scope.clone(), numbers, region))
        }
    }
}

/// Records by hand that a number has opted out, or in again.
#[utoipa::path(post, path = "/api/v1/consents", operation_id = "create_consent", tag = "consents",
    request_body(content = NewConsent, example = json!({"team_number": "+447700900001", "number": "07700 900123",
        "state": "opted_in", "note": "Asked us by phone to text again."})),
    responses((status = 201, body = Consent), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a number of a team of the caller", body = Problem),
        (status = 422, description = "`validation_failed`, `invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_consent(
    desk: web::Data<Desk>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewConsent>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = Once::of(&desk, &request, &caller, &*new)?;
    let (by, now) = (caller.sender(), desk.clock.now());
    let made = desk
        .db
        .write(move |conn| once.run(conn, |conn| record::by_hand(conn, &caller.scope, &new, &by, now)))
        .await?;
    desk.committed();
    Ok(made.created())
}

/// Opts a conversation's customer out of its team number, because they asked for it in their own words.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/opt_out", operation_id = "create_opt_out", tag = "consents",
    params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewOptOut, example = json!({"note": "Asked us by phone to stop."})),
    responses((status = 201, description = "Recorded", body = ConversationDetail),
        (status = 400, description = "`invalid_body`", body = Problem), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a conversation of the caller's teams, or its number is another team's now",
            body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_opt_out(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<ConversationId>,
    request: HttpRequest,
    new: Body<NewOptOut>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let once = Once::of(&desk, &request, &caller, &*new)?;
    let (id, now) = (id.into_inner(), desk.clock.now());
    let made = desk
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                flagged::opt_out(conn, &caller.scope, id, &new, &caller.sender(), now)?;
                detail(conn, &caller, id)
            })
        })
        .await?;
    desk.committed();
    Ok(made.created())
}
