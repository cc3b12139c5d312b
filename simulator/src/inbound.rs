//! Handles a message from the customer: adds it to the ledger, then posts it to the server's webhook. It is in the
//! ledger even when the webhook fails, since the server finds missed messages through the message list.

use chrono::{DateTime, Utc};
use hyper::{Body, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::{
    clock,
    faults::{Fault, Stage},
    ledger::{Attachment, Direction, Status, Text, WebhookOutcome},
    media::new_sid,
    reply,
    resource::{VERSION, media_path},
    segments, webhook,
    world::World,
};

/// Body of `POST /simulator/texts`: a message from the customer.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    from: String,
    to: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    media: Vec<WrittenMedia>,
    /// When it was sent; the current time if missing.
    at: Option<DateTime<Utc>>,
}

/// A picture of the message; without a `url`, the simulator's own.
#[derive(Debug, Deserialize)]
struct WrittenMedia {
    url: Option<String>,
    #[serde(default = "png")]
    content_type: String,
}

/// A message that Twilio itself acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Stop,
    Start,
    Help,
}

impl Keyword {
    fn of(body: &str) -> Option<Self> {
        match body.trim().to_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "REVOKE" | "OPTOUT" => {
                Some(Self::Stop)
            }
            "START" | "YES" | "UNSTOP" => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }
}

/// Handles `POST /simulator/texts`; responds after the webhook has been answered.
pub(crate) async fn receive(world: &World, written: Written) -> Response<Body> {
    if written.from.trim().is_empty() || written.to.trim().is_empty() {
        let error = json!({ "error": "A message needs `from` and `to`." });
        return reply::json(StatusCode::UNPROCESSABLE_ENTITY, &error);
    }
    let keyword = Keyword::of(&written.body);
    let text = text_of(written);
    let sid = text.sid.clone();
    let form = form_of(world, &text, keyword);
    let (fault, url) = record(world, text, keyword);

    let (outcome, answer) = match (fault, url) {
        (Some(Fault::WebhookNever), _) => (WebhookOutcome::Withheld, None),
        (_, None) => (WebhookOutcome::NotConfigured, None),
        (fault, Some(url)) => {
            let mut answer = webhook::post(world, &url, &form).await;
            if fault == Some(Fault::WebhookTwice) {
                answer = webhook::post(world, &url, &form).await;
            }
            let accepted = answer.is_some_and(|status| (200..300).contains(&status));
            (if accepted { WebhookOutcome::Delivered } else { WebhookOutcome::Failed }, answer)
        }
    };
    world.state().ledger.note_webhook(&sid, outcome, answer);
    reply::json(StatusCode::CREATED, &json!({ "sid": sid, "webhook": outcome, "webhook_status": answer }))
}

/// Updates the ledger, the opt-outs and the faults under one lock; returns the fault and the webhook's URL.
fn record(world: &World, text: Text, keyword: Option<Keyword>) -> (Option<Fault>, Option<String>) {
    let mut state = world.state();
    let pair = (text.from.clone(), text.to.clone());
    match keyword {
        Some(Keyword::Stop) => {
            state.opted_out.insert(pair);
        }
        Some(Keyword::Start) => {
            state.opted_out.remove(&pair);
        }
        Some(Keyword::Help) | None => {}
    }
    let fault = state.faults.take(&text.from, Stage::Webhook);
    state.ledger.add(text);
    (fault, state.webhooks.messages_url.clone())
}

fn text_of(written: Written) -> Text {
    let written_at = written.at.unwrap_or_else(clock::now);
    let attach = |media: WrittenMedia| Attachment {
        sid: new_sid("ME"),
        content_type: media.content_type,
        source: media.url,
    };
    Text {
        sid: new_sid(if written.media.is_empty() { "SM" } else { "MM" }),
        num_segments: segments::count(&written.body),
        from: written.from.trim().to_owned(),
        to: written.to.trim().to_owned(),
        body: written.body,
        direction: Direction::Inbound,
        status: Status::Received,
        error_code: None,
        messaging_service_sid: None,
        media: written.media.into_iter().map(attach).collect(),
        status_callback: None,
        accepted_at: written_at,
        sent_at: Some(written_at),
        updated_at: written_at,
        receipts: Vec::new(),
        webhook: Some(WebhookOutcome::Pending),
        webhook_status: None,
    }
}

fn form_of(world: &World, text: &Text, keyword: Option<Keyword>) -> Vec<(String, String)> {
    let account = &world.settings.account_sid;
    let mut form = vec![
        ("ToCountry".to_owned(), country(&text.to).to_owned()),
        ("ToState".to_owned(), String::new()),
        ("ToCity".to_owned(), String::new()),
        ("ToZip".to_owned(), String::new()),
        ("FromCountry".to_owned(), country(&text.from).to_owned()),
        ("FromState".to_owned(), String::new()),
        ("FromCity".to_owned(), String::new()),
        ("FromZip".to_owned(), String::new()),
        ("MessageSid".to_owned(), text.sid.clone()),
        ("SmsSid".to_owned(), text.sid.clone()),
        ("SmsMessageSid".to_owned(), text.sid.clone()),
        ("SmsStatus".to_owned(), text.status.word().to_owned()),
        ("AccountSid".to_owned(), account.clone()),
        ("From".to_owned(), text.from.clone()),
        ("To".to_owned(), text.to.clone()),
        ("Body".to_owned(), text.body.clone()),
        ("NumMedia".to_owned(), text.media.len().to_string()),
        ("NumSegments".to_owned(), text.num_segments.to_string()),
        ("ApiVersion".to_owned(), VERSION.to_owned()),
    ];
    for (place, media) in text.media.iter().enumerate() {
        let url = format!("{}{}", world.api_url(), media_path(account, &text.sid, &media.sid));
        form.push((format!("MediaUrl{place}"), url));
        form.push((format!("MediaContentType{place}"), media.content_type.clone()));
    }
    if let Some(keyword) = keyword {
        form.push(("OptOutType".to_owned(), keyword.word().to_owned()));
    }
    form
}

fn country(number: &str) -> &'static str {
    [("+44", "GB"), ("+353", "IE"), ("+1", "US"), ("+33", "FR"), ("+49", "DE"), ("+40", "RO")]
        .into_iter()
        .find_map(|(prefix, country)| number.starts_with(prefix).then_some(country))
        .unwrap_or_default()
}

fn png() -> String {
    "image/png".to_owned()
}

#[cfg(test)]
mod tests {
    use super::Keyword;

    #[test]
    fn a_keyword_must_be_the_whole_message_in_any_case() {
        assert_eq!(Keyword::of(" stop\n"), Some(Keyword::Stop));
        assert_eq!(Keyword::of("Unsubscribe"), Some(Keyword::Stop));
        assert_eq!(Keyword::of("unstop"), Some(Keyword::Start));
        assert_eq!(Keyword::of("Help"), Some(Keyword::Help));
        assert_eq!(Keyword::of("Please stop"), None);
        assert_eq!(Keyword::of(""), None);
    }
}
