//! Handlers of the gateway's webhooks. They check the signature, are idempotent on the gateway's id, and respond only
//! after the commit.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, ErrorCode, Problem, address::number_of_gateway, rejected_message::RejectionReason,
};
use twilio_async::twiml::{Response, Twiml};

use super::forms::{IncomingMessageForm, StatusForm};
use crate::{
    body::read_whole,
    config::WebhookSignature,
    consents::{erased::ErasedNumber, keyword::Keyword},
    conversations::{
        delivery,
        receive::{self, InboundMessage, Received},
    },
    error::ApiError,
    gateway::{failure::FailureCode, media::StoredMedia, signature, status::parse_status},
    rejected_messages::record::{Rejection, of_sender, record},
    state::AppState,
};

/// Maximum number of media files in a message (Twilio's limit).
const MAX_MEDIA: usize = 10;

/// Parameter names of a message's id, the current one first.
const MESSAGE_ID: [&str; 3] = ["MessageSid", "SmsMessageSid", "SmsSid"];
/// Parameter names of a message's status, the current one first.
const MESSAGE_STATUS: [&str; 2] = ["MessageStatus", "SmsStatus"];

/// A webhook's form: its names and values, in the order received.
struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn required(&self, names: &[&str]) -> Result<&str, ApiError> {
        self.any(names).ok_or_else(|| {
            let name = names.first().copied().unwrap_or_default();
            ApiError::field(ErrorCode::ValidationFailed, name, "required", format!("The form has no {name}."))
        })
    }

    /// Returns the value of the first of these names that has one. Old gateways and proxies send only the later names.
    fn any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Returns the opt-out keyword that the gateway recognised. An unknown value counts as none.
    fn opt_out_type(&self) -> Option<Keyword> {
        let given = self.get("OptOutType")?;
        let keyword = Keyword::of_gateway(given);
        if keyword.is_none() {
            let value: String = given.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
            tracing::warn!(value, "the gateway sent an unknown OptOutType; the message body decides instead");
        }
        keyword
    }

    fn media(&self) -> Vec<StoredMedia> {
        let count = self.get("NumMedia").and_then(|count| count.parse().ok()).unwrap_or(0);
        (0..MAX_MEDIA.min(count))
            .filter_map(|n| {
                let url = self.get(&format!("MediaUrl{n}"))?.to_owned();
                let content_type =
                    self.get(&format!("MediaContentType{n}")).unwrap_or("application/octet-stream");
                Some(StoredMedia { url, content_type: content_type.to_owned() })
            })
            .collect()
    }
}

/// Receives a message from a customer.
#[utoipa::path(post, path = "/api/v1/webhooks/twilio/messages", operation_id = "receive_message", tag = "webhooks",
    params(("X-Twilio-Signature" = String, Header, description = "The gateway's signature of the URL and the form")),
    request_body(content = IncomingMessageForm, content_type = "application/x-www-form-urlencoded",
        description = "Twilio's incoming message webhook"),
    responses((status = 200, description = "Accepted: an empty TwiML response", content_type = "text/xml", body = String,
            example = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>"),
        (status = 403, description = "`invalid_signature`", body = Problem),
        (status = 404, description = "No team owns the number", body = Problem)))]
pub async fn receive_message(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let form = signed_form(&state, &request, body).await?;
    let now = state.clock.now();
    let mut message = match parse_message(&form) {
        Ok(message) => message,
        Err(reason) => return Err(reject(&state, &form, reason, now).await?),
    };
    message.erased_as = Some(ErasedNumber::of(&state.auth.keys, &message.from)?);
    match receive::store(&state.db, message, now).await? {
        Received::UnknownRecipient => {
            Err(reject(&state, &form, RejectionReason::UnknownRecipient, now).await?)
        }
        Received::Stored(_) => {
            metrics::counter!("sms_chat_messages_received_total").increment(1);
            state.committed();
            empty_twiml()
        }
        Received::Duplicate => empty_twiml(),
    }
}

