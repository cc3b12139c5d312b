//! Displays times: relative while recent, otherwise date and time in the team's zone. A tooltip shows the full time.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    clock::Clock,
    time_zone::{Zone, iso8601},
};

/// A time of the last hour as "3 min ago", which stays up to date, or an older one as "22 Nov 09:14".
pub(crate) fn timestamp(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let clock = use_context::<Clock>();
    let absolute = zone.date_and_time(at);
    let text = move || clock.and_then(|clock| clock.ago(at)).unwrap_or_else(|| absolute.clone());
    view! { <time class="whitespace-nowrap" datetime=iso8601(at) title=zone.full(at)>{text}</time> }
        .into_any()
}

/// A time as "22 Nov 09:14", for times that should not change on the screen.
pub(crate) fn date_and_time(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let text = zone.date_and_time(at);
    view! { <time class="whitespace-nowrap" datetime=iso8601(at) title=zone.full(at)>{text}</time> }
        .into_any()
}

/// A time as "22 Nov", for what happened on earlier days.
pub(crate) fn day_and_month(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let text = zone.day_and_month(at);
    view! { <time class="whitespace-nowrap" datetime=iso8601(at) title=zone.full(at)>{text}</time> }
        .into_any()
}

/// A time as "09:14", below a heading with the day.
pub(crate) fn time_of_day(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let text = zone.time(at);
    view! { <time class="whitespace-nowrap" datetime=iso8601(at) title=zone.full(at)>{text}</time> }
        .into_any()
}
