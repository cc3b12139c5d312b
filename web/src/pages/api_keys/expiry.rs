//! When an API key expires: the choice in a dialog, and the cell of the table.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use leptos::prelude::*;

use crate::{
    clock::{Clock, milliseconds_now},
    components::form::{Form, hint_and_error},
    language::{plural, t},
    time_zone::{Zone, iso8601},
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Number of days before the expiry from which the page points it out.
const SOON: i64 = 7;

/// The choice of an expiry.
#[derive(Clone, Copy)]
pub(super) struct ExpiryChoice {
    /// `keep`, `never`, a number of days, or `date`.
    chosen: RwSignal<&'static str>,
    /// The value of the input for a date.
    date: RwSignal<String>,
    /// Whether the expiry can stay as it is.
    may_keep: bool,
}

/// The numbers of days that are offered.
const DAYS: [&str; 3] = ["30", "90", "365"];

impl ExpiryChoice {
    pub(super) fn new(may_keep: bool) -> Self {
        let chosen = RwSignal::new(if may_keep { "keep" } else { "never" });
        Self { chosen, date: RwSignal::new(String::new()), may_keep }
    }

    /// Returns the time at which the key expires; `None` keeps it, `Some(None)` stands for never.
    ///
    /// # Errors
    /// The message for the field, if no date is entered.
    pub(super) fn value(self, zone: &Zone) -> Result<Option<Option<DateTime<Utc>>>, &'static str> {
        let now = DateTime::from_timestamp_millis(milliseconds_now() as i64).unwrap_or_default();
        match self.chosen.get_untracked() {
            "keep" => Ok(None),
            "never" => Ok(Some(None)),
            "date" => {
                let end =
                    self.date.with_untracked(|date| end_of_day(date, |at| zone.local(at) - at.naive_utc()));
                end.map(|end| Some(Some(end))).ok_or(t!("Enter a date."))
            }
            days => Ok(days.parse().ok().map(|days| Some(now + TimeDelta::days(days)))),
        }
    }

    /// The select, and below it the input for a date.
    pub(super) fn field(self, form: Form) -> AnyView {
        let Self { chosen, date, may_keep } = self;
        let error = form.field_error("expires_at");
        let choices = may_keep
            .then_some(("keep", t!("Unchanged").to_owned()))
            .into_iter()
            .chain([("never", t!("Never").to_owned())])
            .chain(DAYS.map(|days| {
                (days, plural!(days.parse::<u32>().unwrap_or_default(), "In {count} day", "In {count} days"))
            }))
            .chain([("date", t!("On a date").to_owned())])
            .collect::<Vec<_>>();
        let first = chosen.get_untracked();
        let values: Vec<&'static str> = choices.iter().map(|(value, _)| *value).collect();
        let options = choices
            .into_iter()
            .map(|(value, label)| view! { <option value=value selected=value == first>{label}</option> });
        let choose = move |given: String| {
            if let Some(value) = values.iter().find(|value| **value == given) {
                chosen.set(value);
                form.clear();
            }
        };
        let input = move || {
            (chosen.get() == "date").then(|| {
                view! {
                    <input
                        type="date"
                        class="input w-full"
                        aria-label=t!("Date of expiry")
                        aria-describedby="error-expires_at"
                        aria-invalid=move || error.with(Option::is_some).to_string()
                        prop:value=date
                        on:input:target=move |event| date.set(event.target().value())
                    />
                }
            })
        };
        view! {
            <div class="flex flex-col gap-1">
                <label for="field-expires_at" class="text-sm font-medium">{t!("Expires")}</label>
                <select
                    id="field-expires_at"
                    class="select w-full"
                    aria-describedby="error-expires_at"
                    on:change:target=move |event| choose(event.target().value())
                >
                    {options.collect_view()}
                </select>
                {input}
                {hint_and_error("error-expires_at".to_owned(), "", error)}
            </div>
        }
        .into_any()
    }
}

/// Returns the end of a day in a time zone, for the value of an input for a date. `offset` returns the offset at a time.
fn end_of_day(date: &str, offset: impl Fn(DateTime<Utc>) -> TimeDelta) -> Option<DateTime<Utc>> {
    let mut numbers = date.split('-').map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day) = (i32::try_from(next()?).ok()?, next()?, next()?);
    let end = NaiveDate::from_ymd_opt(year, month, day)?.succ_opt()?.and_time(NaiveTime::MIN).and_utc();
    let guess = end - offset(end);
    Some(end - offset(guess))
}

/// When a key expires, in words. An expiry that is near or past stands out.
pub(super) fn expiry(at: Option<DateTime<Utc>>, zone: &Zone) -> AnyView {
    let Some(at) = at else { return t!("never").into_any() };
    let clock = use_context::<Clock>();
    let (date, full) = (zone.day_and_month(at), zone.full(at));
    let left = Memo::new(move |_| clock.map_or(0, |clock| -clock.seconds_since(at)));
    let class = move || match left.get() {
        ..=0 => "badge badge-sm badge-error whitespace-nowrap",
        left if left < SOON * DAY => "badge badge-sm badge-warning whitespace-nowrap",
        _ => "whitespace-nowrap",
    };
    let text = move || in_words(left.get(), &date);
    view! { <time class=class datetime=iso8601(at) title=full>{text}</time> }.into_any()
}

fn in_words(left: i64, date: &str) -> String {
    match left {
        ..=0 => t!("expired on {date}", date),
        1..HOUR => t!("in under 1 h").to_owned(),
        HOUR..DAY => t!("in {count} h", count = left / HOUR),
        _ if left < SOON * DAY => plural!(left / DAY, "in {count} day", "in {count} days"),
        _ => date.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_expiry_is_a_time_span_and_a_far_one_a_date() {
        let texts = [0, 60, 2 * HOUR, DAY, 3 * DAY + HOUR, 7 * DAY].map(|left| in_words(left, "30 Nov"));
        assert_eq!(texts, ["expired on 30 Nov", "in under 1 h", "in 2 h", "in 1 day", "in 3 days", "30 Nov"]);
    }

    #[test]
    fn a_key_works_until_the_end_of_the_day_on_the_clocks_of_the_zone() {
        let end = |date: &str, hours: i64| {
            end_of_day(date, |_| TimeDelta::hours(hours)).map(|end| end.to_rfc3339())
        };
        assert_eq!(end("2026-11-30", 0).as_deref(), Some("2026-12-01T00:00:00+00:00"));
        assert_eq!(end("2026-12-31", 1).as_deref(), Some("2026-12-31T23:00:00+00:00"));
        assert_eq!(end("", 0), None);
        assert_eq!(end("2026-02-30", 0), None);
    }
}
