//! Twilio's list of messages: newest first, filtered, in pages. A page's token names the last text of the page
//! before, so that texts accepted in between must never be listed twice or skipped.

use chrono::{DateTime, NaiveDate, Utc};
use hyper::{Body, Response, StatusCode};
use serde_json::json;

use crate::{
    ledger::Text,
    refusal::Refusal,
    reply::{self, Parameters},
    resource::{self, VERSION},
    world::World,
};

const PAGE_SIZE: usize = 50;
const LARGEST_PAGE: usize = 1000;

/// Answers `GET Messages.json`.
pub(crate) fn list(world: &World, query: &Parameters) -> Response<Body> {
    let dates = match Dates::parse(query) {
        Ok(dates) => dates,
        Err(refusal) => return refusal.reply(),
    };
    let account = &world.settings.account_sid;
    let size = query.get("PageSize").and_then(|size| size.parse().ok()).unwrap_or(PAGE_SIZE);
    let size = size.clamp(1, LARGEST_PAGE);
    let page: usize = query.get("Page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let token = query.get("PageToken").and_then(|token| token.strip_prefix("PA"));

    let state = world.state();
    let wanted = |text: &&Text| {
        query.get("To").is_none_or(|to| text.to == to)
            && query.get("From").is_none_or(|from| text.from == from)
            && dates.include(text.dated())
    };
    let before = |text: &&Text| token.is_some_and(|token| text.sid != token);
    let skipped = if token.is_some() { 1 } else { page.saturating_mul(size) };
    let mut rest = state.ledger.all().iter().rev().skip_while(before).filter(wanted).skip(skipped);
    let found: Vec<&Text> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();

    let start = page.saturating_mul(size);
    let address = |page: usize, token: &str| {
        let mut pairs = query.without(&["Page", "PageToken", "PageSize"]);
        pairs.push(("PageSize".to_owned(), size.to_string()));
        pairs.push(("Page".to_owned(), page.to_string()));
        if !token.is_empty() {
            pairs.push(("PageToken".to_owned(), format!("PA{token}")));
        }
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        format!("/{VERSION}/Accounts/{account}/Messages.json?{query}")
    };
    let last = found.last().map(|text| text.sid.clone()).unwrap_or_default();
    reply::json(
        StatusCode::OK,
        &json!({
            "messages": found.iter().map(|text| resource::message(account, text)).collect::<Vec<_>>(),
            "page": page,
            "page_size": size,
            "start": start,
            "end": (start + found.len()).saturating_sub(1),
            "uri": address(page, token.unwrap_or_default()),
            "first_page_uri": address(0, ""),
            "next_page_uri": more.then(|| address(page.saturating_add(1), &last)),
            "previous_page_uri": page.checked_sub(1).map(|previous| address(previous, "")),
        }),
    )
}

/// The times between which a text must have been sent: in whole seconds, since Twilio's dates have no smaller.
#[derive(Debug, Default)]
struct Dates {
    from: Option<i64>,
    until: Option<i64>,
}

impl Dates {
    /// Reads `DateSent`, `DateSent>` and `DateSent<` (with or without a further `=`). A day alone is that whole day.
    fn parse(query: &Parameters) -> Result<Self, Refusal> {
        let get = |name: &str| match query.get(name) {
            Some(value) => {
                bounds(value).map(Some).ok_or_else(|| Refusal::DateInvalid { value: value.to_owned() })
            }
            None => Ok(None),
        };
        let at = get("DateSent")?;
        let from = get("DateSent>")?.or(get("DateSent>=")?).or(at);
        let until = get("DateSent<")?.or(get("DateSent<=")?).or(at);
        Ok(Self { from: from.map(|(first, _)| first), until: until.map(|(_, last)| last) })
    }

    fn include(&self, time: DateTime<Utc>) -> bool {
        let time = time.timestamp();
        self.from.is_none_or(|from| time >= from) && self.until.is_none_or(|until| time <= until)
    }
}

/// The first and the last second that a value means.
fn bounds(value: &str) -> Option<(i64, i64)> {
    if let Ok(time) = DateTime::parse_from_rfc3339(value) {
        return Some((time.timestamp(), time.timestamp()));
    }
    let day = value.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    Some((day, day + 86_399))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::Dates;
    use crate::reply::Parameters;

    fn includes(query: &str, time: &str) -> bool {
        let time: DateTime<Utc> = time.parse().expect("a time");
        Dates::parse(&Parameters::parse(query.as_bytes())).expect("valid dates").include(time)
    }

    #[test]
    fn a_time_means_its_whole_second() {
        assert!(includes("DateSent>=2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000Z"));
        assert!(includes("DateSent>=2026-11-22T09:00:00.700Z", "2026-11-22T09:00:00.100Z"));
        assert!(!includes("DateSent%3E=2026-11-22T09:00:00Z", "2026-11-22T08:59:59.999Z"));
        assert!(!includes("DateSent%3C=2026-11-22T09:00:00Z", "2026-11-22T09:00:01Z"));
    }

    #[test]
    fn a_day_means_all_of_it() {
        assert!(includes("DateSent=2026-11-22", "2026-11-22T23:59:59.5Z"));
        assert!(!includes("DateSent=2026-11-22", "2026-11-23T00:00:00Z"));
        assert!(includes("DateSent<=2026-11-22", "2026-11-22T12:00:00Z"));
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        assert!(Dates::parse(&Parameters::parse(b"DateSent>=yesterday")).is_err());
    }
}
