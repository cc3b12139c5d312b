//! The ledger: every accepted message in the order of acceptance, with its status, receipts and webhook. Tests compare
//! it with the server's database, so `Ledger` has no method that removes one entry or moves a status backwards.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Direction of a message, as seen by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Direction {
    /// From the customer.
    #[serde(rename = "inbound")]
    Inbound,
    /// From the server, through the REST API.
    #[serde(rename = "outbound-api")]
    Outbound,
}

/// Twilio's message statuses, as far as the simulator uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Accepted,
    Queued,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    Received,
}

impl Status {
    /// The status as Twilio writes it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }

    const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Undelivered | Self::Failed | Self::Received)
    }
}

/// A picture or other file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Attachment {
    pub(crate) sid: String,
    pub(crate) content_type: String,
    /// URL of the file; `None` for the simulator's own picture.
    pub(crate) source: Option<String>,
}

/// A status webhook that was posted, and the HTTP status of the response (`None`: no response).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Receipt {
    pub(crate) status: Status,
    pub(crate) answer: Option<u16>,
    pub(crate) at: DateTime<Utc>,
}

/// Outcome of an inbound message's webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookOutcome {
    /// The server has not responded yet.
    Pending,
    /// The server responded with a 2xx status.
    Delivered,
    /// The server responded with another status, or not at all.
    Failed,
    /// A fault suppressed it: only the message list has this message.
    Withheld,
    /// No webhook URL is set.
    NotConfigured,
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Text {
    pub(crate) sid: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) direction: Direction,
    pub(crate) status: Status,
    pub(crate) error_code: Option<u32>,
    pub(crate) num_segments: usize,
    pub(crate) messaging_service_sid: Option<String>,
    pub(crate) media: Vec<Attachment>,
    pub(crate) status_callback: Option<String>,
    pub(crate) accepted_at: DateTime<Utc>,
    pub(crate) sent_at: Option<DateTime<Utc>>,
    pub(crate) updated_at: DateTime<Utc>,
    /// For outbound messages: every status webhook posted.
    pub(crate) receipts: Vec<Receipt>,
    /// For inbound messages: outcome of the messages webhook.
    pub(crate) webhook: Option<WebhookOutcome>,
    pub(crate) webhook_status: Option<u16>,
}

impl Text {
    /// The customer's number.
    pub(crate) fn customer(&self) -> &str {
        match self.direction {
            Direction::Inbound => &self.from,
            Direction::Outbound => &self.to,
        }
    }

    /// The team's number.
    pub(crate) fn desk(&self) -> &str {
        match self.direction {
            Direction::Inbound => &self.to,
            Direction::Outbound => &self.from,
        }
    }
}

/// Every message, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    texts: Vec<Text>,
    by_sid: HashMap<String, usize>,
}

impl Ledger {
    pub(crate) fn add(&mut self, text: Text) {
        self.by_sid.insert(text.sid.clone(), self.texts.len());
        self.texts.push(text);
    }

    pub(crate) fn all(&self) -> &[Text] {
        &self.texts
    }

    pub(crate) fn find(&self, sid: &str) -> Option<&Text> {
        self.by_sid.get(sid).and_then(|place| self.texts.get(*place))
    }

    /// Advances a message's status. An earlier status is ignored, and the first final status stays.
    pub(crate) fn advance(&mut self, sid: &str, status: Status, error_code: Option<u32>, at: DateTime<Utc>) {
        let Some(text) = self.find_mut(sid) else { return };
        if text.status.is_final() || status <= text.status {
            return;
        }
        text.status = status;
        text.updated_at = at;
        text.error_code = error_code;
        if status > Status::Queued && status != Status::Failed && text.sent_at.is_none() {
            text.sent_at = Some(at);
        }
    }

    pub(crate) fn note_receipt(&mut self, sid: &str, receipt: Receipt) {
        if let Some(text) = self.find_mut(sid) {
            text.receipts.push(receipt);
        }
    }

    pub(crate) fn note_webhook(&mut self, sid: &str, outcome: WebhookOutcome, answer: Option<u16>) {
        if let Some(text) = self.find_mut(sid) {
            text.webhook = Some(outcome);
            text.webhook_status = answer;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn find_mut(&mut self, sid: &str) -> Option<&mut Text> {
        self.by_sid.get(sid).and_then(|place| self.texts.get_mut(*place))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Direction, Ledger, Status, Text};
    use crate::clock::now;

    pub(crate) fn text(sid: &str, direction: Direction) -> Text {
        let (from, to) = match direction {
            Direction::Inbound => ("+447700900123", "+447700900001"),
            Direction::Outbound => ("+447700900001", "+447700900123"),
        };
        Text {
            sid: sid.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            body: "Hello".to_owned(),
            direction,
            status: Status::Queued,
            error_code: None,
            num_segments: 1,
            messaging_service_sid: None,
            media: Vec::new(),
            status_callback: None,
            accepted_at: now(),
            sent_at: None,
            updated_at: now(),
            receipts: Vec::new(),
            webhook: None,
            webhook_status: None,
        }
    }

    #[test]
    fn a_status_only_advances_and_the_first_final_one_stays() {
        let mut ledger = Ledger::default();
        ledger.add(text("SM1", Direction::Outbound));
        ledger.advance("SM1", Status::Delivered, None, now());
        ledger.advance("SM1", Status::Sent, None, now());
        ledger.advance("SM1", Status::Failed, Some(30_003), now());
        let text = ledger.find("SM1").expect("it was added");
        assert_eq!(text.status, Status::Delivered);
        assert_eq!(text.error_code, None);
        assert!(text.sent_at.is_some());
    }

    #[test]
    fn a_message_that_failed_before_it_was_sent_has_no_sent_time() {
        let mut ledger = Ledger::default();
        ledger.add(text("SM1", Direction::Outbound));
        ledger.advance("SM1", Status::Failed, Some(30_006), now());
        let text = ledger.find("SM1").expect("it was added");
        assert_eq!((text.sent_at, text.error_code), (None, Some(30_006)));
    }

    #[test]
    fn the_customer_is_the_sender_inbound_and_the_recipient_outbound() {
        assert_eq!(text("SM1", Direction::Inbound).customer(), "+447700900123");
        assert_eq!(text("SM2", Direction::Outbound).customer(), "+447700900123");
        assert_eq!(text("SM3", Direction::Inbound).desk(), text("SM4", Direction::Outbound).desk());
    }

    #[test]
    fn messages_are_listed_in_the_order_of_acceptance() {
        let mut ledger = Ledger::default();
        for sid in ["SM3", "SM1", "SM2"] {
            ledger.add(text(sid, Direction::Outbound));
        }
        let sids: Vec<_> = ledger.all().iter().map(|text| text.sid.as_str()).collect();
        assert_eq!(sids, ["SM3", "SM1", "SM2"]);
        ledger.clear();
        assert!(ledger.all().is_empty() && ledger.find("SM1").is_none());
    }
}
