//! A time as people read it: relative while recent, else date and time in the team's zone; the full one on hover.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    clock::Clock,
    time_zone::{Zone, machine},
};

/// "3 min ago", which grows, or "22 Nov 09:14".
pub(crate) fn moment(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let clock = use_context::<Clock>();
    let absolute = zone.date_and_time(at);
    let text = move || clock.and_then(|clock| clock.ago(at)).unwrap_or_else(|| absolute.clone());
    view! { <time class="whitespace-nowrap" datetime=machine(at) title=zone.full(at)>{text}</time> }
        .into_any()
}

/// "22 Nov 09:14", for what is long over or should not move.
pub(crate) fn date_and_time(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let text = zone.date_and_time(at);
    view! { <time class="whitespace-nowrap" datetime=machine(at) title=zone.full(at)>{text}</time> }
        .into_any()
}

/// "09:14", where the day is said above.
pub(crate) fn time_of_day(at: DateTime<Utc>, zone: &Zone) -> AnyView {
    let text = zone.time(at);
    view! { <time class="whitespace-nowrap" datetime=machine(at) title=zone.full(at)>{text}</time> }
        .into_any()
}
