//! Looks a message up in the gateway's list, to find out whether an earlier attempt reached the gateway. Read-only.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    client::{GatewayClient, OutboundMessage, RequestError},
    list::{ListedMessage, Until},
};

/// How much older than the first attempt a matching message may be, by the gateway's clock. It allows for a change of
/// this server's clock since the attempt.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// Prefix that Twilio adds to every message of a trial account.
const TRIAL_PREFIX: &str = "Sent from your Twilio trial account - ";

impl OutboundMessage {
    /// Whether a message at the gateway, of any status, can be this one. The gateway may change white space and
    /// typographic marks (Twilio's "smart encoding"), and an account can be configured to store no bodies.
    fn matches(&self, listed: &ListedMessage) -> bool {
        let body = listed.body.as_deref().unwrap_or_default();
        listed.direction.as_deref() != Some("inbound")
            && (body.is_empty()
                || is_same_body(body, &self.body)
                || body.strip_prefix(TRIAL_PREFIX).is_some_and(|body| is_same_body(body, &self.body)))
    }
}

fn is_same_body(listed: &str, sent: &str) -> bool {
    let words = |body: &str| body.split_whitespace().map(to_ascii_marks).collect::<Vec<_>>();
    words(listed) == words(sent)
}

/// Replaces a word's typographic marks with ASCII.
fn to_ascii_marks(word: &str) -> String {
    let mut ascii = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '\u{2018}'..='\u{201b}' | '\u{2032}' | '`' | '\u{b4}' => ascii.push('\''),
            '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => ascii.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => ascii.push('-'),
            '\u{2026}' => ascii.push_str("..."),
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            _ => ascii.push(c),
        }
    }
    ascii
}

impl GatewayClient {
    /// Returns the gateway's ids of the messages that match this one and were created since the first attempt, newest
    /// first. `since` and `now` are by this server's clock. Only the age between them counts: the gateway's response
    /// says what time it is there.
    ///
    /// # Errors
    /// Fails when the gateway does not return its list down to that time.
    pub async fn sent_since(
        &self,
        message: &OutboundMessage,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, RequestError> {
        let until = Until::Age { age: now - since + SKEW, our_time: now };
        let mut list = self.messages(Some(&message.from), Some(&message.to), until);
        let mut matching = Vec::new();
        while let Some(page) = list.next().await? {
            matching
                .extend(page.into_iter().filter(|listed| message.matches(listed)).map(|listed| listed.sid));
        }
        Ok(matching)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_matches_despite_changed_white_space_and_quotes() {
        let number = || "+447700900123".parse().unwrap();
        let message = OutboundMessage {
            from: number(),
            to: number(),
            body: "Dear Jo,\r\n\r\nIt’s “yes” – ok… ".into(),
        };
        let listed = |body: Option<&str>, direction: &str| ListedMessage {
            sid: "SM1".into(),
            body: body.map(str::to_owned),
            direction: Some(direction.into()),
            ..ListedMessage::default()
        };
        let ascii = "Dear Jo,\n\nIt's \"yes\" - ok...";
        let on_trial = format!("Sent from your Twilio trial account - {ascii}");
        for body in [Some(message.body.as_str()), Some(ascii), Some(&on_trial), Some(""), None] {
            assert!(message.matches(&listed(body, "outbound-api")), "{body:?}");
        }
        assert!(!message.matches(&listed(Some("Dear Jo, It's yes"), "outbound-api")));
        assert!(!message.matches(&listed(Some(ascii), "inbound")));
    }
}
