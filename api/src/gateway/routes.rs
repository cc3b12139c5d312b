//! The gateway's webhooks. Signed, idempotent on the gateway's id, and answered only once what they bring is durable.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use shared::{ErrorCode, PhoneNumber, Problem};
use twilio_async::twiml::{Response, Twiml};

use super::{delivery, signature};
use crate::{
    body::read_whole,
    consents::keyword::Keyword,
    conversations::receive::{InboundText, ReceiveError, Received, keep},
    desk::Desk,
    error::ApiError,
    messages::media::KeptMedia,
};

/// How many pictures a text can bring (Twilio's limit).
const MOST_MEDIA: usize = 10;

/// A webhook's form: names and values as they came.
struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| {
            ApiError::field(ErrorCode::ValidationFailed, name, "required", format!("The form has no {name}."))
        })
    }

    fn number(&self, name: &str) -> Result<PhoneNumber, ApiError> {
        self.required(name)?.parse().map_err(|fault| {
            ApiError::field(
                ErrorCode::ValidationFailed,
                name,
                "invalid",
                format!("{name} is no number: {fault}."),
            )
        })
    }

    /// The gateway's own reading of the message. An unknown value counts as none.
    fn opt_out_type(&self) -> Option<Keyword> {
        let given = self.get("OptOutType")?;
        let known = Keyword::of_gateway(given);
        if known.is_none() {
            let value: String = given.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
            tracing::warn!(
                value,
                "the gateway sent an unknown OptOutType; the message itself is read instead"
            );
        }
        known
    }

    fn media(&self) -> Vec<KeptMedia> {
        let count = self.get("NumMedia").and_then(|count| count.parse().ok()).unwrap_or(0);
        (0..MOST_MEDIA.min(count))
            .filter_map(|n| {
                let url = self.get(&format!("MediaUrl{n}"))?.to_owned();
                let content_type =
                    self.get(&format!("MediaContentType{n}")).unwrap_or("application/octet-stream");
                Some(KeptMedia { url, content_type: content_type.to_owned() })
            })
            .collect()
    }
}

/// A text from a customer.
#[utoipa::path(post, path = "/api/v1/webhooks/twilio/messages", operation_id = "receive_message", tag = "webhooks",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "Twilio's incoming message webhook",
        example = "MessageSid=SM0123456789abcdef0123456789abcdef&From=%2B447700900123&To=%2B447700900001&Body=Hello"),
    responses((status = 200, description = "Kept: an empty TwiML response", content_type = "text/xml", body = String),
        (status = 403, description = "`invalid_signature`", body = Problem),
        (status = 404, description = "No team owns the number", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)))]
pub async fn receive_message(
    desk: web::Data<Desk>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let form = signed_form(&desk, &request, body).await?;
    let text = InboundText {
        gateway_id: form.required("MessageSid")?.to_owned(),
        from: form.number("From")?,
        to: form.number("To")?,
        body: form.get("Body").unwrap_or_default().to_owned(),
        media: form.media(),
        opt_out_type: form.opt_out_type(),
        recovered: None,
    };
    let received = keep(&desk.db, text, desk.clock.now()).await.map_err(|error| match error {
        ReceiveError::Raced => {
            ApiError::new(ErrorCode::Busy, "The same text is being kept already. Try again.")
        }
        ReceiveError::Db(error) => error.into(),
    })?;
    match received {
        Received::NobodysNumber => {
            tracing::warn!("a text came for a number that no team owns; Twilio's log names it");
            Err(ApiError::new(ErrorCode::NotFound, "No team owns the number in To. Assign it to a team."))
        }
        Received::Kept(_) => {
            metrics::counter!("sms_chat_messages_received_total").increment(1);
            desk.committed();
            empty_twiml()
        }
        Received::Repeated => empty_twiml(),
    }
}

/// A receipt for a text that we sent.
#[utoipa::path(post, path = "/api/v1/webhooks/twilio/status", operation_id = "receive_status", tag = "webhooks",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "Twilio's status callback",
        example = "MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=delivered"),
    responses((status = 204, description = "Kept"),
        (status = 403, description = "`invalid_signature`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem)))]
pub async fn receive_status(
    desk: web::Data<Desk>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let form = signed_form(&desk, &request, body).await?;
    let gateway_id = form.required("MessageSid")?.to_owned();
    if let Some(status) = delivery::status_of(form.required("MessageStatus")?) {
        let error_code = form.get("ErrorCode").map(str::to_owned);
        let now = desk.clock.now();
        desk.db
            .write(move |conn| {
                delivery::receive_receipt(conn, &gateway_id, status, error_code.as_deref(), now)
            })
            .await
            .map_err(ApiError::from)?;
        desk.committed();
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn signed_form(desk: &Desk, request: &HttpRequest, body: web::Payload) -> Result<Form, ApiError> {
    let body = read_whole(&desk.clock, body).await?;
    let parameters: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).map_err(|_| {
        ApiError::new(ErrorCode::InvalidBody, "The body is not a form (application/x-www-form-urlencoded).")
    })?;
    let given =
        request.headers().get("X-Twilio-Signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The public address is configured; no header that anyone can set has a say in it.
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", desk.public_url);
    if signature::is_valid(&desk.webhook_tokens, &url, &parameters, given) {
        return Ok(Form(parameters));
    }
    metrics::counter!("sms_chat_invalid_signatures_total").increment(1);
    let detail =
        format!("X-Twilio-Signature is missing, or is not that of {url} and the form under our auth token.");
    Err(ApiError::new(ErrorCode::InvalidSignature, detail))
}

fn empty_twiml() -> Result<HttpResponse, ApiError> {
    let answer = Response::new().build().map_err(|error| ApiError::internal(&error))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/xml; charset=utf-8")).body(answer))
}
