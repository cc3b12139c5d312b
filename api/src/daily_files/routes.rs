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
    daily_file::{ColumnMapping, DailyFile, ImportedFile},
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

/// How a file is brought in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Whether a file with less than half of the current one's customers is meant.
    #[serde(default)]
    #[param(default = false)]
    confirm: bool,
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

/// Brings in a file of customers, whole or not at all: once it is in, it is the team's current one.
///
/// CSV with a header; UTF-8 or Windows-1252; with commas, semicolons or tabs. It has a column for the reference, one for the
/// name and one for the number, found by their usual names or by the team's column mapping; all others are key data. Rows
/// that cannot be taken are listed and left out; the first 10,000 of them can be downloaded. At most 512 MiB.
#[utoipa::path(post, path = "/api/v1/teams/{id}/daily_files", operation_id = "create_daily_file", tag = "daily files",
    params(("id" = i64, Path, description = "The team"), ImportQuery),
    request_body(content(
        (String = "text/csv", example = "Ref,Name,Mobile,Balance\nA-10021,Maria Jones,07700 900123,GBP 120.00\n"),
        (FileForm = "multipart/form-data"))),
    responses((status = 201, body = ImportedFile),
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
    let keyed = Keyed::of(&desk, &request, &caller)?;
    let is_repeated = keyed.is_known(&desk.db).await?;
    let by = caller.name().to_owned();
    let order = Order { scope: caller.scope, team, by, confirmed: query.confirm };
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
