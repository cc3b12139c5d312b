//! Formats times in a team's time zone with the browser's `Intl`, because time zone data would make the download too
//! large.
//!
//! Every formatter is created with an explicit time zone, so the browser's own zone is never used.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use js_sys::{Array, Function, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

use crate::{clock::milliseconds_now, language};

/// An IANA time zone, such as `Europe/London`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone(Arc<str>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    /// 22 Nov
    Date,
    /// 2026
    Year,
    /// 09:14
    Time,
    /// Sunday 22 November
    Day,
    /// Sun 22 Nov
    ShortDay,
    /// Sunday 22 November 2026 at 09:14:05 GMT
    Full,
    /// 22/11/2026 09:14:05
    Digits,
}

impl Style {
    fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Style::Date => &[("day", "numeric"), ("month", "short")],
            Style::Year => &[("year", "numeric")],
            Style::Time => &[("hour", "2-digit"), ("minute", "2-digit")],
            Style::Day => &[("weekday", "long"), ("day", "numeric"), ("month", "long")],
            Style::ShortDay => &[("weekday", "short"), ("day", "numeric"), ("month", "short")],
            Style::Full => &[
                ("weekday", "long"),
                ("day", "numeric"),
                ("month", "long"),
                ("year", "numeric"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("second", "2-digit"),
                ("timeZoneName", "short"),
            ],
            Style::Digits => &[
                ("year", "numeric"),
                ("month", "2-digit"),
                ("day", "2-digit"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("second", "2-digit"),
            ],
        }
    }
}

thread_local! {
    /// Formatters, cached because creating one takes a hundred times as long as using it.
    static FORMATTERS: RefCell<HashMap<(Arc<str>, Style), Function>> = RefCell::new(HashMap::new());
}

impl Zone {
    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// Formats the time of day: "09:14".
    pub(crate) fn time(&self, at: DateTime<Utc>) -> String {
        self.format(Style::Time, at)
    }

    /// Formats date and time: "22 Nov 09:14", with the year unless it is the current one.
    pub(crate) fn date_and_time(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", self.day_and_month(at), self.time(at))
    }

    /// Formats the date: "22 Nov", with the year unless it is the current one.
    pub(crate) fn day_and_month(&self, at: DateTime<Utc>) -> String {
        format!("{}{}", self.format(Style::Date, at), self.other_year(at))
    }

    /// Formats the day: "Sunday 22 November", with the year unless it is the current one.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        format!("{}{}", self.format(Style::Day, at), self.other_year(at))
    }

    /// Formats the full date and time, with the zone.
    pub(crate) fn full(&self, at: DateTime<Utc>) -> String {
        self.format(Style::Full, at)
    }

    /// Formats day and time: "Fri 27 Nov 09:00", with the year unless it is the current one.
    pub(crate) fn day_and_time(&self, at: DateTime<Utc>) -> String {
        format!("{}{} {}", self.format(Style::ShortDay, at), self.other_year(at), self.time(at))
    }

    /// Formats the day with its name and the time: "Friday 27 November 09:00", with the year unless it is the current one.
    pub(crate) fn day_and_clock_time(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", self.day(at), self.time(at))
    }

    /// Returns the time on the zone's clocks, in whole seconds.
    pub(crate) fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        local(&self.format(Style::Digits, at)).unwrap_or(at.naive_utc())
    }

    fn other_year(&self, at: DateTime<Utc>) -> String {
        let year = self.format(Style::Year, at);
        let now = JsValue::from_f64(milliseconds_now());
        if self.format_value(Style::Year, &now) == year { String::new() } else { format!(" {year}") }
    }

    fn format(&self, style: Style, at: DateTime<Utc>) -> String {
        self.format_value(style, &JsValue::from_f64(at.timestamp_millis() as f64))
    }

    fn format_value(&self, style: Style, milliseconds: &JsValue) -> String {
        let known = FORMATTERS.with_borrow(|known| known.get(&(self.0.clone(), style)).cloned());
        let format = known.or_else(|| {
            // Falls back to UTC when the browser does not know the zone. `full` shows the zone used.
            let made = formatter(&self.0, style).or_else(|| formatter("UTC", style))?;
            FORMATTERS.with_borrow_mut(|known| known.insert((self.0.clone(), style), made.clone()));
            Some(made)
        });
        format
            .and_then(|format| format.call1(&JsValue::UNDEFINED, milliseconds).ok())
            .and_then(|text| text.as_string())
            .unwrap_or_default()
            .replace(',', "")
    }
}

/// Returns `new Intl.DateTimeFormat(locale, {timeZone, ...}).format`. Called by reflection, because an unknown zone
/// throws.
fn formatter(zone: &str, style: Style) -> Option<Function> {
    // `local` reads the digits in the English order.
    let locale = if style == Style::Digits { "en-GB" } else { language::locale() };
    let options = Object::new();
    let set = |name: &str, value: &str| Reflect::set(&options, &name.into(), &value.into());
    set("timeZone", zone).ok()?;
    set("hourCycle", "h23").ok()?;
    for (name, value) in style.options() {
        set(name, value).ok()?;
    }
    let intl = Reflect::get(&window(), &"Intl".into()).ok()?;
    let constructor: Function = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let made = Reflect::construct(&constructor, &Array::of2(&locale.into(), &options)).ok()?;
    Reflect::get(&made, &"format".into()).ok()?.dyn_into().ok()
}

/// Reads "22/11/2026 09:14:05".
fn local(text: &str) -> Option<NaiveDateTime> {
    let mut numbers = text.split(|character: char| !character.is_ascii_digit()).map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    let (day, month, year) = (next()?, next()?, i32::try_from(next()?).ok()?);
    let (hour, minute, second) = (next()?, next()?, next()?);
    NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second)
}

/// Returns every time zone that the browser knows, for suggestions.
pub(crate) fn known_zones() -> Vec<String> {
    fn ask() -> Option<Array> {
        let intl = Reflect::get(&window(), &"Intl".into()).ok()?;
        let ask: Function = Reflect::get(&intl, &"supportedValuesOf".into()).ok()?.dyn_into().ok()?;
        ask.call1(&intl, &"timeZone".into()).ok()?.dyn_into().ok()
    }
    let known = ask().unwrap_or_default();
    known.iter().filter_map(|zone| zone.as_string()).chain(["UTC".to_owned()]).collect()
}

/// Formats a time for `<time datetime>`: `2026-11-22T09:14:05.000Z`.
pub(crate) fn iso8601(at: DateTime<Utc>) -> String {
    js_sys::Date::new(&JsValue::from_f64(at.timestamp_millis() as f64)).to_iso_string().into()
}

/// Formats a date without a time zone: "22 Nov".
pub(crate) fn date(date: NaiveDate) -> String {
    Zone::new("UTC").format(Style::Date, date.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_of_a_time_are_read() {
        let expected = NaiveDate::from_ymd_opt(2026, 11, 22).and_then(|date| date.and_hms_opt(9, 14, 5));
        assert_eq!(local("22/11/2026 09:14:05"), expected);
        assert_eq!(local("22 Nov 09:14"), None);
    }
}
