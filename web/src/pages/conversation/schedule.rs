//! Chooses when a message goes out: the menu beside the Send button, and the input of a date and time. All times are those
//! of the team's zone.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use leptos::{html, prelude::*};

use super::{ConversationContext, reply::ReplyState};
use crate::{
    clock::milliseconds_now,
    components::icon::{Icon, icon},
    time_zone::Zone,
};

/// The time of day of the presets.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Returns the presets after an hour: tomorrow and next Monday, unless they are the same day.
fn mornings(today: NaiveDate) -> Vec<(&'static str, NaiveDateTime)> {
    let tomorrow = today.checked_add_days(Days::new(1));
    let until_monday = 7 - u64::from(today.weekday().num_days_from_monday());
    let monday = today.checked_add_days(Days::new(until_monday)).filter(|monday| Some(*monday) != tomorrow);
    let presets = [("Tomorrow", tomorrow), ("Next Monday", monday)];
    presets.into_iter().filter_map(|(label, day)| Some((label, day?.and_time(MORNING)))).collect()
}

/// The presets, with the time of each.
fn presets(zone: &Zone) -> Vec<(&'static str, DateTime<Utc>)> {
    let now = now();
    let today = zone.local(now).map(|local| local.date());
    let mornings = today.map(mornings).unwrap_or_default();
    let mornings = mornings.into_iter().filter_map(|(label, local)| Some((label, zone.instant(local)?)));
    // To the minute, so that the time is the one that the menu shows.
    let in_an_hour = now + TimeDelta::hours(1);
    let in_an_hour = in_an_hour - TimeDelta::milliseconds(in_an_hour.timestamp_millis() % 60_000);
    std::iter::once(("In 1 hour", in_an_hour)).chain(mornings).collect()
}

/// Returns the server's current time.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds_now() as i64).unwrap_or_default()
}

/// The menu "Send later": its button, which joins the Send button, and its popover with the presets and an own date and
/// time.
pub(super) fn schedule_menu(state: ReplyState, zone: Zone) -> (AnyView, AnyView) {
    let menu = NodeRef::<html::Div>::new();
    // Computes the times of the presets each time.
    let clicks = RwSignal::new(0_u32);
    let schedule = Callback::new(move |at: DateTime<Utc>| {
        if let Some(menu) = menu.get_untracked() {
            let _ = menu.hide_popover();
        }
        state.schedule(at);
    });
    let content = move || (clicks.get() > 0).then(|| content(state.context, &zone, schedule));
    let button = view! {
        <button
            type="button"
            class="btn btn-primary join-item border-l-primary-content/30 px-2 [anchor-name:--schedule]"
            aria-label="Send later"
            title="Send later"
            popovertarget="schedule-menu"
            on:click=move |_| clicks.update(|clicks| *clicks += 1)
        >
            {icon(Icon::MENU, "size-4")}
        </button>
    };
    let popover = view! {
        <div
            node_ref=menu
            id="schedule-menu"
            popover="auto"
            class="fixed inset-auto right-4 bottom-24 m-0 mb-1 w-72 rounded-box border border-edge bg-raised p-2 text-base-content shadow-raised [position-anchor:--schedule] supports-[anchor-name:--a]:right-[anchor(right)] supports-[anchor-name:--a]:bottom-[anchor(top)]"
            // Keys mean nothing for the message box here.
            on:keydown=move |event| event.stop_propagation()
        >
            {content}
        </div>
    };
    (button.into_any(), popover.into_any())
}

