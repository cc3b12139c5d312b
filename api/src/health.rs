//! Whether the desk lives and can work, and what it counts. Speaks HTTP; knows nobody's names or numbers.

use std::sync::OnceLock;

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    web,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::{app::Desk, error::ApiError, outbox};

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

/// The process's one recorder.
fn recorder() -> Result<&'static PrometheusHandle, ApiError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    RECORDER
        .get_or_init(|| PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| ApiError::internal(error))
}

/// Begins to count.
pub fn count() {
    let _ = recorder();
}

/// The span of a request: its method, its route and its outcome; never a query, which may hold a name or a number.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "other".to_owned());
        tracing::info_span!("request", method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (route, status) = match outcome {
            Ok(answer) => (answer.request().match_pattern(), answer.status()),
            Err(error) => (None, error.as_response_error().status_code()),
        };
        span.record("status", status.as_u16());
        metrics::counter!("sms_chat_requests_total",
            "route" => route.unwrap_or_else(|| "other".to_owned()), "status" => status.as_u16().to_string())
        .increment(1);
    }
}
