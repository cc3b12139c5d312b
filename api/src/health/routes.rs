//! `/health` and `/metrics`.

use std::sync::atomic::Ordering;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::recorder;
use crate::{
    db::{DbConnection, DbError},
    error::ApiError,
    outbox::{self, gateway_access},
    state::AppState,
};

/// The state of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessHealth {
    /// It is running.
    Ok,
}

/// The state of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum ServerHealth {
    /// It can work.
    #[serde(rename = "ok")]
    Ok,
    /// It cannot work.
    #[serde(rename = "not ready")]
    NotReady,
    /// It is about to stop.
    #[serde(rename = "stopping")]
    Stopping,
}

/// The state of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseHealth {
    /// It answers and has room.
    Ok,
    /// Its disk is full.
    Full,
    /// It has no connection to spare.
    Busy,
    /// It cannot be reached.
    Unreachable,
}

/// Whether the gateway works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum GatewayHealth {
    /// It accepts the server's credentials.
    #[serde(rename = "ok")]
    Ok,
    /// It refuses the server's credentials.
    #[serde(rename = "refuses our credentials")]
    RefusesCredentials,
    /// The database, which contains this, cannot be read.
    #[serde(rename = "unknown")]
    Unknown,
}

/// The answer of a running process.
#[derive(Debug, Serialize, ToSchema)]
pub struct Liveness {
    /// The state of the process.
    status: ProcessHealth,
}

/// Whether the server can work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// The state of the server.
    status: ServerHealth,
    /// The state of the database.
    database: DatabaseHealth,
    /// The state of the gateway.
    gateway: GatewayState,
}

/// The state of the gateway and of the queue of messages to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct GatewayState {
    /// Whether it accepts the server's credentials.
    status: GatewayHealth,
    /// Since when the gateway has refused the server's credentials; `null` while it accepts them, or if the database cannot be
    /// reached.
    refused_since: Option<DateTime<Utc>>,
    /// Number of messages that wait to be sent; `null` if the database cannot be reached.
    queued: Option<i64>,
    /// When the oldest of them was queued.
    oldest_queued_at: Option<DateTime<Utc>>,
}

/// Reports that the process is running.
#[utoipa::path(get, path = "/health/live", operation_id = "get_liveness", tag = "health",
    responses((status = 200, description = "The process is running", body = Liveness)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Liveness { status: ProcessHealth::Ok })
}

/// Reports whether the server can work: the database answers and has room, the gateway accepts the credentials, and the
/// server is not about to stop.
///
/// Load balancers and the health checks of containers request it with `gateway=ignore`: while the gateway refuses the
/// credentials, agents still need the app, and a restart does not help.
#[utoipa::path(get, path = "/health/ready", operation_id = "get_readiness", tag = "health",
    params(("gateway" = Option<String>, Query, example = "ignore",
        description = "`ignore`: the server is also ready while the gateway refuses the credentials")),
    responses((status = 200, description = "The server is ready", body = Readiness),
        (status = 503, description = "The server is not ready, with the reason", body = Readiness)))]
pub async fn ready(state: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    let ignores_gateway = request.query_string() == "gateway=ignore";
    let found = match state.db.check_writable().await {
        Ok(()) => state.db.read(state_of_gateway).await,
        Err(error) => Err(error),
    };
    let database = match &found {
        Ok(_) => DatabaseHealth::Ok,
        Err(DbError::Storage(_)) => DatabaseHealth::Full,
        Err(DbError::Busy) => DatabaseHealth::Busy,
        Err(_) => DatabaseHealth::Unreachable,
    };
    let (gateway, queued, oldest, refused) = match found {
        Ok(((queued, oldest), None)) => (GatewayHealth::Ok, Some(queued), oldest, None),
        Ok(((queued, oldest), refused)) => (GatewayHealth::RefusesCredentials, Some(queued), oldest, refused),
        Err(_) => (GatewayHealth::Unknown, None, None, None),
    };
    let can_work = queued.is_some() && (refused.is_none() || ignores_gateway);
    let status = match (state.stopping.load(Ordering::Relaxed), can_work) {
        (true, _) => ServerHealth::Stopping,
        (false, true) => ServerHealth::Ok,
        (false, false) => ServerHealth::NotReady,
    };
    let is_ready = status == ServerHealth::Ok;
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let gateway = GatewayState { status: gateway, refused_since: refused, queued, oldest_queued_at: oldest };
    response.json(Readiness { status, database, gateway })
}

/// The number of queued messages, the time of the oldest, and since when the gateway has refused the credentials.
type StateOfGateway = ((i64, Option<DateTime<Utc>>), Option<DateTime<Utc>>);

fn state_of_gateway(conn: &mut DbConnection) -> Result<StateOfGateway, DbError> {
    Ok((outbox::queries::depth(conn)?, gateway_access::refused_since(conn)?))
}

/// The server's metrics in the Prometheus format.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "health",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain", body = String,
            example = "sms_chat_messages_received_total 42\n")))]
pub async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let recorder = recorder().map_err(|error| ApiError::internal(error))?;
    let found = state.db.read(state_of_gateway).await;
    metrics::gauge!("sms_chat_database_available").set(f64::from(u8::from(found.is_ok())));
    if let Ok(((queued, oldest), refused)) = found {
        let age = oldest.map_or(0, |oldest| (state.clock.now() - oldest).num_seconds());
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
        {
            metrics::gauge!("sms_chat_outbox_messages").set(queued as f64);
            metrics::gauge!("sms_chat_outbox_oldest_seconds").set(age as f64);
        }
        metrics::gauge!("sms_chat_gateway_refused").set(f64::from(u8::from(refused.is_some())));
    }
    recorder.run_upkeep();
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(recorder.render()))
}
