//! Twilio's REST paths: checks the credentials, then routes to `send`, `list` or a resource.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::{
    Body, HeaderMap, Method, Request, Response, StatusCode,
    header::{AUTHORIZATION, HeaderValue, LOCATION},
};
use serde_json::json;

use crate::{
    clock, control,
    faults::{Call, EVERY_NUMBER, Fault, Stage},
    list, media,
    refusal::Refusal,
    reply::{self, Dropped, Outcome, Parameters},
    resource, send,
    world::{DeskNumber, World},
};

/// Handles a request to `/2010-04-01/Accounts/...` below the base path; `path` is the part after that.
pub(crate) async fn route(world: &Arc<World>, path: &[&str], request: Request<Body>) -> Outcome {
    if !is_authorized(world, request.headers()) {
        return Ok(Refusal::Authenticate.reply());
    }
    let account = &world.settings.account_sid;
    let method = request.method().clone();
    let whole = request.uri().path().to_owned();
    match (&method, path) {
        (_, [sid]) if sid.strip_suffix(".json") == Some(account) => {
            Ok(reply::json(StatusCode::OK, &resource::account(account, clock::now())))
        }
        (&Method::POST, [sid, "Messages.json"]) if sid == account => {
            let Ok(form) = control::read(request.into_body()).await else {
                return Err(Dropped);
            };
            send::send(world, &Parameters::parse(&form)).await
        }
        (&Method::GET, [sid, "Messages.json"]) if sid == account => {
            let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
            let number = query.get("To").or_else(|| query.get("From")).unwrap_or(EVERY_NUMBER);
            if let Some(reply) = apply_fault(world, number, Call::Read).await? {
                return Ok(reply);
            }
            Ok(list::list(world, &query, number))
        }
        (&Method::GET, [sid, "Messages", message]) if sid == account => {
            if let Some(reply) = apply_fault(world, EVERY_NUMBER, Call::Read).await? {
                return Ok(reply);
            }
            Ok(fetch(world, message).unwrap_or_else(|| Refusal::NotFound { path: whole }.reply()))
        }
        (&Method::GET, [sid, "Messages", message, "Media.json"]) if sid == account => {
            Ok(list_media(world, message).unwrap_or_else(|| Refusal::NotFound { path: whole }.reply()))
        }
        (&Method::GET, [sid, "Messages", message, "Media", media]) if sid == account => {
            let number = world.state().ledger.find(message).map(|text| text.customer().to_owned());
            if let Some(reply) =
                apply_fault(world, number.as_deref().unwrap_or(EVERY_NUMBER), Call::Media).await?
            {
                return Ok(reply);
            }
            Ok(fetch_media(world, media).unwrap_or_else(|| Refusal::NotFound { path: whole }.reply()))
        }
        (&Method::GET, [sid, "IncomingPhoneNumbers.json"]) if sid == account => Ok(list_numbers(world)),
        (_, [sid, "Messages.json"]) if sid == account => Ok(Refusal::MethodNotAllowed.reply()),
        _ => Ok(Refusal::NotFound { path: whole }.reply()),
    }
}

/// Delays the call, and applies the fault ordered for it. Reading accepts no message, so a fault after acceptance
/// applies without one.
async fn apply_fault(world: &World, number: &str, call: Call) -> Result<Option<Response<Body>>, Dropped> {
    delay(world, number, call).await;
    let fault = world.state().faults.take(number, Stage::Request(call));
    match fault {
        Some(Fault::TimeoutAfterAccept | Fault::AcceptLate { .. }) => std::future::pending().await,
        Some(fault) => refuse(&fault).map(Some),
        None => Ok(None),
    }
}

/// Waits for the latency of the settings and of an ordered fault.
pub(crate) async fn delay(world: &World, number: &str, call: Call) {
    let ordered = match world.state().faults.take(number, Stage::Delay(call)) {
        Some(Fault::Latency { ms }) => Duration::from_millis(ms),
        _ => Duration::ZERO,
    };
    let latency = world.settings.latency + ordered;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

/// Returns the response of a fault that accepts no message.
pub(crate) fn refuse(fault: &Fault) -> Outcome {
    let refusal = match fault {
        Fault::Http429 { retry_after } => Refusal::TooManyRequests { retry_after: *retry_after },
        Fault::Http500 => Refusal::Internal,
        Fault::Http401 => Refusal::Authenticate,
        Fault::Error { code } => Refusal::Ordered { code: *code },
        _ => return Err(Dropped),
    };
    Ok(refusal.reply())
}

fn is_authorized(world: &World, headers: &HeaderMap) -> bool {
    let credentials = format!("{}:{}", world.settings.account_sid, world.settings.auth_token);
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok())
        .is_some_and(|given| given == credentials.as_bytes())
}

fn fetch(world: &World, message: &str) -> Option<Response<Body>> {
    let sid = message.strip_suffix(".json")?;
    let state = world.state();
    let text = state.ledger.find(sid)?;
    Some(reply::json(StatusCode::OK, &resource::message(&world.settings.account_sid, text)))
}

fn list_media(world: &World, message: &str) -> Option<Response<Body>> {
    let account = &world.settings.account_sid;
    let state = world.state();
    let text = state.ledger.find(message)?;
    let all: Vec<_> = text.media.iter().map(|media| resource::media(account, text, media)).collect();
    let end = all.len().saturating_sub(1);
    Some(reply::json(
        StatusCode::OK,
        &json!({ "media_list": all, "page": 0, "page_size": 50, "start": 0, "end": end, "next_page_uri": null }),
    ))
}

/// Lists the team numbers, each with the URL of its webhook.
fn list_numbers(world: &World) -> Response<Body> {
    let account = &world.settings.account_sid;
    let state = world.state();
    let messages_url = state.webhooks.messages_url.as_deref();
    let number = |desk: &DeskNumber| resource::number(account, desk, messages_url);
    let all: Vec<_> = state.numbers.iter().map(number).collect();
    let end = all.len().saturating_sub(1);
    reply::json(
        StatusCode::OK,
        &json!({ "incoming_phone_numbers": all, "page": 0, "page_size": all.len(), "start": 0, "end": end,
            "next_page_uri": null }),
    )
}

/// Returns the picture, or a redirect to it, as Twilio redirects to its storage.
pub(crate) fn fetch_media(world: &World, media_sid: &str) -> Option<Response<Body>> {
    let state = world.state();
    let mut all = state.ledger.all().iter().flat_map(|text| &text.media);
    let media = all.find(|media| media.sid == media_sid)?;
    let Some(source) = &media.source else {
        return Some(reply::body(StatusCode::OK, "image/png", media::PICTURE));
    };
    let mut reply = reply::empty(StatusCode::TEMPORARY_REDIRECT);
    reply.headers_mut().insert(LOCATION, HeaderValue::from_str(source).ok()?);
    Some(reply)
}
