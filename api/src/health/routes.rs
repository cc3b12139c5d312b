//! `/health` and `/metrics`.

use actix_web::{HttpResponse, http::header, web};
use serde_json::json;

use super::recorder;
use crate::{desk::Desk, error::ApiError, outbox};

/// It lives.
#[utoipa::path(get, path = "/health/live", operation_id = "get_liveness", tag = "health",
    responses((status = 200, description = "It lives", body = serde_json::Value)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// It can work: the database answers, and the gateway knows us.
#[utoipa::path(get, path = "/health/ready", operation_id = "get_readiness", tag = "health",
    responses((status = 200, description = "It can work", body = serde_json::Value),
        (status = 503, description = "It cannot, and why", body = serde_json::Value)))]
pub async fn ready(desk: web::Data<Desk>) -> HttpResponse {
    let waiting = desk.db.read(outbox::queries::depth).await;
    let database = if waiting.is_ok() { "ok" } else { "unreachable" };
    let gateway = if desk.outbox.is_locked_out() { "refuses our credentials" } else { "ok" };
    let (queued, oldest) = waiting.as_ref().map_or((None, None), |(queued, oldest)| (Some(*queued), *oldest));
    let is_ready = waiting.is_ok() && !desk.outbox.is_locked_out();
    let mut answer = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(json!({
        "status": if is_ready { "ok" } else { "not ready" },
        "database": database,
        "gateway": {"status": gateway, "queued": queued, "oldest_queued_at": oldest},
    }))
}

/// What the desk counts, for Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "health",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain", body = String)))]
pub async fn metrics(desk: web::Data<Desk>) -> Result<HttpResponse, ApiError> {
    let recorder = recorder()?;
    if let Ok((queued, oldest)) = desk.db.read(outbox::queries::depth).await {
        let age = oldest.map_or(0, |oldest| (desk.clock.now() - oldest).num_seconds());
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
        {
            metrics::gauge!("sms_chat_outbox_texts").set(queued as f64);
            metrics::gauge!("sms_chat_outbox_oldest_seconds").set(age as f64);
        }
    }
    recorder.run_upkeep();
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(recorder.render()))
}
