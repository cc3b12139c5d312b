//! The time now, ticking, and how long ago something was, in words.
//!
//! The only place that asks the browser for the time, which it corrects by the server's: ages are right where the
//! computer's clock is wrong. Time zones are in [`crate::time_zone`].

use std::{cell::Cell, time::Duration};

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

const TICK: Duration = Duration::from_secs(30);
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The time now in seconds, as a signal that ticks every half minute.
#[derive(Clone, Copy)]
pub(crate) struct Clock(RwSignal<i64>);

impl Clock {
    /// Starts the clock and makes it known to the components below.
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

    /// "3 min ago" while that says more than the time of day, and the reader is told again as it grows.
    pub(crate) fn ago(self, at: DateTime<Utc>) -> Option<String> {
        ago(self.now() - at.timestamp())
    }

    /// The time now, which is read again with every tick.
    fn now(self) -> i64 {
        self.0.track();
        seconds_now()
    }

    /// "waiting 42 min".
    pub(crate) fn waiting(self, since: DateTime<Utc>) -> String {
        format!("waiting {}", span(self.now() - since.timestamp()))
    }
}

thread_local! {
    /// How far the server's clock is ahead of the computer's, in milliseconds.
    static AHEAD: Cell<f64> = const { Cell::new(0.0) };
}

/// Takes note of the server's time, the `Date` of an answer that has just come.
pub(crate) fn server_time(date: &str) {
    /// `Date` has whole seconds, and the answer was on its way for a while: less than this is no difference.
    const PRECISION: f64 = 3000.0;
    let ahead = js_sys::Date::parse(date) - js_sys::Date::now();
    if ahead.is_finite() && (ahead - AHEAD.get()).abs() > PRECISION {
        AHEAD.set(ahead);
    }
}

/// The server's time now, in milliseconds.
pub(crate) fn milliseconds_now() -> f64 {
    js_sys::Date::now() + AHEAD.get()
}

fn seconds_now() -> i64 {
    (milliseconds_now() / 1000.0) as i64
}

fn ago(seconds: i64) -> Option<String> {
    match seconds {
        // The server's clock may be a little ahead of the desk's.
        ..-60 | HOUR.. => None,
        -60..MINUTE => Some("just now".to_owned()),
        _ => Some(format!("{} ago", span(seconds))),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        ..MINUTE => "under 1 min".to_owned(),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        _ if seconds < 2 * DAY => "1 day".to_owned(),
        _ => format!("{} days", seconds / DAY),
    }
}

/// Waits.
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
    fn recent_times_are_relative_and_older_ones_are_not() {
        assert_eq!(ago(5).as_deref(), Some("just now"));
        assert_eq!(ago(-30).as_deref(), Some("just now"));
        assert_eq!(ago(-3600), None);
        assert_eq!(ago(3 * MINUTE + 59).as_deref(), Some("3 min ago"));
        assert_eq!(ago(HOUR), None);
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        assert_eq!(span(-5), "under 1 min");
        assert_eq!(span(42 * MINUTE), "42 min");
        assert_eq!(span(3 * HOUR + 5), "3 h");
        assert_eq!(span(DAY), "1 day");
        assert_eq!(span(3 * DAY), "3 days");
    }
}
