//! Reads the gateway's lists page by page, newest first. Every field except the id may be missing. Read-only.
//!
//! The requests do not filter by `DateSent`: a message that the gateway has accepted but not yet sent has `date_sent:
//! null`, and a list with that filter omits it. This module compares dates itself, and numbers too, because some
//! gateways ignore the filters.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use shared::PhoneNumber;
use twilio_async::encode_pairs;

use super::{
    client::{GatewayClient, RequestError, parse_json},
    failure::FailureCode,
    media::StoredMedia,
};

/// Number of entries in a page. A page of the longest messages stays below the transport's limit.
const PAGE_SIZE: &str = "200";
/// Maximum number of pages, in case a gateway's pages never end.
const MAX_PAGES: usize = 1000;

/// A message as the gateway lists it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListedMessage {
    pub(crate) sid: String,
    #[serde(default)]
    pub(crate) from: Option<String>,
    #[serde(default)]
    pub(crate) to: Option<String>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) direction: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "number_or_string")]
    pub(crate) error_code: Option<FailureCode>,
    #[serde(default)]
    pub(crate) num_media: Option<String>,
    #[serde(default)]
    pub(crate) date_created: Option<String>,
    #[serde(default)]
    pub(crate) date_sent: Option<String>,
    #[serde(default)]
    pub(crate) date_updated: Option<String>,
}

impl ListedMessage {
    /// Returns when the gateway accepted or received the message, by its clock.
    pub(crate) fn created_at(&self) -> Option<DateTime<Utc>> {
        parse_date(self.date_created.as_deref()).or_else(|| parse_date(self.date_sent.as_deref()))
    }

    /// Whether all the message's dates are before a time, compared in whole seconds as the gateway's dates are.
    fn is_before(&self, time: DateTime<Utc>) -> bool {
        let dates = [self.date_created.as_deref(), self.date_sent.as_deref()].map(parse_date);
        dates.into_iter().flatten().max().is_some_and(|last| last.timestamp() < time.timestamp())
    }

    /// Returns when the message's status last changed, by the gateway's clock.
    pub(crate) fn updated_at(&self) -> Option<DateTime<Utc>> {
        parse_date(self.date_updated.as_deref())
    }

    pub(crate) fn has_media(&self) -> bool {
        self.num_media.as_deref().is_some_and(|count| count != "0")
    }
}

/// A number of the account.
#[derive(Clone, Debug, Deserialize)]
pub struct OwnNumber {
    /// The number, as the gateway writes it.
    pub phone_number: String,
    /// URL to which the gateway posts the number's inbound messages.
    #[serde(default)]
    pub sms_url: Option<String>,
}

#[derive(Deserialize)]
struct ListedMedia {
    uri: String,
    content_type: String,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(alias = "messages", alias = "incoming_phone_numbers", alias = "media_list")]
    items: Vec<T>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

/// A list that is read page by page.
struct Pages<'a> {
    gateway: &'a GatewayClient,
    /// Path of the next page below the account; `None` after the last.
    next: Option<String>,
    read: usize,
    /// Whether the gateway responded to a page with 404.
    missing: bool,
    /// The gateway's time in its last response that contained one.
    date: Option<DateTime<Utc>>,
}

impl Pages<'_> {
    /// Returns the next page, which may be empty even if more follow. Returns `None` after the last page, and for a
    /// list that does not exist.
    async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Vec<T>>, RequestError> {
        let Some(path) = self.next.take() else { return Ok(None) };
        if self.read == MAX_PAGES {
            return Err(RequestError::EndlessList(MAX_PAGES));
        }
        let response = self.gateway.get(&path).await?;
        if response.status == 404 {
            self.missing = true;
            return Ok(None);
        }
        self.read += 1;
        self.date = response.date.or(self.date);
        let page: Page<T> = parse_json(&response)?;
        let next = page.next_page_uri.filter(|uri| !uri.is_empty());
        self.next = next.map(|uri| self.gateway.path_below_account(&uri)).transpose()?;
        Ok(Some(page.items))
    }
}

/// The list of one or two numbers' messages, newest first, down to a time.
pub(crate) struct MessageList<'a> {
    pages: Pages<'a>,
    from: Option<PhoneNumber>,
    to: Option<PhoneNumber>,
    until: Until,
}

/// The time down to which a list is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// A time by the gateway's clock.
    GatewayTime(DateTime<Utc>),
    /// An age. It is subtracted from the time in the gateway's first response, or from `our_time` if it contains none.
    Age { age: TimeDelta, our_time: DateTime<Utc> },
}

impl MessageList<'_> {
    /// Returns the messages of the next page that belong to the numbers and are new enough. Returns `None` at the end.
    ///
    /// Reading ends with the list, or with the first page on which all messages are too old. A single old message is no
    /// end: gateways sort by different dates, so a message that was sent late can stand before newer ones.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<ListedMessage>>, RequestError> {
        let Some(mut page) = self.pages.next::<ListedMessage>().await? else {
            return if self.pages.missing { Err(RequestError::MissingMessageList) } else { Ok(None) };
        };
        let since = match self.until {
            Until::GatewayTime(since) => since,
            Until::Age { age, our_time } => {
                let since = self.pages.date.unwrap_or(our_time) - age;
                self.until = Until::GatewayTime(since);
                since
            }
        };
        if !page.is_empty() && page.iter().all(|message| message.is_before(since)) {
            self.pages.next = None;
        }
        page.retain(|message| {
            message.created_at().is_none_or(|at| at.timestamp() >= since.timestamp())
                && may_be_number(message.from.as_deref(), self.from.as_ref())
                && may_be_number(message.to.as_deref(), self.to.as_ref())
        });
        Ok(Some(page))
    }
}

