//! `/health` and `/metrics`.

use actix_web::{HttpResponse, http::header, web};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::recorder;
use crate::{
    db::{DbConnection, DbError},
    desk::Desk,
    error::ApiError,
    gateway::access,
    outbox,
};

/// It lives.
#[utoipa::path(get, path = "/health/live", operation_id = "get_liveness", tag = "health",
    responses((status = 200, description = "It lives", body = serde_json::Value)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// It can work: the database answers and has room, and the gateway accepts our credentials.
#[utoipa::path(get, path = "/health/ready", operation_id = "get_readiness", tag = "health",
    responses((status = 200, description = "It can work", body = serde_json::Value),
        (status = 503, description = "It cannot, and why", body = serde_json::Value)))]
pub async fn ready(desk: web::Data<Desk>) -> HttpResponse {
    let found = match desk.db.check_room().await {
        Ok(()) => desk.db.read(state_of_gateway).await,
        Err(error) => Err(error),
    };
    let database = match &found {
        Ok(_) => "ok",
        Err(DbError::Storage(_)) => "full",
        Err(_) => "unreachable",
    };
    let (queued, oldest, refused) = match found {
        Ok(((queued, oldest), refused)) => (Some(queued), oldest, refused),
        Err(_) => (None, None, None),
    };
    let gateway = if refused.is_some() { "refuses our credentials" } else { "ok" };
    let is_ready = queued.is_some() && refused.is_none();
    let mut answer = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(json!({
        "status": if is_ready { "ok" } else { "not ready" },
        "database": database,
        "gateway": {"status": gateway, "refused_since": refused, "queued": queued, "oldest_queued_at": oldest},
    }))
}

/// How many texts wait, since when the oldest has, and since when the gateway has refused our credentials.
type StateOfGateway = ((i64, Option<DateTime<Utc>>), Option<DateTime<Utc>>);

fn state_of_gateway(conn: &mut DbConnection) -> Result<StateOfGateway, DbError> {
    Ok((outbox::queries::depth(conn)?, access::refused_since(conn)?))
}

/// What the desk counts, for Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "health",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain", body = String)))]
pub async fn metrics(desk: web::Data<Desk>) -> Result<HttpResponse, ApiError> {
    let recorder = recorder()?;
    if let Ok(((queued, oldest), refused)) = desk.db.read(state_of_gateway).await {
        let age = oldest.map_or(0, |oldest| (desk.clock.now() - oldest).num_seconds());
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
