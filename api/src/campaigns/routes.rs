//! `/campaigns`. Sending to many customers at once needs two permissions: `ad_hoc` and `manage_team`.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes},
};
use futures_util::TryStreamExt;
use serde::Deserialize;
use shared::{
    Page, Problem,
    account::Permission,
    audit_entry::{AuditAction, AuditSubjectKind},
    campaign::{Campaign, CampaignChange, CampaignPreview, CampaignStateChange},
    ids::{CampaignId, TeamId},
};
use utoipa::IntoParams;

use super::{
    change::{self, ChangeError},
    preview, queries, results, upload,
};
use crate::{
    auth::{Caller, MissingPermission, audit_log::AuditEvent},
    body::Body,
    daily_files::upload::{
        Upload, receive,
        routes::{FileForm, answer_expired, file},
    },
    db::Db,
    error::ApiError,
    idempotency::{Answer, routes::UnreadRequest},
    paging::{decode_cursor, encode_cursor, page, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    row_stream::{FileFormat, routes::attachment, rows},
    state::AppState,
    teams,
};

fn require(caller: &Caller) -> Result<(), MissingPermission> {
    caller.require(Permission::AdHoc)?;
    caller.require(Permission::ManageTeam)
}

/// Filters of the list of campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignsQuery {
    /// Only the campaigns of this team.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// Lists the campaigns of the caller's teams, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns", operation_id = "list_campaigns", tag = "campaigns",
    params(CampaignsQuery),
    responses((status = 200, body = Page<Campaign>),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_campaigns(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<CampaignsQuery>,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let CampaignsQuery { team_id, limit, cursor } = query.into_inner();
    let (limit, before) = (page_size(limit)?, decode_cursor::<i64>(cursor.as_deref())?);
    let found = state
        .db
        .read(move |conn| {
            let scope = teams::queries::narrow_scope(conn, &caller.scope, team_id)?;
            Ok::<_, ApiError>(queries::list(conn, &scope, before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id.0))))
}

/// The name of a new campaign.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NewCampaignQuery {
    /// The name, 1 to 100 characters.
    name: String,
}

/// Makes a campaign from a CSV file with a row for each message. It is a draft until it is started.
///
/// The file is read like a daily file, with the team's column mapping: it needs columns for the number, the reference and
/// the name. All columns are placeholders of the text. Rows that cannot be used are counted, and are in the results. A
/// campaign has at most 200,000 rows.
#[utoipa::path(post, path = "/api/v1/teams/{id}/campaigns", operation_id = "create_campaign", tag = "campaigns",
    params(("id" = i64, Path, description = "The team"), NewCampaignQuery),
    request_body(content(
        (String = "text/csv", example = "Ref,Name,Mobile,Balance\nA-10021,Maria Jones,07700 900123,GBP 120.00\n"),
        (FileForm = "multipart/form-data"))),
    responses((status = 201, body = Campaign),
        (status = 400, description = "`invalid_body`, `invalid_query`", body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 422, description = "`invalid_file`, with the lines; `validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_campaign(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<NewCampaignQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let (team, scope) = (id.into_inner(), caller.scope.clone());
    state.db.read(move |conn| teams::queries::require(conn, &scope, team)).await?;
    let file = file(&request, payload)?;
    let name = query.into_inner().name;
    let event = AuditEvent::new(AuditAction::CampaignCreated, &caller).team(team);
    let order = upload::Order { scope: caller.scope.clone(), team, name, by: caller.sender(), event };
    let unread = UnreadRequest::of(&state, &request, &caller)?;
    let (db, now) = (state.db.clone(), state.clock.now());
    let created = receive(&state.clock, file, |upload| create(db, order, unread, upload, now)).await?;
    Ok(created.created())
}

async fn create(
    db: Db,
    order: upload::Order,
    unread: UnreadRequest,
    upload: Upload,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Answer, ApiError> {
    let Upload { mut pieces, digest, .. } = upload;
    if unread.was_answered(&db).await? {
        // The file is not stored again, but its digest is only complete at its end.
        while pieces.recv().await.is_some() {}
        let replayed = unread.with_content(&digest.read())?.replayed(&db).await?;
        return replayed.ok_or_else(answer_expired);
    }
    let campaign = upload::create(&db, order, pieces, now).await?;
    Ok(unread.with_content(&digest.read())?.record(&db, &campaign).await?)
}

/// One campaign.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", operation_id = "get_campaign", tag = "campaigns",
    params(("id" = i64, Path, description = "The campaign")),
    responses((status = 200, body = Campaign), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_campaign(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<CampaignId>,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let id = id.into_inner();
    let found = state.db.read(move |conn| super::get(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes the name, text, number and pace of a draft.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}", operation_id = "update_campaign", tag = "campaigns",
    params(("id" = i64, Path, description = "The campaign"), ConditionalChange),
    request_body(content = CampaignChange, example = json!({"name": "Reminder of December",
        "body": "Hello {{name}}, your balance is {{Balance}}.", "pace": 60})),
    responses((status = 200, body = Campaign),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`campaign_state`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_campaign(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<CampaignId>,
    expected: Expected,
    change: Body<CampaignChange>,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let (id, change) = (id.into_inner(), change.into_inner());
    let now = state.clock.now();
    let changed = state
        .db
        .write(move |conn| {
            let changed = change::update(conn, &caller.scope, id, &expected, change)?;
            about(AuditAction::CampaignChanged, &caller, &changed).record(conn, now)?;
            Ok::<_, ChangeError>(changed)
        })
        .await?;
    Ok(precondition::routes::versioned(&changed))
}

/// Deletes a draft.
#[utoipa::path(delete, path = "/api/v1/campaigns/{id}", operation_id = "delete_campaign", tag = "campaigns",
    params(("id" = i64, Path, description = "The campaign"), ConditionalChange),
    responses((status = 204, description = "Deleted"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`campaign_state`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_campaign(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<CampaignId>,
    expected: Expected,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    state
        .db
        .write(move |conn| {
            let deleted = change::delete(conn, &caller.scope, id, &expected)?;
            about(AuditAction::CampaignDeleted, &caller, &deleted).record(conn, now)?;
            Ok::<_, ChangeError>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the campaign would send with its stored text: the number of parts, the first texts, and the rows that would be
/// refused.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/preview", operation_id = "get_campaign_preview", tag = "campaigns",
    params(("id" = i64, Path, description = "The campaign")),
    responses((status = 200, body = CampaignPreview),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_campaign_preview(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<CampaignId>,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let preview = preview::preview(&state.db, &state.auth, caller.scope, id.into_inner()).await?;
    Ok(HttpResponse::Ok().json(preview))
}

/// Starts, pauses, resumes or cancels a campaign. With `If-Match`, only the text, number and pace that the caller has read
/// are sent.
///
/// A running campaign goes on after a restart of the server, at its pace. Each row is checked like an ad-hoc message when
/// its turn comes. A campaign pauses by itself, with `pause_reason`, when no row can be sent, for example because the number
/// no longer belongs to the team.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}/state", operation_id = "update_campaign_state", tag = "campaigns",
    params(("id" = i64, Path, description = "The campaign"), ConditionalChange),
    request_body(content = CampaignStateChange, example = json!({"action": "run"})),
    responses((status = 200, body = Campaign),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`campaign_state`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_campaign_state(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<CampaignId>,
    expected: Expected,
    change: Body<CampaignStateChange>,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let (id, change, now) = (id.into_inner(), change.into_inner(), state.clock.now());
    let changed = state
        .db
        .write(move |conn| {
            let (campaign, is_changed) = change::set_state(conn, &caller.scope, id, &expected, &change, now)?;
            if is_changed {
                about(AuditAction::CampaignStateChanged, &caller, &campaign)
                    .detail("action", change.action)
                    .record(conn, now)?;
            }
            Ok::<_, ChangeError>(campaign)
        })
        .await?;
    Ok(precondition::routes::versioned(&changed))
}

/// The format of the results.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResultsQuery {
    /// The format of the file; `csv` when left out.
    #[param(inline)]
    format: Option<FileFormat>,
}

/// The result of each row of the file, in file order: `rejected` for a row that cannot be used, `refused` with the code
/// that `POST /conversations` has for it, `waiting`, `not_sent` after the campaign was cancelled, or else the status of its
/// message with the gateway's error.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/results", operation_id = "get_campaign_results", tag = "campaigns",
    params(("id" = i64, Path, description = "The campaign"), ResultsQuery),
    responses((status = 200, description = "The rows",
            content((String = "text/csv", example = "line,number,ref,name,result\r\n2,+447700900123,A-1,Jo,sent\r\n"),
                (String = "application/x-ndjson", example = "{\"line\":2,\"result\":\"sent\"}\n")),
            headers(("Content-Disposition" = String, description = "`attachment`, with a file name"))),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_campaign_results(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<CampaignId>,
    query: web::Query<ResultsQuery>,
) -> Result<HttpResponse, ApiError> {
    require(&caller)?;
    let (id, format) = (id.into_inner(), query.format.unwrap_or(FileFormat::Csv));
    let scope = caller.scope.clone();
    let campaign = state.db.read(move |conn| super::get(conn, &scope, id)).await?;
    about(AuditAction::DataExported, &caller, &campaign).write(&state.db, state.clock.now()).await;
    let auth = Arc::clone(&state.auth);
    let read = move |conn: &mut _, after: Option<&_>| results::slice(conn, &auth.keys, &campaign, after);
    let file = rows(state.db.clone(), format, read).await?;
    Ok(attachment(&format!("campaign-{id}"), format).streaming(file.map_ok(Bytes::from)))
}

/// Starts an entry of the audit log about a campaign.
fn about(action: AuditAction, caller: &Caller, campaign: &Campaign) -> AuditEvent {
    AuditEvent::new(action, caller)
        .team(campaign.team_id)
        .subject(AuditSubjectKind::Campaign, campaign.id.0)
        .label(&campaign.name)
}