/// Whether a listed number may be this number. Gateways differ in how they write numbers, and may omit one.
fn may_be_number(listed: Option<&str>, number: Option<&PhoneNumber>) -> bool {
    let (Some(listed), Some(number)) = (listed.filter(|listed| !listed.is_empty()), number) else {
        return true;
    };
    let digits = |number: &str| -> String { number.chars().filter(|c| !matches!(c, '+' | ' ')).collect() };
    digits(listed) == digits(number.as_str())
}

impl GatewayClient {
    /// Lists the messages from a number, to a number, or both.
    pub(crate) fn messages(
        &self,
        from: Option<&PhoneNumber>,
        to: Option<&PhoneNumber>,
        until: Until,
    ) -> MessageList<'_> {
        let numbers = [("To", to), ("From", from)];
        let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number?.as_str())));
        let query: Vec<(&str, &str)> = numbers.chain([("PageSize", PAGE_SIZE)]).collect();
        let pages = self.list("Messages.json", encode_pairs(query));
        MessageList { pages, from: from.cloned(), to: to.cloned(), until }
    }

    /// Lists the media files of a message. The list is empty when the gateway no longer has the message.
    pub(crate) async fn media_of(&self, sid: &str) -> Result<Vec<StoredMedia>, RequestError> {
        let mut pages = self.list(&format!("Messages/{sid}/Media.json"), None);
        let base = self.uri_base();
        let mut media = Vec::new();
        while let Some(page) = pages.next::<ListedMedia>().await? {
            media.extend(page.into_iter().map(|listed| StoredMedia {
                url: format!("{base}{}", listed.uri.trim_end_matches(".json")),
                content_type: listed.content_type,
            }));
        }
        Ok(media)
    }

    /// Lists the account's numbers.
    ///
    /// # Errors
    /// Fails when the gateway does not return the list.
    pub async fn numbers(&self) -> Result<Vec<OwnNumber>, RequestError> {
        let size = encode_pairs([("PageSize", PAGE_SIZE)]);
        let mut pages = self.list("IncomingPhoneNumbers.json", size);
        let mut numbers: Vec<OwnNumber> = pages.next().await?.ok_or(RequestError::MissingNumberList)?;
        while let Some(page) = pages.next().await? {
            numbers.extend(page);
        }
        Ok(numbers)
    }

    fn list(&self, path: &str, query: Option<String>) -> Pages<'_> {
        let next = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        Pages { gateway: self, next: Some(next), read: 0, missing: false, date: None }
    }
}

/// Parses a date: RFC 2822, as Twilio writes it, or RFC 3339.
fn parse_date(date: Option<&str>) -> Option<DateTime<Utc>> {
    let date = date?;
    DateTime::parse_from_rfc2822(date)
        .or_else(|_| DateTime::parse_from_rfc3339(date))
        .ok()
        .map(DateTime::from)
}

/// Deserializes an error code: a number from Twilio, a string from other gateways.
fn number_or_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FailureCode>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Number(code) => Some(FailureCode::parse(&code.to_string())),
        serde_json::Value::String(code) if !code.is_empty() => Some(FailureCode::parse(&code)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::error_codes::GatewayCode;

    #[test]
    fn a_number_is_the_same_however_a_gateway_writes_it() {
        let number: PhoneNumber = "+447700900123".parse().unwrap();
        for same in [None, Some(""), Some("+447700900123"), Some("447700900123"), Some("+44 7700 900123")] {
            assert!(may_be_number(same, Some(&number)), "{same:?}");
        }
        for other in ["+447700900124", "whatsapp:+447700900123", "68849"] {
            assert!(!may_be_number(Some(other), Some(&number)), "{other}");
        }
        assert!(may_be_number(Some("68849"), None));
    }

    #[test]
    fn a_message_is_old_only_if_all_its_dates_are_old() {
        let since = DateTime::parse_from_rfc3339("2026-11-22T09:00:00.9Z").unwrap().to_utc();
        let listed = |created: &str, sent: Option<&str>| ListedMessage {
            date_created: Some(created.to_owned()),
            date_sent: sent.map(str::to_owned),
            ..ListedMessage::default()
        };
        let (before, after) = ("Sun, 22 Nov 2026 08:59:59 +0000", "Sun, 22 Nov 2026 09:00:00 +0000");
        assert!(listed(before, None).is_before(since));
        assert!(!listed(before, Some(after)).is_before(since), "it was sent late");
        assert!(!listed(after, None).is_before(since), "compared in whole seconds");
        assert!(listed("2026-11-22T08:59:59Z", None).is_before(since), "RFC 3339");
        assert!(!listed("yesterday", None).is_before(since), "a date that cannot be parsed is not old");
    }

    #[test]
    fn an_error_code_may_be_a_number_or_a_string() {
        let code = |json: &str| serde_json::from_str::<ListedMessage>(json).unwrap().error_code;
        let unreachable = Some(FailureCode::Gateway(GatewayCode(30_003)));
        assert_eq!(code(r#"{"sid": "SM1", "error_code": 30003}"#), unreachable);
        assert_eq!(code(r#"{"sid": "SM1", "error_code": "30003"}"#), unreachable);
        assert_eq!(code(r#"{"sid": "SM1", "error_code": null}"#), None);
        assert_eq!(code(r#"{"sid": "SM1"}"#), None);
    }
}
