//! The forms of the gateway's webhooks, for the OpenAPI document. The handlers read the forms themselves, because the
//! signature covers every field, also those that are not listed here.
#![expect(dead_code, reason = "only the OpenAPI document uses the fields")]

use utoipa::ToSchema;

/// A customer's message. Other fields are ignored, but the signature covers them.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(crate) struct IncomingMessageForm {
    /// The gateway's id of the message. Older gateways send `SmsMessageSid` or `SmsSid`.
    #[schema(min_length = 1, example = "SM0123456789abcdef0123456789abcdef")]
    message_sid: String,
    /// The customer's number, short code or sender name.
    #[schema(min_length = 1, example = "+447700900123")]
    from: String,
    /// The team's number.
    #[schema(min_length = 1, example = "+447700900001")]
    to: String,
    /// The text.
    #[schema(example = "Hello")]
    body: Option<String>,
    /// The number of attachments. Each has the fields `MediaUrl0` and `MediaContentType0`, counted from 0.
    #[schema(pattern = "^[0-9]{1,2}$", example = "0")]
    num_media: Option<String>,
    /// The opt-out keyword that the gateway recognised: `STOP`, `START` or `HELP`.
    #[schema(example = "STOP")]
    opt_out_type: Option<String>,
}

/// The receipt of an outbound message. Other fields are ignored, but the signature covers them.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(crate) struct StatusForm {
    /// The gateway's id of the message.
    #[schema(min_length = 1, example = "SM0123456789abcdef0123456789abcdef")]
    message_sid: String,
    /// The message's status: `queued`, `sending`, `sent`, `delivered`, `undelivered`, `failed`. Others are ignored.
    #[schema(min_length = 1, example = "delivered")]
    message_status: String,
    /// Why the message failed.
    #[schema(example = "30003")]
    error_code: Option<String>,
}
