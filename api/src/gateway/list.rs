//! The gateway's lists, page by page, newest first. Every field but the id may be missing. This module only reads.
//!
//! Message lists are never asked for by `DateSent`: a message that the gateway has accepted and not yet sent has
//! `date_sent: null`, and a list with that filter lacks it. Dates and numbers are compared here instead, because some
//! gateways ignore the filters.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use shared::PhoneNumber;
use twilio_async::encode_pairs;

use super::client::{AskError, GatewayClient, read};
use crate::messages::media::KeptMedia;

/// Number of entries in a page. With the longest messages a page stays below what the transport reads.
const PAGE_SIZE: &str = "200";
/// Number of pages after which a list is given up as endless.
const MAX_PAGES: usize = 1000;

/// A message as the gateway lists it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListedText {
    pub(super) sid: String,
    #[serde(default)]
    pub(super) from: Option<String>,
    #[serde(default)]
    pub(super) to: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) direction: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default, deserialize_with = "number_or_text")]
    pub(super) error_code: Option<String>,
    #[serde(default)]
    pub(super) num_media: Option<String>,
    #[serde(default)]
    pub(super) date_created: Option<String>,
    #[serde(default)]
    pub(super) date_sent: Option<String>,
    #[serde(default)]
    pub(super) date_updated: Option<String>,
}

impl ListedText {
    /// When the gateway accepted or received it, by the gateway's clock.
    pub(super) fn created_at(&self) -> Option<DateTime<Utc>> {
        moment(self.date_created.as_deref()).or_else(|| moment(self.date_sent.as_deref()))
    }

    /// Whether all its dates lie before a time. The gateway's dates have whole seconds.
    fn is_before(&self, time: DateTime<Utc>) -> bool {
        let dates = [self.date_created.as_deref(), self.date_sent.as_deref()].map(moment);
        dates.into_iter().flatten().max().is_some_and(|last| last.timestamp() < time.timestamp())
    }

    /// When its status last changed, by the gateway's clock.
    pub(super) fn updated_at(&self) -> Option<DateTime<Utc>> {
        moment(self.date_updated.as_deref())
    }

    pub(super) fn has_media(&self) -> bool {
        self.num_media.as_deref().is_some_and(|count| count != "0")
    }
}

/// A number of the account.
#[derive(Clone, Debug, Deserialize)]
pub struct OwnNumber {
    /// The number.
    pub phone_number: String,
    /// Where the gateway brings its texts.
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
    /// Whether a page that was to come was answered with 404.
    missing: bool,
    /// Time at the gateway when it answered last, if it says.
    date: Option<DateTime<Utc>>,
}

impl Pages<'_> {
    /// Returns the next page, which may be empty although more follow; `None` after the last, and for a list that does
    /// not exist.
    async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Vec<T>>, AskError> {
        let Some(path) = self.next.take() else { return Ok(None) };
        if self.read == MAX_PAGES {
            return Err(AskError::Unavailable(format!("its list has more than {MAX_PAGES} pages")));
        }
        let answer = self.gateway.look(&path).await?;
        if answer.status == 404 {
            self.missing = true;
            return Ok(None);
        }
        self.read += 1;
        self.date = answer.date.or(self.date);
        let page: Page<T> = read(&answer)?;
        let next = page.next_page_uri.filter(|uri| !uri.is_empty());
        self.next = next.map(|uri| self.gateway.below_account(&uri)).transpose()?;
        Ok(Some(page.items))
    }
}

/// Messages of one or two numbers down to a time, newest first.
pub(super) struct Texts<'a> {
    pages: Pages<'a>,
    from: Option<PhoneNumber>,
    to: Option<PhoneNumber>,
    until: Until,
}

/// How far down a list is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// A time by the gateway's clock.
    There(DateTime<Utc>),
    /// An age; the gateway's first answer says what time that is there.
    Age { age: TimeDelta, here: DateTime<Utc> },
}

impl Texts<'_> {
    /// Returns the next page without what belongs to other numbers or was created earlier; `None` at the end.
    ///
    /// The end is the list's own, or the first page on which everything is older: a list is newest first, but by which
    /// date differs, and a message that was sent late stands before newer ones.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<ListedText>>, AskError> {
        let Some(mut page) = self.pages.next::<ListedText>().await? else {
            return match self.pages.missing {
                true => {
                    Err(AskError::Unavailable("its list of messages, or a page of it, is missing".into()))
                }
                false => Ok(None),
            };
        };
        let since = match self.until {
            Until::There(since) => since,
            Until::Age { age, here } => {
                let since = self.pages.date.unwrap_or(here) - age;
                self.until = Until::There(since);
                since
            }
        };
        if !page.is_empty() && page.iter().all(|text| text.is_before(since)) {
            self.pages.next = None;
        }
        page.retain(|text| {
            text.created_at().is_none_or(|at| at.timestamp() >= since.timestamp())
                && is_number(text.from.as_deref(), self.from.as_ref())
                && is_number(text.to.as_deref(), self.to.as_ref())
        });
        Ok(Some(page))
    }
}

