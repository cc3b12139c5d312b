//! The span of a request, in which its log lines stand, and its metrics.

use std::time::Duration;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    web,
};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::{clock::Clock, request_id::RequestId};

/// The span of a request: its id, method, route and status. It omits the query, which can include a name or a number.
#[derive(Debug)]
pub(super) struct RequestSpan;

/// When a request arrived, by the monotonic clock.
#[derive(Clone, Copy)]
struct Arrival(Duration);

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = RequestId::random();
        request.extensions_mut().insert(id);
        if let Some(clock) = request.app_data::<web::Data<Clock>>() {
            request.extensions_mut().insert(Arrival(clock.monotonic()));
        }
        let route = request.match_pattern().unwrap_or_else(|| "other".to_owned());
        tracing::info_span!("request", id = %id, method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (route, status) = match outcome {
            Ok(answer) => (answer.request().match_pattern(), answer.status()),
            Err(error) => (None, error.as_response_error().status_code()),
        };
        span.record("status", status.as_u16());
        let route = route.unwrap_or_else(|| "other".to_owned());
        let duration = outcome.as_ref().ok().and_then(duration);
        let milliseconds = duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        tracing::debug!(target: "access", parent: &span, milliseconds, "request finished");
        if let Some(duration) = duration {
            metrics::histogram!("sms_chat_request_seconds", "route" => route.clone()).record(duration);
        }
        metrics::counter!("sms_chat_requests_total", "route" => route, "status" => status.as_u16().to_string())
            .increment(1);
    }
}

/// Returns how long the request took until its response began.
fn duration<B>(answer: &ServiceResponse<B>) -> Option<Duration> {
    let Arrival(arrival) = *answer.request().extensions().get::<Arrival>()?;
    let clock = answer.request().app_data::<web::Data<Clock>>()?;
    Some(clock.monotonic().saturating_sub(arrival))
}
