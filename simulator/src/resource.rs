//! Twilio's JSON resources. Numbers that Twilio writes as strings are strings here too.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    ledger::{Attachment, Text},
    world::DeskNumber,
};

/// The API version: the first segment of every REST path.
pub(crate) const VERSION: &str = "2010-04-01";

fn rfc_2822(time: DateTime<Utc>) -> String {
    time.to_rfc2822()
}

/// A message resource.
pub(crate) fn message(account_sid: &str, text: &Text) -> Value {
    let uri = format!("/{VERSION}/Accounts/{account_sid}/Messages/{}", text.sid);
    json!({
        "account_sid": account_sid,
        "api_version": VERSION,
        "body": text.body,
        "date_created": rfc_2822(text.accepted_at),
        "date_sent": text.sent_at.map(rfc_2822),
        "date_updated": rfc_2822(text.updated_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": text.error_code.map(error_message),
        "from": if text.from.is_empty() { Value::Null } else { json!(text.from) },
        "messaging_service_sid": text.messaging_service_sid,
        "num_media": text.media.len().to_string(),
        "num_segments": text.num_segments.to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {
            "feedback": format!("{uri}/Feedback.json"),
            "media": format!("{uri}/Media.json"),
        },
        "to": text.to,
        "uri": format!("{uri}.json"),
    })
}

/// A media resource: a picture's metadata.
pub(crate) fn media(account_sid: &str, text: &Text, attachment: &Attachment) -> Value {
    json!({
        "account_sid": account_sid,
        "content_type": attachment.content_type,
        "date_created": rfc_2822(text.accepted_at),
        "date_updated": rfc_2822(text.accepted_at),
        "parent_sid": text.sid,
        "sid": attachment.sid,
        "uri": format!("{}.json", media_path(account_sid, &text.sid, &attachment.sid)),
    })
}

/// Path of a picture's content.
pub(crate) fn media_path(account_sid: &str, message_sid: &str, media_sid: &str) -> String {
    format!("/{VERSION}/Accounts/{account_sid}/Messages/{message_sid}/Media/{media_sid}")
}

/// A number resource.
pub(crate) fn number(account_sid: &str, desk: &DeskNumber, messages_url: Option<&str>) -> Value {
    let sid = format!("PN{:0>32}", desk.number.trim_start_matches('+'));
    json!({
        "account_sid": account_sid,
        "capabilities": { "mms": true, "sms": true, "voice": false },
        "friendly_name": desk.label,
        "phone_number": desk.number,
        "sid": sid,
        "sms_method": "POST",
        "sms_url": messages_url.unwrap_or_default(),
        "uri": format!("/{VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json"),
    })
}

/// The account resource.
pub(crate) fn account(account_sid: &str, now: DateTime<Utc>) -> Value {
    let uri = format!("/{VERSION}/Accounts/{account_sid}");
    json!({
        "date_created": rfc_2822(now),
        "date_updated": rfc_2822(now),
        "friendly_name": "Simulator: no real message is sent",
        "owner_account_sid": account_sid,
        "sid": account_sid,
        "status": "active",
        "subresource_uris": { "messages": format!("{uri}/Messages.json") },
        "type": "Full",
        "uri": format!("{uri}.json"),
    })
}

/// Twilio's messages for the most common delivery errors.
const fn error_message(code: u32) -> &'static str {
    match code {
        30_003 => "Unreachable destination handset",
        30_004 => "Message blocked",
        30_005 => "Unknown destination handset",
        30_006 => "Landline or unreachable carrier",
        30_007 => "Message filtered",
        30_034 => "US A2P 10DLC - Message from an Unregistered Number",
        _ => "Unknown error",
    }
}
