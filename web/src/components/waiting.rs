//! How long a customer has waited, in the colour of its age, until when a conversation is snoozed, and why it needs
//! attention.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::conversation::{Attention, Conversation, NextAction};

use super::icon::{Icon, icon};
use crate::{
    clock::Clock,
    language::{received, t},
    time_zone::Zone,
};

/// Number of seconds from which a wait is warm.
const WARM_FROM: i64 = 15 * 60;
/// Number of seconds from which a wait is late.
const LATE_FROM: i64 = 60 * 60;

/// The age of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Calm,
    Warm,
    Late,
}

impl Age {
    fn of(seconds: i64) -> Self {
        match seconds {
            LATE_FROM.. => Age::Late,
            WARM_FROM.. => Age::Warm,
            _ => Age::Calm,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Age::Calm => "shrink-0 whitespace-nowrap text-calm",
            Age::Warm => "shrink-0 whitespace-nowrap font-medium text-warm",
            Age::Late => "shrink-0 whitespace-nowrap font-semibold text-late",
        }
    }
}

/// The waiting time, "waiting 42 min". `prefix` is the class of the word "waiting", which a narrow list hides.
pub(crate) fn waiting(since: DateTime<Utc>, prefix: &'static str) -> AnyView {
    let clock = use_context::<Clock>();
    let seconds = move || clock.map_or(0, |clock| clock.seconds_since(since));
    let class = move || Age::of(seconds()).class();
    let span = move || clock.map(|clock| clock.span_since(since));
    view! { <span class=class><span class=prefix>{t!("waiting")} " "</span>{span}</span> }.into_any()
}

/// "until 30 Nov 09:00": when a snoozed conversation returns to the queue.
pub(crate) fn snoozed(until: DateTime<Utc>, zone: &Zone) -> AnyView {
    let text = t!("until {date}", date = zone.date_and_time(until));
    view! { <span class="shrink-0 whitespace-nowrap text-quiet" title=zone.full(until)>{text}</span> }
        .into_any()
}

/// The attention code in words: "not delivered".
pub(crate) fn attention(attention: &Attention) -> AnyView {
    let kind = received(&attention.code.as_str().replace('_', " "));
    view! {
        <span class="flex shrink-0 items-center gap-1 font-medium whitespace-nowrap text-failed">
            {icon(Icon::FAILED, "size-3.5")} {kind}
        </span>
    }
    .into_any()
}

/// Whether the agent acts next.
pub(crate) fn needs_agent(conversation: &Conversation) -> bool {
    conversation.next_action == Some(NextAction::Agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_calm_then_warm_then_late() {
        for (minutes, age) in [
            (-1, Age::Calm),
            (0, Age::Calm),
            (14, Age::Calm),
            (15, Age::Warm),
            (59, Age::Warm),
            (60, Age::Late),
            (4000, Age::Late),
        ] {
            assert_eq!(Age::of(minutes * 60), age, "{minutes} min");
        }
    }
}
