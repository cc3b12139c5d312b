//! Looks a message up in the gateway's list: did an earlier attempt reach it? This module only reads.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    client::{AskError, GatewayClient, OutboundText},
    list::{ListedText, Until},
};

/// How much older than the first attempt, by the gateway's clock, a message may be that is still taken for it. It covers
/// a step of our clock since then.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// What Twilio puts before the body of every message of a trial account.
const TRIAL_PREFIX: &str = "Sent from your Twilio trial account - ";

impl OutboundText {
    /// Whether a message at the gateway can be this one, whatever its status. White space and typographic marks may have
    /// changed on the way (Twilio's "smart encoding"), and an account can be set to keep no bodies.
    fn is_like(&self, found: &ListedText) -> bool {
        let body = found.body.as_deref().unwrap_or_default();
        found.direction.as_deref() != Some("inbound")
            && (body.is_empty()
                || is_same(body, &self.body)
                || body.strip_prefix(TRIAL_PREFIX).is_some_and(|body| is_same(body, &self.body)))
    }
}

fn is_same(found: &str, sent: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(plain).collect::<Vec<_>>();
    words(found) == words(sent)
}

/// A word with its typographic marks as ASCII.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '\u{2018}'..='\u{201b}' | '\u{2032}' | '`' | '\u{b4}' => plain.push('\''),
            '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => plain.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '\u{2026}' => plain.push_str("..."),
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            _ => plain.push(c),
        }
    }
    plain
}

impl GatewayClient {
    /// Returns the gateway's ids of messages like this one that were created since the first attempt, newest first.
    /// `since` and `now` are by our clock: the gateway says how late it is there, and the age counts.
    ///
    /// # Errors
    /// When the gateway does not answer with its list, down to that time.
    pub async fn sent_since(
        &self,
        text: &OutboundText,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, AskError> {
        let until = Until::Age { age: now - since + SKEW, here: now };
        let mut list = self.texts(Some(&text.from), Some(&text.to), until);
        let mut alike = Vec::new();
        while let Some(page) = list.next().await? {
            alike.extend(page.into_iter().filter(|found| text.is_like(found)).map(|found| found.sid));
        }
        Ok(alike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_recognised_whatever_became_of_its_white_space_and_quotes() {
        let number = || "+447700900123".parse().unwrap();
        let text =
            OutboundText {
                from: number(), to: number(), body: "Dear Jo,\r\n\r\nIt’s “yes” – ok… ".into()
            };
        let found = |body: Option<&str>, direction: &str| ListedText {
            sid: "SM1".into(),
            body: body.map(str::to_owned),
            direction: Some(direction.into()),
            ..ListedText::default()
        };
        let ascii = "Dear Jo,\n\nIt's \"yes\" - ok...";
        let on_trial = format!("Sent from your Twilio trial account - {ascii}");
        for body in [Some(text.body.as_str()), Some(ascii), Some(&on_trial), Some(""), None] {
            assert!(text.is_like(&found(body, "outbound-api")), "{body:?}");
        }
        assert!(!text.is_like(&found(Some("Dear Jo, It's yes"), "outbound-api")));
        assert!(!text.is_like(&found(Some(ascii), "inbound")));
    }
}
