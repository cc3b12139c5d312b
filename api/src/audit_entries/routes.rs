//! `/audit_entries`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde::{Deserialize, Deserializer};
use shared::{
    Page, Problem,
    account::Permission,
    audit_entry::{AuditAction, AuditEntry},
    ids::{AuditEntryId, TeamId},
};
use utoipa::{IntoParams, ToSchema};

use super::{
    export,
    filter::{Filter, Pattern},
    queries,
};
use crate::{
    auth::{Caller, LookupError, audit_log::AuditEvent},
    error::ApiError,
    paging::{decode_cursor, encode_cursor, page, page_size, storable_time},
    row_stream::{FileFormat, routes::attachment, rows},
    state::AppState,
};

/// The format of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// A page.
    Json,
    /// All entries, as a CSV file.
    Csv,
}

/// Filters of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditEntriesQuery {
    /// Only entries of this time or later.
    #[serde(default, deserialize_with = "optional_time")]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Option<DateTime<Utc>>,
    /// Only entries before this time.
    #[serde(default, deserialize_with = "optional_time")]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-12-01T00:00:00Z")]
    until: Option<DateTime<Utc>>,
    /// Only entries of this action.
    action: Option<AuditAction>,
    /// Only entries of this team.
    #[param(value_type = Option<i64>)]
    team_id: Option<TeamId>,
    /// Only entries whose actor's name contains this text.
    #[param(example = "Ann", max_length = 100)]
    actor: Option<String>,
    /// Only entries whose subject's name, or whose search term, contains this text.
    #[param(example = "Greeting", max_length = 100)]
    subject: Option<String>,
    /// `csv` for a file of all entries, whatever `limit` and `cursor` say. The header `Accept: text/csv` does the same.
    #[param(inline)]
    format: Option<AuditFormat>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// The audit log of the caller's teams, newest first. Only administrators see the entries of no team, such as sign-ins
/// and changes of accounts.
///
/// The CSV file is recorded in the audit log.
#[utoipa::path(get, path = "/api/v1/audit_entries", operation_id = "list_audit_entries", tag = "audit log",
    params(AuditEntriesQuery),
    responses((status = 200, description = "A page, or the CSV file", content(
            (Page<AuditEntry> = "application/json"),
            (String = "text/csv", example = "id,at,actor_kind,actor_id,actor_name,team_id,action,subject_kind,subject_id,subject_label,details,address,request_id\r\n"))),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_audit_entries(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    query: web::Query<AuditEntriesQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ViewAudit)?;
    let query = query.into_inner();
    let filter = Filter {
        scope: caller.scope.clone(),
        from: query.from,
        until: query.until,
        action: query.action,
        actor: Pattern::parse("actor", query.actor.as_deref())?,
        subject: Pattern::parse("subject", query.subject.as_deref())?,
    };
    let team = query.team_id;
    if query.format.map_or_else(|| accepts_csv(&request), |format| format == AuditFormat::Csv) {
        return csv_file(&state, &caller, filter, &query).await;
    }
    let limit = page_size(query.limit)?;
    let before: Option<AuditEntryId> = decode_cursor(query.cursor.as_deref())?;
    let found = state
        .db
        .read(move |conn| {
            let filter = filter.narrowed(conn, team)?;
            Ok::<_, LookupError>(queries::list(conn, &filter, before, limit + 1)?)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::VARY, "Accept"))
        .json(page(found, limit, |last| encode_cursor(&last.id))))
}

/// Answers with the CSV file, after recording that.
async fn csv_file(
    state: &AppState,
    caller: &Caller,
    filter: Filter,
    query: &AuditEntriesQuery,
) -> Result<HttpResponse, ApiError> {
    let (team, now) = (query.team_id, state.clock.now());
    let mut exported = AuditEvent::new(AuditAction::AuditExported, caller).team(team);
    for (name, value) in query.filters() {
        exported = exported.detail(name, value);
    }
    let filter = state
        .db
        .write(move |conn| {
            let filter = filter.narrowed(conn, team)?;
            exported.record(conn, now)?;
            Ok::<_, LookupError>(filter)
        })
        .await?;
    let read = move |conn: &mut _, before: Option<&_>| export::slice(conn, &filter, before.copied());
    let file = rows(state.db.clone(), FileFormat::Csv, read).await?;
    Ok(attachment(&format!("audit-{}", now.format("%Y-%m-%d")), FileFormat::Csv)
        .insert_header((header::VARY, "Accept"))
        .streaming(file.map_ok(Bytes::from)))
}

impl AuditEntriesQuery {
    /// Returns the filters that are set, for the audit log. Leaves out the texts, which can be names.
    fn filters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let time = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339());
        [
            ("from", time(self.from)),
            ("until", time(self.until)),
            ("action", self.action.map(|action| action.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Whether the client prefers the CSV file.
fn accepts_csv(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let first = accept.and_then(|value| value.split([',', ';']).next());
    first.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("text/csv"))
}

fn optional_time<'de, D: Deserializer<'de>>(given: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    storable_time(given).map(Some)
}
