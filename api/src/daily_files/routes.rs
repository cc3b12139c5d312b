//! `/teams/{id}/daily_files` and `/teams/{id}/column_mapping`.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
    web,
};
use serde::Deserialize;
use shared::{
    ErrorCode, Page, Problem,
    account::Permission,
    daily_file::{ColumnMapping, DailyFile, FilePreview, ImportedFile},
    ids::{DailyFileId, TeamId},
};
use tokio::sync::{mpsc, oneshot};
use utoipa::{IntoParams, ToSchema};

use super::{
    Order, Progress, mapping, queries, rejected,
    upload::routes::{Fingerprint, check_length, feed},
};
use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    idempotency::{IdempotentRequest, routes::UnreadRequest},
    paging::{PageQuery, decode_cursor, encode_cursor, page, page_size},
    state::AppState,
    teams,
};

/// Options of an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Imports the file even if it replaces most customers.
    #[serde(default)]
    #[param(default = false)]
    confirm: bool,
    /// Only compares the file with the current one, and changes nothing.
    #[serde(default)]
    #[param(default = false)]
    preview: bool,
}

/// A form with a file.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form in OpenAPI; the handler reads it as a stream")]
pub struct FileForm {
    /// The CSV file.
    #[schema(format = Binary)]
    file: String,
}

/// Lists the team's daily files, newest first: the current file and those that can be restored.
#[utoipa::path(get, path = "/api/v1/teams/{id}/daily_files", operation_id = "list_daily_files", tag = "daily files",
    params(("id" = i64, Path, description = "The team"), PageQuery),
    responses((status = 200, body = Page<DailyFile>),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, body = Problem)),
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

/// Uploads a file of customers, which becomes the team's current file.
///
/// A file has at most 512 MiB. It is CSV with a header, in UTF-8 or Windows-1252, separated by commas, semicolons or
/// tabs, or by the delimiter that a first line `sep=` names. It needs columns for the reference, the name and the
/// number, which are found by the team's column mapping, or else by their usual names. All other columns are key data;
/// their quoted values may contain line breaks. Invalid rows are left out and listed, and the first 10,000 of them can
/// be downloaded. A ref on several lines is listed in `duplicates`; its first line for each number is accepted. If the
/// file as a whole is refused, nothing changes.
///
/// With `preview=true`, the answer is 200 with the difference, and nothing changes. A file needs `confirm=true` if it
/// drops more than half of the current customers, has less than half of the current file's rows, or consists mostly of
/// new customers.
#[utoipa::path(post, path = "/api/v1/teams/{id}/daily_files", operation_id = "create_daily_file", tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ImportQuery),
    request_body(content(
        (String = "text/csv", example = "Ref,Name,Mobile,Balance\nA-10021,Maria Jones,07700 900123,GBP 120.00\n"),
        (FileForm = "multipart/form-data"))),
    responses((status = 201, body = ImportedFile),
        (status = 200, description = "With `preview=true`: what the file would change", body = FilePreview),
        (status = 400, description = "`invalid_body`, `invalid_query`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 408, description = "`request_timeout`", body = Problem),
        (status = 409, description = "`unusual_drop`, unless confirmed; `request_in_progress`", body = Problem),
        (status = 413, description = "`body_too_large`", body = Problem),
        (status = 415, description = "`unsupported_media_type`", body = Problem),
        (status = 422, description = "`invalid_file`, with the lines", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_daily_file(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<ImportQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let team = id.into_inner();
    let scope = caller.scope.clone();
    state.db.read(move |conn| teams::queries::require(conn, &scope, team)).await?;
    check_length(&request)?;
    let by = caller.name().to_owned();
    let order = Order { scope: caller.scope.clone(), team, by, confirmed: query.confirm };
    if query.preview {
        return preview(&state, order, &request, payload).await;
    }
    let unread = UnreadRequest::of(&state, &request, &caller)?;
    let is_repeated = unread.was_answered(&state.db).await?;
    let (pieces, mut incoming) = mpsc::channel(8);
    let (answer, mut answered) = oneshot::channel();
    let (files, db) = (Arc::clone(&state.daily_files), state.db.clone());
    let fingerprint = Fingerprint::default();
    let fed = feed(&state.clock, &request, payload, pieces, &fingerprint);
    let seen = fingerprint.clone();
    // A separate task, so that an interrupted import is cleaned up even if the connection is lost.
    tokio::spawn(async move {
        let import = async {
            if is_repeated {
                // The file is not imported again, but its fingerprint is only complete at its end.
                while incoming.recv().await.is_some() {}
                return unread.with_content(&seen.read())?.replayed(&db).await?.ok_or_else(answer_expired);
            }
            let progress = Arc::new(Progress::default());
            let imported = files.import(order, incoming, progress, || !answer.is_closed()).await?;
            unread.with_content(&seen.read())?.record(&db, &imported).await.map_err(ApiError::from)
        };
        let outcome = import.await;
        let _ = answer.send(outcome);
    });
    let outcome = tokio::select! {
        // A refusal is answered at once, without waiting for the rest of the upload.
        outcome = &mut answered => outcome,
        fed = fed => {
            let outcome = answered.await;
            fed?;
            outcome
        }
    };
    Ok(outcome.map_err(|fault| ApiError::internal(&fault))??.created())
}

async fn preview(
    state: &AppState,
    order: Order,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (pieces, incoming) = mpsc::channel(8);
    let fingerprint = Fingerprint::default();
    let fed = feed(&state.clock, request, payload, pieces, &fingerprint);
    let files = Arc::clone(&state.daily_files);
    // A separate task, so that the claim is released even if the connection is lost.
    let mut comparing = tokio::spawn(async move { files.preview(order, incoming, Arc::default()).await });
    let outcome = tokio::select! {
        outcome = &mut comparing => outcome,
        fed = fed => {
            let outcome = comparing.await;
            fed?;
            outcome
        }
    };
    Ok(HttpResponse::Ok().json(outcome.map_err(|fault| ApiError::internal(&fault))??))
}

/// The stored answer expired during the upload.
fn answer_expired() -> ApiError {
    let detail = "The earlier answer to this request has expired. Send the file again.";
    ApiError::new(ErrorCode::Busy, detail).retry_after(1)
}

/// Makes an earlier file the current one again.
#[utoipa::path(post, path = "/api/v1/teams/{id}/daily_files/{file_id}/restore", operation_id = "restore_daily_file",
    tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ("file_id" = i64, Path, description = "The daily file")),
    responses((status = 201, body = ImportedFile), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem), (status = 404, body = Problem)),
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
    let restored = state.daily_files.restore(caller.scope, team, file).await?;
    Ok(once.record(&state.db, &restored).await?.created())
}