/// Parses a message. The error is the reason why it cannot be stored.
fn parse_message(form: &Form) -> Result<InboundMessage, RejectionReason> {
    let gateway_id = form.any(&MESSAGE_ID).ok_or(RejectionReason::MissingId)?;
    let from = CustomerAddress::of_gateway(form.get("From").unwrap_or_default()).map_err(of_sender)?;
    let to =
        form.get("To").map(str::trim).filter(|to| !to.is_empty()).ok_or(RejectionReason::MissingRecipient)?;
    let to = number_of_gateway(to).ok_or(match to.contains(':') {
        true => RejectionReason::OtherChannel,
        false => RejectionReason::UnknownRecipient,
    })?;
    Ok(InboundMessage {
        gateway_id: gateway_id.to_owned(),
        from,
        to,
        body: form.get("Body").unwrap_or_default().to_owned(),
        media: form.media(),
        opt_out_type: form.opt_out_type(),
        erased_as: None,
        recovered: None,
    })
}

/// Records a message that cannot be stored, and returns the error response. The gateway's own log shows it too.
async fn reject(
    state: &AppState,
    form: &Form,
    reason: RejectionReason,
    now: DateTime<Utc>,
) -> Result<ApiError, ApiError> {
    let owned = |value: Option<&str>| value.map(str::to_owned);
    let rejection = Rejection {
        gateway_id: owned(form.any(&MESSAGE_ID)),
        from: owned(form.get("From")),
        to: owned(form.get("To")),
        reason,
        recovered: false,
    };
    record(&state.db, rejection, now).await?;
    let field_error =
        |field: &str, code: &str| ApiError::field(ErrorCode::ValidationFailed, field, code, reason.text());
    Ok(match reason {
        RejectionReason::MissingId => field_error("MessageSid", "required"),
        RejectionReason::MissingSender => field_error("From", "required"),
        RejectionReason::InvalidSender => field_error("From", "invalid"),
        RejectionReason::OtherChannel => field_error("From", "other_channel"),
        RejectionReason::MissingRecipient => field_error("To", "required"),
        RejectionReason::UnknownRecipient => ApiError::new(ErrorCode::NotFound, reason.text()),
    })
}

/// Receives a delivery receipt of an outbound message.
#[utoipa::path(post, path = "/api/v1/webhooks/twilio/status", operation_id = "receive_status", tag = "webhooks",
    params(("X-Twilio-Signature" = String, Header, description = "The gateway's signature of the URL and the form")),
    request_body(content = StatusForm, content_type = "application/x-www-form-urlencoded",
        description = "Twilio's status callback"),
    responses((status = 204, description = "Accepted"),
        (status = 403, description = "`invalid_signature`", body = Problem)))]
pub async fn receive_status(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let form = signed_form(&state, &request, body).await?;
    let gateway_id = form.required(&MESSAGE_ID)?.to_owned();
    // Other statuses add nothing: a message becomes `sent` when the gateway's answer or reconciliation is recorded.
    if let Some(status) = parse_status(form.required(&MESSAGE_STATUS)?).filter(|status| status.is_final()) {
        let failure = form.get("ErrorCode").map(FailureCode::parse);
        let now = state.clock.now();
        state
            .db
            .write(move |conn| delivery::receive_receipt(conn, &gateway_id, status, failure.as_ref(), now))
            .await?;
        state.committed();
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Reads the form and checks its signature.
async fn signed_form(state: &AppState, request: &HttpRequest, body: web::Payload) -> Result<Form, ApiError> {
    let body = read_whole(&state.clock, body).await?;
    let parameters: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).map_err(|_| {
        ApiError::new(ErrorCode::InvalidBody, "The body is not a form (application/x-www-form-urlencoded).")
    })?;
    let WebhookSignature { header, keys } = &state.webhook_signature;
    let given = request.headers().get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The URL comes from the settings and not from the request's headers, which a client can forge.
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", state.public_url);
    if signature::is_valid(keys, &url, &parameters, given) {
        return Ok(Form(parameters));
    }
    metrics::counter!("sms_chat_invalid_signatures_total").increment(1);
    let detail = format!(
        "{header} is missing, or does not match the URL {url}, the form and the configured auth token or signing key."
    );
    Err(ApiError::new(ErrorCode::InvalidSignature, detail))
}

fn empty_twiml() -> Result<HttpResponse, ApiError> {
    let answer = Response::new().build().map_err(|error| ApiError::internal(&error))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/xml; charset=utf-8")).body(answer))
}
