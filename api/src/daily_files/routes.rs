//! `/teams/{id}/daily_files` and `/teams/{id}/column_mapping`. An upload goes through as it comes in, and is never held.

use std::{sync::Arc, time::Duration};

use actix_multipart::Multipart;
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use shared::{
    ErrorCode, Page, Problem,
    account::Permission,
    daily_file::{ColumnMapping, DailyFile, ImportedFile},
    ids::{DailyFileId, TeamId},
};
use tokio::sync::{mpsc, oneshot};
use utoipa::{IntoParams, ToSchema};

use super::{Order, Piece, Progress, UPLOAD_LIMIT, mapping, queries, rejected};
use crate::{
    auth::Caller,
    body::Body,
    desk::Desk,
    error::ApiError,
    paging::{PageQuery, decode, encode, limit, page},
};

/// How long an upload may stand still.
const PATIENCE: Duration = Duration::from_secs(60);
/// What programs and browsers call a CSV file.
const CONTENT_TYPES: [&str; 6] = [
    "text/csv",
    "application/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "application/octet-stream",
];

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
            if !caller.scope.includes(id) {
                return Err(ApiError::not_found("team"));
            }
            Ok(queries::list(conn, id, before, limit + 1)?)
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
    if !caller.scope.includes(team) {
        return Err(ApiError::not_found("team"));
    }
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > UPLOAD_LIMIT) {
        return Err(too_large());
    }
    let by = caller.name().to_owned();
    let order = Order { scope: caller.scope, team, by, confirmed: query.confirm };
    let (pieces, incoming) = mpsc::channel(8);
    let (answer, mut answered) = oneshot::channel();
    let files = Arc::clone(&desk.daily_files);
    // On its own, so that what was begun is given up in order when the connection is lost.
    tokio::spawn(async move {
        let outcome =
            files.import(order, incoming, Arc::new(Progress::default()), || !answer.is_closed()).await;
        let _ = answer.send(outcome);
    });
    let outcome = tokio::select! {
        // What is refused early is answered early.
        outcome = &mut answered => outcome,
        fed = feed(&request, payload, pieces) => {
            let outcome = answered.await;
            fed?;
            outcome
        }
    };
    let imported = outcome.map_err(|fault| ApiError::internal(&fault))??;
    Ok(HttpResponse::Created().json(imported))
}

/// Hands an upload on, piece by piece.
async fn feed(
    request: &HttpRequest,
    payload: web::Payload,
    pieces: mpsc::Sender<Piece>,
) -> Result<(), ApiError> {
    let kind = request.content_type();
    if kind.eq_ignore_ascii_case("multipart/form-data") {
        let mut form = Multipart::new(request.headers(), payload);
        while let Some(field) = next(&mut form).await? {
            let mut field = field.map_err(|error| unreadable(&error))?;
            if field.name() == Some("file") {
                return hand_on(&mut field, pieces).await;
            }
            while next(&mut field).await?.is_some() {}
        }
        let detail = "The form has no part called `file`.";
        return Err(ApiError::new(ErrorCode::InvalidBody, detail));
    }
    if CONTENT_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return hand_on(&mut payload.into_inner(), pieces).await;
    }
    let detail =
        "Send the file with Content-Type: text/csv, or as the part `file` of a form (multipart/form-data).";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail))
}

async fn hand_on<S, E>(bytes: &mut S, pieces: mpsc::Sender<Piece>) -> Result<(), ApiError>
where
    S: Stream<Item = Result<web::Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut size = 0;
    while let Some(some) = next(bytes).await? {
        let some = some.map_err(|error| unreadable(&error))?;
        size += u64::try_from(some.len()).unwrap_or(u64::MAX);
        if size > UPLOAD_LIMIT {
            return Err(too_large());
        }
        // Nobody takes it any more when the file was refused, which is then the answer.
        if pieces.send(Piece::Bytes(some.to_vec())).await.is_err() {
            return Ok(());
        }
    }
    let _ = pieces.send(Piece::End).await;
    Ok(())
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Result<Option<S::Item>, ApiError> {
    tokio::time::timeout(PATIENCE, stream.next()).await.map_err(|_| {
        let detail =
            "Nothing of the upload has come in for a minute. The file before is still the current one.";
        ApiError::new(ErrorCode::RequestTimeout, detail)
    })
}

fn unreadable(error: &impl std::fmt::Display) -> ApiError {
    let detail = format!("The upload cannot be read to its end: {error}.");
    ApiError::new(ErrorCode::InvalidBody, detail)
}

fn too_large() -> ApiError {
    let detail =
        "A daily file has at most 512 MiB here. `sms-chat import`, on the server, takes larger ones.";
    ApiError::new(ErrorCode::BodyTooLarge, detail)
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
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Import)?;
    let (team, file) = ids.into_inner();
    let restored = desk.daily_files.restore(caller.scope, team, file).await?;
    Ok(HttpResponse::Created().json(restored))
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