/// Returns the first 10,000 rejected rows of a file as a CSV file.
#[utoipa::path(get, path = "/api/v1/teams/{id}/daily_files/{file_id}/rejected", operation_id = "get_rejected_rows",
    tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ("file_id" = i64, Path, description = "The daily file")),
    responses((status = 200, body = String, content_type = "text/csv",
            example = "line,column,value,reason\r\n7,Mobile,call me,This is not a phone number.\r\n"),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_rejected_rows(
    state: web::Data<AppState>,
    caller: Caller,
    ids: web::Path<(TeamId, DailyFileId)>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (team, file) = ids.into_inner();
    let csv = state.db.read(move |conn| rejected::csv(conn, &caller.scope, team, file)).await?;
    let name = DispositionParam::Filename(format!("rejected-rows-{file}.csv"));
    let attachment = ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] };
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(attachment).body(csv))
}

/// Returns the team's column mapping. Columns that are not mapped are found by their usual names.
#[utoipa::path(get, path = "/api/v1/teams/{id}/column_mapping", operation_id = "get_column_mapping",
    tag = "daily files", params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = ColumnMapping), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_column_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| mapping::find(conn, &caller.scope, id)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Saves the team's column mapping.
#[utoipa::path(put, path = "/api/v1/teams/{id}/column_mapping", operation_id = "update_column_mapping",
    tag = "daily files", params(("id" = i64, Path, description = "The team")),
    request_body(content = ColumnMapping, example = json!({"ref": "Policy", "name": null, "number": "Second phone"})),
    responses((status = 200, body = ColumnMapping), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_column_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<TeamId>,
    given: Body<ColumnMapping>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let id = id.into_inner();
    let saved = state.db.write(move |conn| mapping::update(conn, &caller.scope, id, &given)).await?;
    Ok(HttpResponse::Ok().json(saved))
}
