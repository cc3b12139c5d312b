//! The current time as a signal, and formatting of elapsed times.
//!
//! Only this module reads the browser's clock. It corrects the clock by the server's time, so that elapsed times are
//! right on a computer whose clock is wrong. Time zones are in [`crate::time_zone`].

use std::{cell::Cell, time::Duration};

use crate::language::{plural, t};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

const TICK: Duration = Duration::from_secs(30);
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The current time in seconds, as a signal that updates every 30 seconds.
#[derive(Clone, Copy)]
pub(crate) struct Clock(RwSignal<i64>);

impl Clock {
    /// Starts the clock and provides it as context.
    pub(crate) fn provide() {
        let clock = Clock(RwSignal::new(seconds_now()));
        let ticking = set_interval_with_handle(move || clock.0.set(seconds_now()), TICK);
        on_cleanup(move || {
            if let Ok(handle) = ticking {
                handle.clear();
            }
        });
        provide_context(clock);
    }

    /// Formats a time of the last hour as "3 min ago", and updates with the clock. `None` for older times.
    pub(crate) fn ago(self, at: DateTime<Utc>) -> Option<String> {
        ago(self.now() - at.timestamp())
    }

    /// Returns the current time in seconds, and updates with the clock.
    fn now(self) -> i64 {
        self.0.track();
        seconds_now()
    }

    /// Returns the number of seconds since a time, and updates with the clock.
    pub(crate) fn seconds_since(self, since: DateTime<Utc>) -> i64 {
        self.now() - since.timestamp()
    }

    /// Formats the time since a time: "42 min". Updates with the clock.
    pub(crate) fn span_since(self, since: DateTime<Utc>) -> String {
        span(self.seconds_since(since))
    }
}

thread_local! {
    /// Number of milliseconds that the server's clock is ahead of the computer's.
    static AHEAD: Cell<f64> = const { Cell::new(0.0) };
}

/// Records the server's time from the `Date` header of a response that has just arrived.
pub(crate) fn sync_server_time(date: &str) {
    /// `Date` has whole seconds and the response took time to arrive, so smaller differences are ignored.
    const PRECISION: f64 = 3000.0;
    let ahead = js_sys::Date::parse(date) - js_sys::Date::now();
    if ahead.is_finite() && (ahead - AHEAD.get()).abs() > PRECISION {
        AHEAD.set(ahead);
    }
}

/// Returns the server's current time in milliseconds.
pub(crate) fn milliseconds_now() -> f64 {
    js_sys::Date::now() + AHEAD.get()
}

/// Returns the server's current time in microseconds.
pub(crate) fn now_micros() -> i64 {
    (milliseconds_now() * 1000.0) as i64
}

/// Returns the server's current time.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds_now() as i64).unwrap_or_default()
}

fn seconds_now() -> i64 {
    (milliseconds_now() / 1000.0) as i64
}

fn ago(seconds: i64) -> Option<String> {
    match seconds {
        // The time can be slightly in the future, because the clocks differ.
        ..-60 | HOUR.. => None,
        -60..MINUTE => Some(t!("just now").to_owned()),
        _ => Some(t!("{span} ago", span = span(seconds))),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        ..MINUTE => t!("under 1 min").to_owned(),
        MINUTE..HOUR => t!("{count} min", count = seconds / MINUTE),
        HOUR..DAY => t!("{count} h", count = seconds / HOUR),
        _ => plural!(seconds / DAY, "{count} day", "{count} days"),
    }
}

/// Waits for a duration.
pub(crate) async fn pause(time: Duration) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            },
            time,
        );
    });
    let _ = JsFuture::from(promise).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_within_the_last_hour_are_relative() {
        assert_eq!(ago(5).as_deref(), Some("just now"));
        assert_eq!(ago(-30).as_deref(), Some("just now"));
        assert_eq!(ago(-3600), None);
        assert_eq!(ago(3 * MINUTE + 59).as_deref(), Some("3 min ago"));
        assert_eq!(ago(HOUR), None);
    }

    #[test]
    fn a_span_is_formatted_in_its_largest_unit() {
        assert_eq!(span(-5), "under 1 min");
        assert_eq!(span(42 * MINUTE), "42 min");
        assert_eq!(span(3 * HOUR + 5), "3 h");
        assert_eq!(span(DAY), "1 day");
        assert_eq!(span(3 * DAY), "3 days");
    }
}
