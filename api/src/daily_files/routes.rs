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
    desk::Desk,
    error::ApiError,
    idempotency::{Once, routes::Keyed},
    paging::{PageQuery, decode, encode, limit, page},
    teams,
};

/// How a file is uploaded.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Uses the file although it replaces most customers.
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
#[expect(dead_code, reason = "only described: the form is read as it comes in")]
pub struct FileForm {
    /// The CSV file.
    #[schema(format = Binary)]
    file: String,
}

/// The team's daily files, newest first: the current one and those that can be restored.
#[utoipa::path(get, path = "/api/v1/teams/{id}/daily_files", operation_id = "list_daily_files", tag = "daily files",
    params(("id" = i64, Path, description = "The team"), PageQuery),
    responses((status = 200, body = Page<DailyFile>),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_daily_files(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (id, limit, before) = (id.into_inner(), limit(query.limit)?, decode::<i64>(query.cursor.as_deref())?);
    let found = desk
        .db
        .read(move |conn| {
            teams::queries::require(conn, &caller.scope, id)?;
            Ok::<_, ApiError>(queries::list(conn, id, before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode(&last.id.0))))
}

/// Uploads a file of customers, as a whole or not at all. Then it is the team's current file.
///
/// CSV with a header; UTF-8 or Windows-1252; with commas, semicolons or tabs, or what a first line `sep=` names. It has a
/// column for the reference, one for the name and one for the number, found by their usual names or by the team's column
/// mapping; all others are key data, which may hold line breaks within quotes. Rows with a fault are listed and left out;
/// the first 10,000 of them can be downloaded. A ref on several lines is listed in `duplicates`; its first line for each
/// number is accepted. With `preview=true` the answer is 200 with the difference, and nothing changes. A file that drops
/// more than half of the current customers, has less than half of the rows, or consists mostly of new customers takes
/// `confirm=true`. At most 512 MiB.
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
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    query: web::Query<ImportQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let team = id.into_inner();
    let scope = caller.scope.clone();
    desk.db.read(move |conn| teams::queries::require(conn, &scope, team)).await?;
    check_length(&request)?;
    let by = caller.name().to_owned();
    let order = Order { scope: caller.scope.clone(), team, by, confirmed: query.confirm };
    if query.preview {
        return preview(&desk, order, &request, payload).await;
    }
    let keyed = Keyed::of(&desk, &request, &caller)?;
    let is_repeated = keyed.is_known(&desk.db).await?;
    let (pieces, mut incoming) = mpsc::channel(8);
    let (answer, mut answered) = oneshot::channel();
    let (files, db) = (Arc::clone(&desk.daily_files), desk.db.clone());
    let fingerprint = Fingerprint::default();
    let fed = feed(&desk.clock, &request, payload, pieces, &fingerprint);
    let seen = fingerprint.clone();
    // On its own, so that what was begun is given up in order when the connection is lost.
    tokio::spawn(async move {
        let import = async {
            if is_repeated {
                // The file is not brought in again, but whether it is the same one shows at its end.
                while incoming.recv().await.is_some() {}
                return keyed.once(&seen.read())?.before(&db).await?.ok_or_else(in_vain);
            }
            let progress = Arc::new(Progress::default());
            let imported = files.import(order, incoming, progress, || !answer.is_closed()).await?;
            keyed.once(&seen.read())?.keep(&db, &imported).await
        };
        let outcome = import.await;
        let _ = answer.send(outcome);
    });
    let outcome = tokio::select! {
        // What is refused early is answered early.
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
    desk: &Desk,
    order: Order,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (pieces, incoming) = mpsc::channel(8);
    let fingerprint = Fingerprint::default();
    let fed = feed(&desk.clock, request, payload, pieces, &fingerprint);
    let files = Arc::clone(&desk.daily_files);
    // In its own task, so that the claim is released when the connection is lost.
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

/// The kept answer has run out while the file came in.
fn in_vain() -> ApiError {
    ApiError::new(ErrorCode::Busy, "Send the file once more.").retry_after(1)
}

/// Makes an earlier file the current one again.
#[utoipa::path(post, path = "/api/v1/teams/{id}/daily_files/{file_id}/restore", operation_id = "restore_daily_file",
    tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ("file_id" = i64, Path, description = "The daily file")),
    responses((status = 201, body = ImportedFile), (status = 401, body = Problem),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn restore_daily_file(
    desk: web::Data<Desk>,
    caller: Caller,
    ids: web::Path<(TeamId, DailyFileId)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (team, file) = ids.into_inner();
    let once = Once::of(&desk, &request, &caller, &())?;
    if let Some(answered) = once.before(&desk.db).await? {
        return Ok(answered.created());
    }
    let restored = desk.daily_files.restore(caller.scope, team, file).await?;
    Ok(once.keep(&desk.db, &restored).await?.created())
}

/// The rows of a file that were not taken, as a CSV file; the first 10,000 of them.
#[utoipa::path(get, path = "/api/v1/teams/{id}/daily_files/{file_id}/rejected", operation_id = "get_rejected_rows",
    tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ("file_id" = i64, Path, description = "The daily file")),
    responses((status = 200, body = String, content_type = "text/csv",
            example = "line,column,value,reason\r\n7,Mobile,call me,This is not a phone number.\r\n"),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_rejected_rows(
    desk: web::Data<Desk>,
    caller: Caller,
    ids: web::Path<(TeamId, DailyFileId)>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (team, file) = ids.into_inner();
    let csv = desk.db.read(move |conn| rejected::csv(conn, &caller.scope, team, file)).await?;
    let name = DispositionParam::Filename(format!("rejected-rows-{file}.csv"));
    let attachment = ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] };
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(attachment).body(csv))
}

/// Which columns of the team's files hold what. What is not mapped is found by its usual names.
#[utoipa::path(get, path = "/api/v1/teams/{id}/column_mapping", operation_id = "get_column_mapping",
    tag = "daily files", params(("id" = i64, Path, description = "The team")),
    responses((status = 200, body = ColumnMapping), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_column_mapping(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let found = desk.db.read(move |conn| mapping::find(conn, &caller.scope, id)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Saves which columns of the team's files hold what.
#[utoipa::path(put, path = "/api/v1/teams/{id}/column_mapping", operation_id = "update_column_mapping",
    tag = "daily files", params(("id" = i64, Path, description = "The team")),
    request_body(content = ColumnMapping, example = json!({"ref": "Policy", "name": null, "number": "Second phone"})),
    responses((status = 200, body = ColumnMapping), (status = 400, description = "`invalid_body`", body = Problem),
        (status = 401, body = Problem), (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, body = Problem), (status = 422, description = "`validation_failed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_column_mapping(
    desk: web::Data<Desk>,
    caller: Caller,
    id: web::Path<TeamId>,
    given: Body<ColumnMapping>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let id = id.into_inner();
    let saved = desk.db.write(move |conn| mapping::update(conn, &caller.scope, id, &given)).await?;
    Ok(HttpResponse::Ok().json(saved))
}
