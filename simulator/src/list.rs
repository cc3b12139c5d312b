//! Twilio's message list: newest first, filtered, in pages. A page token names the last message of the previous page,
//! so that messages accepted in between are neither repeated nor skipped. As at Twilio, a filter by `DateSent` excludes
//! unsent messages. Faults make the list lag, ignore its filters, or come in short pages.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hyper::{Body, Response, StatusCode};
use serde_json::json;

use crate::{
    clock,
    faults::{Fault, Stage},
    ledger::Text,
    refusal::Refusal,
    reply::{self, Parameters},
    resource::{self, VERSION},
    world::World,
};

const PAGE_SIZE: usize = 50;
const LARGEST_PAGE: usize = 1000;
/// Token of the page after an empty first page, which has no last message.
const BEGINNING: &str = "BEGINNING";

/// Handles `GET Messages.json`; the faults of `number` apply.
pub(crate) fn list(world: &World, query: &Parameters, number: &str) -> Response<Body> {
    let dates = match Dates::parse(query) {
        Ok(dates) => dates,
        Err(refusal) => return refusal.reply(),
    };
    let account = &world.settings.account_sid;
    let size = query.get("PageSize").and_then(|size| size.parse().ok()).unwrap_or(PAGE_SIZE);
    let size = size.clamp(1, LARGEST_PAGE);
    let page: usize = query.get("Page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let token = query.get("PageToken").and_then(|token| token.strip_prefix("PA"));

    let mut state = world.state();
    let newest = match state.faults.take(number, Stage::ListAge) {
        Some(Fault::ListLags { ms }) => {
            clock::now().checked_sub_signed(TimeDelta::milliseconds(ms.cast_signed())).unwrap_or_default()
        }
        _ => DateTime::<Utc>::MAX_UTC,
    };
    let unfiltered = state.faults.take(number, Stage::ListFilter).is_some();
    let short = state.faults.take(number, Stage::ListPage).is_some();
    let first = token.map_or(page == 0, |token| token == BEGINNING);
    let shown = match (short, token) {
        (false, _) => size,
        (true, None) => 0,
        (true, Some(_)) => 2,
    };
    let wanted = |text: &&Text| {
        text.accepted_at <= newest
            && (unfiltered
                || query.get("To").is_none_or(|to| text.to == to)
                    && query.get("From").is_none_or(|from| text.from == from)
                    && dates.include(text.sent_at))
    };
    let before = |text: &&Text| !first && token.is_some_and(|token| text.sid != token);
    let skipped = match token {
        _ if first => 0,
        Some(_) => 1,
        None => page.saturating_mul(size),
    };
    let mut rest = state.ledger.all().iter().rev().skip_while(before).filter(wanted).skip(skipped);
    let found: Vec<&Text> = rest.by_ref().take(shown).collect();
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
        format!("{base}/{VERSION}/Accounts/{account}/Messages.json?{query}", base = world.settings.base_path)
    };
    let last = found.last().map_or(BEGINNING, |text| &text.sid);
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
            "next_page_uri": more.then(|| address(page.saturating_add(1), last)),
            "previous_page_uri": page.checked_sub(1).map(|previous| address(previous, "")),
        }),
    )
}

/// The range of sent times, in whole seconds like Twilio's dates.
#[derive(Debug, Default)]
struct Dates {
    from: Option<i64>,
    until: Option<i64>,
}

impl Dates {
    /// Reads `DateSent`, `DateSent>` and `DateSent<` (with or without a further `=`). A date means that whole day.
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

    /// Whether the range includes a message; only an empty range includes unsent ones.
    fn include(&self, sent_at: Option<DateTime<Utc>>) -> bool {
        let Some(time) = sent_at.map(|at| at.timestamp()) else {
            return self.from.is_none() && self.until.is_none();
        };
        self.from.is_none_or(|from| time >= from) && self.until.is_none_or(|until| time <= until)
    }
}

/// Returns the first and the last second of a value.
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
        Dates::parse(&Parameters::parse(query.as_bytes())).expect("valid dates").include(Some(time))
    }

    #[test]
    fn an_unsent_message_matches_no_date_filter() {
        let dates = |query: &str| Dates::parse(&Parameters::parse(query.as_bytes())).expect("valid dates");
        assert!(!dates("DateSent>=2000-01-01").include(None));
        assert!(!dates("DateSent<=2100-01-01").include(None));
        assert!(dates("To=%2B447700900123").include(None));
    }

    #[test]
    fn a_time_includes_its_whole_second() {
        assert!(includes("DateSent>=2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000Z"));
        assert!(includes("DateSent>=2026-11-22T09:00:00.700Z", "2026-11-22T09:00:00.100Z"));
        assert!(!includes("DateSent%3E=2026-11-22T09:00:00Z", "2026-11-22T08:59:59.999Z"));
        assert!(!includes("DateSent%3C=2026-11-22T09:00:00Z", "2026-11-22T09:00:01Z"));
    }

    #[test]
    fn a_date_includes_the_whole_day() {
        assert!(includes("DateSent=2026-11-22", "2026-11-22T23:59:59.5Z"));
        assert!(!includes("DateSent=2026-11-22", "2026-11-23T00:00:00Z"));
        assert!(includes("DateSent<=2026-11-22", "2026-11-22T12:00:00Z"));
    }

    #[test]
    fn an_invalid_date_is_rejected() {
        assert!(Dates::parse(&Parameters::parse(b"DateSent>=yesterday")).is_err());
    }
}