/// Whether what a list names may be this number. Gateways differ in how they write numbers, and may leave one out.
fn is_number(listed: Option<&str>, number: Option<&PhoneNumber>) -> bool {
    let (Some(listed), Some(number)) = (listed.filter(|listed| !listed.is_empty()), number) else {
        return true;
    };
    let digits = |text: &str| -> String { text.chars().filter(|c| !matches!(c, '+' | ' ')).collect() };
    digits(listed) == digits(number.as_str())
}

impl GatewayClient {
    /// Lists the messages from a number, to a number, or both.
    pub(super) fn texts(
        &self,
        from: Option<&PhoneNumber>,
        to: Option<&PhoneNumber>,
        until: Until,
    ) -> Texts<'_> {
        let numbers = [("To", to), ("From", from)];
        let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number?.as_str())));
        let query: Vec<(&str, &str)> = numbers.chain([("PageSize", PAGE_SIZE)]).collect();
        let pages = self.list("Messages.json", encode_pairs(query));
        Texts { pages, from: from.cloned(), to: to.cloned(), until }
    }

    /// Lists what came with a message; nothing when the gateway no longer has it.
    pub(super) async fn media_of(&self, sid: &str) -> Result<Vec<KeptMedia>, AskError> {
        let mut pages = self.list(&format!("Messages/{sid}/Media.json"), None);
        let base = self.base_of_uris();
        let mut media = Vec::new();
        while let Some(page) = pages.next::<ListedMedia>().await? {
            media.extend(page.into_iter().map(|listed| KeptMedia {
                url: format!("{base}{}", listed.uri.trim_end_matches(".json")),
                content_type: listed.content_type,
            }));
        }
        Ok(media)
    }

    /// The account's numbers.
    ///
    /// # Errors
    /// When the gateway does not tell.
    pub async fn numbers(&self) -> Result<Vec<OwnNumber>, AskError> {
        let size = encode_pairs([("PageSize", PAGE_SIZE)]);
        let mut pages = self.list("IncomingPhoneNumbers.json", size);
        let first =
            pages.next().await?.ok_or_else(|| AskError::Unavailable("it has no list of numbers".into()))?;
        let mut numbers: Vec<OwnNumber> = first;
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

/// Reads a date: RFC 2822, as Twilio writes them, or RFC 3339.
fn moment(date: Option<&str>) -> Option<DateTime<Utc>> {
    let date = date?;
    DateTime::parse_from_rfc2822(date)
        .or_else(|_| DateTime::parse_from_rfc3339(date))
        .ok()
        .map(DateTime::from)
}

/// An error code: a number at Twilio, a text at others.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Number(code) => Some(code.to_string()),
        serde_json::Value::String(code) if !code.is_empty() => Some(code),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_a_gateway_writes_it() {
        let number: PhoneNumber = "+447700900123".parse().unwrap();
        for same in [None, Some(""), Some("+447700900123"), Some("447700900123"), Some("+44 7700 900123")] {
            assert!(is_number(same, Some(&number)), "{same:?}");
        }
        for other in ["+447700900124", "whatsapp:+447700900123", "68849"] {
            assert!(!is_number(Some(other), Some(&number)), "{other}");
        }
        assert!(is_number(Some("68849"), None));
    }

    #[test]
    fn a_message_is_old_only_when_all_its_dates_are() {
        let since = DateTime::parse_from_rfc3339("2026-11-22T09:00:00.9Z").unwrap().to_utc();
        let listed = |created: &str, sent: Option<&str>| ListedText {
            date_created: Some(created.to_owned()),
            date_sent: sent.map(str::to_owned),
            ..ListedText::default()
        };
        let (before, after) = ("Sun, 22 Nov 2026 08:59:59 +0000", "Sun, 22 Nov 2026 09:00:00 +0000");
        assert!(listed(before, None).is_before(since));
        assert!(!listed(before, Some(after)).is_before(since), "it was sent late");
        assert!(!listed(after, None).is_before(since), "whole seconds");
        assert!(listed("2026-11-22T08:59:59Z", None).is_before(since), "RFC 3339");
        assert!(!listed("yesterday", None).is_before(since), "not known to be old");
    }

    #[test]
    fn an_error_code_may_be_a_number_or_a_text() {
        let code = |json: &str| serde_json::from_str::<ListedText>(json).unwrap().error_code;
        assert_eq!(code(r#"{"sid": "SM1", "error_code": 30003}"#).as_deref(), Some("30003"));
        assert_eq!(code(r#"{"sid": "SM1", "error_code": "30003"}"#).as_deref(), Some("30003"));
        assert_eq!(code(r#"{"sid": "SM1", "error_code": null}"#), None);
        assert_eq!(code(r#"{"sid": "SM1"}"#), None);
    }
}