fn content(context: ConversationContext, zone: &Zone, schedule: Callback<DateTime<Utc>>) -> AnyView {
    let preset = |(label, at): (&'static str, DateTime<Utc>)| {
        let time = zone.day_and_time(at);
        view! {
            <li>
                <button
                    type="button"
                    class="btn btn-ghost btn-sm w-full justify-between font-normal"
                    on:click=move |_| schedule.run(at)
                >
                    <span>{label}</span>
                    <span class="text-quiet">{time}</span>
                </button>
            </li>
        }
    };
    let presets = presets(zone).into_iter().map(preset).collect_view();
    let at = RwSignal::new(String::new());
    let error = RwSignal::new("");
    let parse_zone = zone.clone();
    let choose = Callback::new(move |()| match chosen(&at.get_untracked(), &parse_zone) {
        Ok(at) => schedule.run(at),
        Err(reason) => error.set(reason),
    });
    view! {
        <p class="px-2 pb-1 text-sm font-semibold">"Send later"</p>
        <ul>{presets}</ul>
        <div
            class="mt-1 flex flex-col gap-2 border-t border-edge p-2 pt-3"
            on:keydown=move |event| {
                // Otherwise, Enter in an input sends the form, which would send the message at once.
                if event.key() == "Enter" {
                    event.prevent_default();
                    choose.run(());
                }
            }
        >
            {time_input(context, "schedule-error", at, error)}
            <button type="button" class="btn btn-sm" on:click=move |_| choose.run(())>
                "Schedule"
            </button>
        </div>
    }
    .into_any()
}

/// The input of a date and time, with its error, whose id is `error_id`.
pub(super) fn time_input(
    context: ConversationContext,
    error_id: &'static str,
    at: RwSignal<String>,
    error: RwSignal<&'static str>,
) -> AnyView {
    let zone = context.read(|detail| detail.team.time_zone.clone());
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium">"Date and time"</span>
            <input
                type="datetime-local"
                class="input input-sm w-full"
                aria-describedby=error_id
                aria-invalid=move || (!error.get().is_empty()).to_string()
                prop:value=at
                on:input:target=move |event| {
                    at.set(event.target().value());
                    error.set("");
                }
            />
        </label>
        <p class="text-xs text-quiet">{move || format!("Time of the team: {}", zone.get())}</p>
        <p id=error_id role="alert" class="text-sm font-medium text-failed empty:hidden">{error}</p>
    }
    .into_any()
}

/// Parses what the agent has chosen.
pub(super) fn chosen(value: &str, zone: &Zone) -> Result<DateTime<Utc>, &'static str> {
    let at = parse(value).and_then(|local| zone.instant(local)).ok_or("Choose a date and time.")?;
    if at > now() { Ok(at) } else { Err("Choose a time in the future.") }
}

/// Formats a time for the input: `2026-11-27T09:00`.
pub(super) fn input_value(at: DateTime<Utc>, zone: &Zone) -> String {
    zone.local(at).map(|local| local.format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
}

/// Parses the value of the input.
fn parse(value: &str) -> Option<NaiveDateTime> {
    let (date, time) = value.split_once('T')?;
    let mut date = date.split('-');
    let (year, month, day) =
        (date.next()?.parse().ok()?, date.next()?.parse().ok()?, date.next()?.parse().ok()?);
    let mut time = time.split(':');
    let (hour, minute) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
    NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_presets_are_mornings_of_two_different_days() {
        let nine = |day| at(2026, 11, day).and_time(MORNING);
        // A Thursday, a Sunday and a Monday.
        assert_eq!(mornings(at(2026, 11, 26)), [("Tomorrow", nine(27)), ("Next Monday", nine(30))]);
        assert_eq!(mornings(at(2026, 11, 29)), [("Tomorrow", nine(30))]);
        assert_eq!(mornings(at(2026, 11, 23)), [("Tomorrow", nine(24)), ("Next Monday", nine(30))]);
    }

    #[test]
    fn the_value_of_a_date_and_time_input_is_parsed() {
        let expected = at(2026, 11, 27).and_hms_opt(9, 5, 0);
        assert_eq!(parse("2026-11-27T09:05"), expected);
        assert_eq!(parse("2026-11-27T09:05:30"), expected);
        for value in ["", "2026-11-27", "2026-02-30T09:00", "2026-11-27T24:00", "T"] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
