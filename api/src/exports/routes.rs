//! `/exports`.

use actix_web::{
    HttpResponse,
    web::{self, Bytes},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use serde::Deserialize;
use shared::{
    ErrorCode, Page, Problem, account::Permission, audit_entry::AuditAction, conversation::Conversation,
    export::ExportedMessage, ids::TeamId,
};
use utoipa::{IntoParams, ToSchema};

use super::{Exported, Selection, page, period};
use crate::{
    auth::{Caller, LookupError, audit_log::AuditEvent},
    db::DbConnection,
    error::ApiError,
    paging::{decode_cursor, page_size},
    row_stream::{FileFormat, SLICE, routes::attachment, rows},
    state::AppState,
    teams,
};

/// The format of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A page of a list.
    #[default]
    Json,
    /// A file of comma-separated values with a header.
    Csv,
    /// A file with a JSON object in each line.
    Ndjson,
}

impl Format {
    fn of_file(self) -> Option<FileFormat> {
        match self {
            Self::Json => None,
            Self::Csv => Some(FileFormat::Csv),
            Self::Ndjson => Some(FileFormat::Ndjson),
        }
    }
}

/// The period and format of an export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Only this team; all teams of the caller when left out.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// The beginning of the period.
    #[param(example = "2026-11-01T00:00:00Z")]
    from: DateTime<Utc>,
    /// The end of the period, which does not belong to it; now when left out.
    #[param(example = "2026-12-01T00:00:00Z")]
    to: Option<DateTime<Utc>>,
    /// `json` is a page of a list, and the default. `csv` and `ndjson` are files with all rows.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// Maximum number of items of a page, 1 to 200. Only for `json`.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page. Only for `json`.
    cursor: Option<String>,
}

/// The messages and notes that were written in a period, oldest first, with the numbers of their conversations.
///
/// A file is sent while it is read. In CSV, an apostrophe precedes values that a spreadsheet would run as formulas. A file
/// that ends early is incomplete: its last chunk is missing. A page can have fewer items than its limit and still be
/// followed by another one; the last page has no `next_cursor`.
#[utoipa::path(get, path = "/api/v1/exports/messages", operation_id = "export_messages", tag = "exports",
    params(ExportQuery),
    responses((status = 200, description = "A page, or a file",
            content((Page<ExportedMessage> = "application/json"),
                (String = "text/csv", example = "id,conversation_id,team_id\r\n1,1,1\r\n"),
                (String = "application/x-ndjson", example = "{\"id\":1,\"conversation_id\":1}\n")),
            headers(("Content-Disposition" = String, description = "`attachment`, with a file name, for a file"))),
        (status = 400, description = "`invalid_query`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn export_messages(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ExportQuery>,
) -> Result<HttpResponse, ApiError> {
    export::<ExportedMessage>(&state, caller, query.into_inner()).await
}

/// The conversations that started in a period, oldest first. The formats are those of `GET /exports/messages`.
#[utoipa::path(get, path = "/api/v1/exports/conversations", operation_id = "export_conversations", tag = "exports",
    params(ExportQuery),
    responses((status = 200, description = "A page, or a file",
            content((Page<Conversation> = "application/json"),
                (String = "text/csv", example = "id,team_id,team_number\r\n1,1,+447700900001\r\n"),
                (String = "application/x-ndjson", example = "{\"id\":1,\"team_id\":1}\n")),
            headers(("Content-Disposition" = String, description = "`attachment`, with a file name, for a file"))),
        (status = 400, description = "`invalid_query`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn export_conversations(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ExportQuery>,
) -> Result<HttpResponse, ApiError> {
    export::<Conversation>(&state, caller, query.into_inner()).await
}

/// Time within which a page continues an export.
const CONTINUATION: TimeDelta = TimeDelta::hours(24);

async fn export<T: Exported>(
    state: &AppState,
    caller: Caller,
    query: ExportQuery,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ViewReports)?;
    let ExportQuery { team_id, from, to, format, limit, cursor } = query;
    let now = state.clock.now();
    let period = period(from, to, now)?;
    let format = format.of_file();
    for (name, is_given) in [("limit", limit.is_some()), ("cursor", cursor.is_some())] {
        if format.is_some() && is_given {
            let message = format!("A file has all rows. Leave {name} out, or send format=json.");
            return Err(ApiError::field(ErrorCode::InvalidQuery, name, "unsupported", message));
        }
    }
    let (limit, after) = (page_size(limit)?, decode_cursor(cursor.as_deref())?);
    let mut event = AuditEvent::new(AuditAction::DataExported, &caller)
        .team(team_id)
        .detail("file", T::NAME)
        .detail("from", period.0.to_rfc3339());
    if to.is_some() {
        event = event.detail("until", period.1.to_rfc3339());
    }
    // A page that continues another one belongs to its entry.
    let continued = event.clone();
    let is_recorded = after.is_some()
        && state.db.read(move |conn| continued.is_recorded_since(conn, now - CONTINUATION)).await?;
    let scope = move |conn: &mut DbConnection| teams::queries::narrow_scope(conn, &caller.scope, team_id);
    let scope = if is_recorded {
        state.db.read(scope).await?
    } else {
        let recorded = move |conn: &mut DbConnection| {
            let scope = scope(conn)?;
            event.record(conn, now)?;
            Ok::<_, LookupError>(scope)
        };
        state.db.write(recorded).await?
    };
    let selection = Selection { scope, period };
    let Some(format) = format else {
        let limit = usize::try_from(limit).unwrap_or_default();
        let page = state.db.read(move |conn| page::<T>(conn, &selection, after, limit)).await?;
        return Ok(HttpResponse::Ok().json(page));
    };
    let read = move |conn: &mut _, after: Option<&_>| T::slice(conn, &selection, after, SLICE);
    let file = rows(state.db.clone(), format, read).await?;
    Ok(attachment(&format!("{}-{}", T::NAME, from.format("%Y-%m-%d")), format)
        .streaming(file.map_ok(Bytes::from)))
}
