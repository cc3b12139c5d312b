//! `POST /teams/{id}/daily_files`.

use std::sync::Arc;

use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use shared::{
    ErrorCode, Problem,
    account::Permission,
    daily_file::{FilePreview, ImportedFile},
    ids::TeamId,
};
use utoipa::{IntoParams, ToSchema};

use super::{SIZE_LIMIT, Upload, UploadError, receive};
use crate::{
    auth::Caller,
    daily_files::{DailyFiles, Order},
    db::Db,
    error::ApiError,
    idempotency::{Answer, routes::UnreadRequest},
    state::AppState,
    teams,
};

/// Content types that programs and browsers send for CSV files.
const CONTENT_TYPES: [&str; 6] = [
    "text/csv",
    "application/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "application/octet-stream",
];

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
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`unusual_drop`, unless confirmed; `request_in_progress`", body = Problem),
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
    let (team, scope) = (id.into_inner(), caller.scope.clone());
    state.db.read(move |conn| teams::queries::require(conn, &scope, team)).await?;
    let file = file(&request, payload)?;
    let (scope, by) = (caller.scope.clone(), (&caller).into());
    let order = Order { scope, team, by, confirmed: query.confirm };
    let files = Arc::clone(&state.daily_files);
    if query.preview {
        let preview = receive(&state.clock, file, |upload| preview(files, order, upload)).await?;
        return Ok(HttpResponse::Ok().json(preview));
    }
    let unread = UnreadRequest::of(&state, &request, &caller)?;
    let import = IdempotentImport { files, db: state.db.clone(), order, unread };
    Ok(receive(&state.clock, file, |upload| import.run(upload)).await?.created())
}

async fn preview(files: Arc<DailyFiles>, order: Order, upload: Upload) -> Result<FilePreview, ApiError> {
    Ok(files.preview(order, upload.pieces, Arc::default()).await?)
}

/// An import that takes effect only once.
struct IdempotentImport {
    files: Arc<DailyFiles>,
    db: Db,
    order: Order,
    unread: UnreadRequest,
}

impl IdempotentImport {
    async fn run(self, upload: Upload) -> Result<Answer, ApiError> {
        let Self { files, db, order, unread } = self;
        let Upload { mut pieces, digest, connection } = upload;
        if unread.was_answered(&db).await? {
            // The file is not imported again, but its digest is only complete at its end.
            while pieces.recv().await.is_some() {}
            let replayed = unread.with_content(&digest.read())?.replayed(&db).await?;
            return replayed.ok_or_else(answer_expired);
        }
        let imported = files.import(order, pieces, Arc::default(), || connection.is_open()).await?;
        Ok(unread.with_content(&digest.read())?.record(&db, &imported).await?)
    }
}

/// The stored answer expired during the upload.
pub(crate) fn answer_expired() -> ApiError {
    let detail = "The earlier answer to this request has expired. Send the file again.";
    ApiError::new(ErrorCode::Busy, detail).retry_after(1)
}

/// Returns the file that a request contains, as its body or as a part of a form.
pub(crate) fn file(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<impl Stream<Item = Result<Bytes, UploadError>> + use<>, UploadError> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > SIZE_LIMIT) {
        return Err(UploadError::TooLarge);
    }
    let kind = request.content_type();
    if kind.eq_ignore_ascii_case("multipart/form-data") {
        return Ok(file_of_form(Multipart::new(request.headers(), payload)).left_stream());
    }
    if CONTENT_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Ok(payload.map(|chunk| chunk.map_err(|error| unreadable(&error))).right_stream());
    }
    Err(UploadError::UnsupportedMediaType)
}

/// Returns the part `file` of a form. Chunks of parts before it are empty.
fn file_of_form(form: Multipart) -> impl Stream<Item = Result<Bytes, UploadError>> {
    stream::try_unfold((form, None), async |(mut form, part): (Multipart, Option<Field>)| {
        let Some(mut part) = part else {
            let part = form.next().await.ok_or(UploadError::NoFile)?.map_err(|error| unreadable(&error))?;
            return Ok(Some((Bytes::new(), (form, Some(part)))));
        };
        let is_file = part.name() == Some("file");
        match part.next().await {
            Some(Ok(chunk)) if is_file => Ok(Some((chunk, (form, Some(part))))),
            Some(Err(error)) if is_file => Err(unreadable(&error)),
            Some(_) => Ok(Some((Bytes::new(), (form, Some(part))))),
            None if is_file => Ok(None),
            None => Ok(Some((Bytes::new(), (form, None)))),
        }
    })
}

fn unreadable(error: &impl std::fmt::Display) -> UploadError {
    UploadError::Unreadable { cause: error.to_string() }
}
