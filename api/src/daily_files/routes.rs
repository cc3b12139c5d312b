//! `/teams/{id}/daily_files` except for uploads, and `/teams/{id}/column_mapping`.

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{
    Page, Problem,
    account::Permission,
    audit_entry::{AuditAction, AuditSubjectKind},
    daily_file::{ColumnMapping, DailyFile, ImportedFile},
    ids::{DailyFileId, TeamId},
};

use super::{
    mapping::{self, MappingError},
    queries, rejected,
};
use crate::{
    auth::{Caller, audit_log::AuditEvent},
    body::Body,
    error::ApiError,
    idempotency::IdempotentRequest,
    paging::{PageQuery, decode_cursor, encode_cursor, page, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    row_stream::{FileFormat, routes::attachment},
    state::AppState,
    teams,
};

/// Lists the team's daily files, newest first: the current file and those that can be restored.
#[utoipa::path(get, path = "/api/v1/teams/{id}/daily_files", operation_id = "list_daily_files", tag = "daily files",
    params(("id" = i64, Path, description = "The team"), PageQuery),
    responses((status = 200, body = Page<DailyFile>), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_daily_files(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (id, limit, before) =
        (id.into_inner(), page_size(query.limit)?, decode_cursor::<i64>(query.cursor.as_deref())?);
    let found = state
        .db
        .read(move |conn| {
            teams::queries::require(conn, &caller.scope, id)?;
            Ok::<_, ApiError>(queries::list(conn, id, before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id.0))))
}

/// Makes an earlier file the current one again.
#[utoipa::path(post, path = "/api/v1/teams/{id}/daily_files/{file_id}/restore", operation_id = "restore_daily_file",
    tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ("file_id" = i64, Path, description = "The daily file")),
    responses((status = 201, body = ImportedFile),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn restore_daily_file(
    state: web::Data<AppState>,
    caller: Caller,
    ids: web::Path<(TeamId, DailyFileId)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (team, file) = ids.into_inner();
    let once = IdempotentRequest::of(&state, &request, &caller, &())?;
    if let Some(answered) = once.replayed(&state.db).await? {
        return Ok(answered.created());
    }
    let restored = state.daily_files.restore(caller.scope.clone(), (&caller).into(), team, file).await?;
    Ok(once.record(&state.db, &restored).await?.created())
}

/// Returns the first 10,000 rejected rows of a file as a CSV file.
#[utoipa::path(get, path = "/api/v1/teams/{id}/daily_files/{file_id}/rejected", operation_id = "get_rejected_rows",
    tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ("file_id" = i64, Path, description = "The daily file")),
    responses((status = 200, description = "The rows", body = String, content_type = "text/csv",
            headers(("Content-Disposition" = String, description = "`attachment`, with a file name")),
            example = "line,column,value,reason\r\n7,Mobile,call me,This is not a phone number.\r\n"),
        (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_rejected_rows(
    state: web::Data<AppState>,
    caller: Caller,
    ids: web::Path<(TeamId, DailyFileId)>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (team, file) = ids.into_inner();
    let viewed = AuditEvent::new(AuditAction::RejectedRowsViewed, &caller)
        .team(team)
        .subject(AuditSubjectKind::DailyFile, file.0);
    let csv = state.db.read(move |conn| rejected::csv(conn, &caller.scope, team, file)).await?;
    viewed.write(&state.db, state.clock.now()).await;
    Ok(attachment(&format!("rejected-rows-{file}"), FileFormat::Csv).body(csv))
}

/// Returns the team's column mapping. Columns that are not mapped are found by their usual names.
#[utoipa::path(get, path = "/api/v1/teams/{id}/column_mapping", operation_id = "get_column_mapping",
    tag = "daily files", params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = ColumnMapping)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_column_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| mapping::find(conn, &caller.scope, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Saves the team's column mapping.
#[utoipa::path(put, path = "/api/v1/teams/{id}/column_mapping", operation_id = "update_column_mapping",
    tag = "daily files", params(("id" = i64, Path, description = "The team"), ConditionalChange),
    request_body(content = ColumnMapping, example = json!({"ref": "Policy", "name": null, "number": "Second phone"})),
    responses((status = 200, body = ColumnMapping),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_column_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    expected: Expected,
    given: Body<ColumnMapping>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let id = id.into_inner();
    let now = state.clock.now();
    let saved = state
        .db
        .write(move |conn| {
            let saved = mapping::update(conn, &caller.scope, id, &expected, &given)?;
            let changed = AuditEvent::new(AuditAction::ColumnMappingChanged, &caller);
            changed.team(id).subject(AuditSubjectKind::Team, id.0).record(conn, now)?;
            Ok::<_, MappingError>(saved)
        })
        .await?;
    Ok(precondition::routes::versioned(&saved))
}
