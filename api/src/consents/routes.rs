//! `/consents`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    Page, PhoneNumber, Problem,
    account::Permission,
    audit_entry::{AuditAction, AuditSubjectKind},
    consent::{Consent, ConsentState, NewConsent, NewOptOut},
    conversation::ConversationDetail,
    ids::{ConsentId, ConversationId, TeamId},
};
use utoipa::IntoParams;

use super::queries;
use crate::{
    auth::{Caller, LookupError, NotFound, TeamScope, audit_log::AuditEvent},
    body::Body,
    conversations::{
        consent::{self, ManualConsentError},
        detail::detail,
        known_number, opt_out,
    },
    db::DbConnection,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{decode_cursor, encode_cursor, page, page_size},
    state::AppState,
    teams,
};

/// Filters of the consent ledger.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsentsQuery {
    /// A customer's number, in any usual format of the team's region (without `team_id`, of the caller's first team).
    /// Without it, all numbers.
    #[param(example = "+447700900123")]
    number: Option<String>,
    /// Only entries about this team's numbers.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// The consent ledger of the caller's teams, newest first.
#[utoipa::path(get, path = "/api/v1/consents", operation_id = "list_consents", tag = "consents",
    params(ConsentsQuery),
    responses((status = 200, body = Page<Consent>),
        (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 422, description = "`invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_consents(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ConsentsQuery>,
) -> Result<HttpResponse, ApiError> {
    let ConsentsQuery { number, team_id, limit: given, cursor } = query.into_inner();
    let limit = page_size(given)?;
    let before: Option<ConsentId> = decode_cursor(cursor.as_deref())?;
    let found = state
        .db
        .read(move |conn| {
            let (scope, team_numbers, region) = narrow_scope(conn, &caller, team_id)?;
            let typed = number.as_deref().filter(|typed| !typed.trim().is_empty());
            let number = typed
                .map(|typed| known_number::field(conn, &team_numbers, "number", typed, &region))
                .transpose()?;
            Ok::<_, ApiError>(queries::list(conn, &scope, number.as_ref(), before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id))))
}

/// Returns the caller's scope, or only `team`, with the team numbers in it and the region for parsing local numbers.
fn narrow_scope(
    conn: &mut DbConnection,
    caller: &Caller,
    team: Option<TeamId>,
) -> Result<(TeamScope, Vec<PhoneNumber>, String), LookupError> {
    match team {
        Some(id) => {
            let team = teams::queries::team(conn, &caller.scope, id)?.ok_or(NotFound::team_id())?;
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

/// Records that a number has opted out, or has opted in again.
#[utoipa::path(post, path = "/api/v1/consents", operation_id = "create_consent", tag = "consents",
    request_body(content = NewConsent, example = json!({"team_number": "+447700900001", "number": "07700 900123",
        "state": "opted_in", "note": "Asked us by phone to send messages again."})),
    responses((status = 201, body = Consent),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "The team number belongs to no team of the caller", body = Problem),
        (status = 422, description = "`validation_failed`, `invalid_number`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_consent(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewConsent>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageTeam)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (by, now) = (caller.sender(), state.clock.now());
    let made = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                let consent = consent::record_manual_entry(conn, &caller.scope, &new, &by, now)?;
                let team = teams::queries::owner(conn, &consent.team_number)?;
                AuditEvent::new(AuditAction::ConsentChanged, &caller)
                    .team(team)
                    .subject(AuditSubjectKind::Consent, consent.id.0)
                    .detail("state", consent.state.as_str())
                    .record(conn, now)?;
                Ok::<_, ManualConsentError>(consent)
            })
        })
        .await?;
    state.committed();
    Ok(made.created())
}

/// Opts a conversation's customer out of its team number, at the customer's request.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/opt_out", operation_id = "create_opt_out", tag = "consents",
    params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewOptOut, example = json!({"note": "Asked us by phone to stop."})),
    responses((status = 201, description = "Recorded", body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not in a team of the caller, or its number now belongs to another team",
            body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_opt_out(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    request: HttpRequest,
    new: Body<NewOptOut>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    let made = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                opt_out::opt_out(conn, &caller.scope, id, &new, &caller.sender(), now)?;
                let detail = detail(conn, &caller, id)?;
                AuditEvent::new(AuditAction::ConsentChanged, &caller)
                    .team(detail.conversation.team_id)
                    .subject(AuditSubjectKind::Conversation, id.0)
                    .detail("state", ConsentState::OptedOut.as_str())
                    .record(conn, now)?;
                Ok::<_, ApiError>(detail)
            })
        })
        .await?;
    state.committed();
    Ok(made.created())
}
