//! The gateway's lists, page by page. Lenient: a resource may lack whatever it is not known by. It only reads; it must
//! never send.

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use shared::PhoneNumber;
use twilio_async::encode_pairs;

use super::client::{AskError, GatewayClient, read};
use crate::messages::media::KeptMedia;

/// How many entries a page has; with the longest texts it stays below what the transport reads.
const PAGE_SIZE: &str = "200";

/// A text as the gateway lists it.
#[derive(Debug, Deserialize)]
pub(super) struct ListedText {
    pub(super) sid: String,
    #[serde(default)]
    pub(super) from: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) direction: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) error_code: Option<i64>,
    #[serde(default)]
    num_media: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    date_sent: Option<String>,
    #[serde(default)]
    date_updated: Option<String>,
}

impl ListedText {
    /// When it was written, by the gateway's clock.
    pub(super) fn written_at(&self) -> Option<DateTime<Utc>> {
        moment(self.date_sent.as_deref()).or_else(|| moment(self.date_created.as_deref()))
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
pub(super) struct Pages<'a> {
    gateway: &'a GatewayClient,
    // Below the account; `None` after the last.
    next: Option<String>,
}

impl Pages<'_> {
    /// The next page; `None` after the last, and when there is no such list.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Vec<T>>, AskError> {
        let Some(path) = self.next.take() else { return Ok(None) };
        let answer = self.gateway.look(&path).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let page: Page<T> = read(&answer)?;
        self.next = page.next_page_uri.map(|uri| self.gateway.below_account(&uri)).transpose()?;
        Ok(Some(page.items))
    }
}

/// Which end of a text a number is.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    From,
    To,
}

impl GatewayClient {
    /// The texts of a number since a time, newest first.
    pub(super) fn texts(&self, end: End, number: &PhoneNumber, since: DateTime<Utc>) -> Pages<'_> {
        let end = match end {
            End::From => "From",
            End::To => "To",
        };
        let since = since.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let query =
            encode_pairs([(end, number.as_str()), ("DateSent>", since.as_str()), ("PageSize", PAGE_SIZE)]);
        self.list("Messages.json", query)
    }

    /// What came with a text; nothing when the gateway has it no more.
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
        Pages { gateway: self, next: Some(next) }
    }
}

fn moment(date: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(date?).ok().map(DateTime::from)
}
