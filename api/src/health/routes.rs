//! `/health` and `/metrics`.

use std::sync::atomic::Ordering;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::recorder;
use crate::{
    db::{DbConnection, DbError},
    error::ApiError,
    outbox::{self, gateway_access},
    state::AppState,
};

/// Reports that the process is running.
#[utoipa::path(get, path = "/health/live", operation_id = "get_liveness", tag = "health",
    responses((status = 200, description = "The process is running", body = serde_json::Value)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Reports whether the server can work: the database answers and has room, the gateway accepts the credentials, and the
/// server is not about to stop.
///
/// Load balancers and the health checks of containers request it with `gateway=ignore`: while the gateway refuses the
/// credentials, agents still need the app, and a restart does not help.
#[utoipa::path(get, path = "/health/ready", operation_id = "get_readiness", tag = "health",
    params(("gateway" = Option<String>, Query, description = "`ignore`: the server is also ready while the gateway refuses the credentials")),
    responses((status = 200, description = "The server is ready", body = serde_json::Value),
        (status = 503, description = "The server is not ready, with the reason", body = serde_json::Value)))]
pub async fn ready(state: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    let ignores_gateway = request.query_string() == "gateway=ignore";
    let found = match state.db.check_writable().await {
        Ok(()) => state.db.read(state_of_gateway).await,
        Err(error) => Err(error),
    };
    let database = match &found {
        Ok(_) => "ok",
        Err(DbError::Storage(_)) => "full",
        Err(DbError::Busy) => "busy",
        Err(_) => "unreachable",
    };
    let (queued, oldest, refused) = match found {
        Ok(((queued, oldest), refused)) => (Some(queued), oldest, refused),
        Err(_) => (None, None, None),
    };
    let gateway = if refused.is_some() { "refuses our credentials" } else { "ok" };
    let is_ready = queued.is_some() && (refused.is_none() || ignores_gateway);
    let status = match (state.stopping.load(Ordering::Relaxed), is_ready) {
        (true, _) => "stopping",
        (false, true) => "ok",
        (false, false) => "not ready",
    };
    let mut response = if status == "ok" { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(json!({
        "status": status,
        "database": database,
        "gateway": {"status": gateway, "refused_since": refused, "queued": queued, "oldest_queued_at": oldest},
    }))
}

/// The number of queued messages, the time of the oldest, and since when the gateway has refused the credentials.
type StateOfGateway = ((i64, Option<DateTime<Utc>>), Option<DateTime<Utc>>);

fn state_of_gateway(conn: &mut DbConnection) -> Result<StateOfGateway, DbError> {
    Ok((outbox::queries::depth(conn)?, gateway_access::refused_since(conn)?))
}

/// The server's metrics in the Prometheus format.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "health",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain", body = String)))]
pub async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let recorder = recorder().map_err(|error| ApiError::internal(error))?;
    let found = state.db.read(state_of_gateway).await;
    metrics::gauge!("sms_chat_database_available").set(f64::from(u8::from(found.is_ok())));
    if let Ok(((queued, oldest), refused)) = found {
        let age = oldest.map_or(0, |oldest| (state.clock.now() - oldest).num_seconds());
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
        {
            metrics::gauge!("sms_chat_outbox_texts").set(queued as f64);
            metrics::gauge!("sms_chat_outbox_oldest_seconds").set(age as f64);
        }
        metrics::gauge!("sms_chat_gateway_refused").set(f64::from(u8::from(refused.is_some())));
    }
    recorder.run_upkeep();
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(recorder.render()))
}
