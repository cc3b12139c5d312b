//! Signed webhooks of inbound messages.

use std::sync::atomic::{AtomicU64, Ordering};

use api::conversations::receive::InboundMessage;
use shared::PhoneNumber;

use crate::{
    client::Request,
    seed::{OPEN, TEAM_NUMBER, number_of},
    server::AUTH_TOKEN,
};

/// Returns the id of an open conversation, spread over all of them as `n` grows.
pub(crate) fn open_conversation(n: usize) -> u32 {
    u32::try_from(n * 7919 % usize::try_from(OPEN).unwrap_or(1)).unwrap_or_default() + 1
}

/// Returns a message from a new number.
pub(crate) fn from_new_number() -> InboundMessage {
    let n = next();
    message(n, &format!("+4478{:08}", n % 100_000_000))
}

/// Returns a message in a seeded conversation.
pub(crate) fn in_conversation(id: u32) -> InboundMessage {
    message(next(), &number_of(id))
}

/// Returns a number that is different for each message.
fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn message(n: u64, from: &str) -> InboundMessage {
    let process = u64::from(std::process::id());
    let number =
        |text: &str| text.parse::<PhoneNumber>().unwrap_or_else(|_| unreachable!("{text} is a number"));
    InboundMessage {
        gateway_id: format!("SM{process:016x}{n:016x}"),
        from: number(from).into(),
        to: number(TEAM_NUMBER),
        body: "Can I pay on Friday?".to_owned(),
        media: Vec::new(),
        opt_out_type: None,
        erased_as: None,
        recovered: None,
    }
}

/// Returns the gateway's request for the message.
pub(crate) fn request(address: &str, message: InboundMessage) -> Request {
    let form = [
        ("MessageSid", message.gateway_id),
        ("From", message.from.to_string()),
        ("To", message.to.to_string()),
        ("Body", message.body),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let path = "/api/v1/webhooks/twilio/messages";
    let signature = simulator::sign(AUTH_TOKEN, &format!("http://{address}{path}"), &form);
    let body = serde_urlencoded::to_string(form).unwrap_or_default();
    let headers = format!("X-Twilio-Signature: {signature}\r\n");
    Request::post(path, "application/x-www-form-urlencoded", &headers, &body)
}
