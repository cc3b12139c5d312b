//! Chooses when a message goes out: the menu beside the Send button, and the input of a date and time. All times are those
//! of the team's zone.

use chrono::{DateTime, Utc};
use leptos::{html, prelude::*};

use super::{
    ConversationContext,
    reply::ReplyState,
    times::{parse, presets, to_utc},
};
use crate::{
    clock::now,
    components::icon::{Icon, icon},
    language::{t, text},
    time_zone::Zone,
};

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
            aria-label=t!("Send later")
            title=t!("Send later")
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
                    <span>{text(label)}</span>
                    <span class="text-quiet">{time}</span>
                </button>
            </li>
        }
    };
    let presets = presets(now(), &|at| zone.local(at)).into_iter().map(preset).collect_view();
    let at = RwSignal::new(String::new());
    let error = RwSignal::new("");
    let parse_zone = zone.clone();
    let choose = Callback::new(move |()| match chosen(&at.get_untracked(), &parse_zone) {
        Ok(at) => schedule.run(at),
        Err(reason) => error.set(reason),
    });
    view! {
        <p class="px-2 pb-1 text-sm font-semibold">{t!("Send later")}</p>
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
                {t!("Schedule")}
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
            <span class="text-sm font-medium">{t!("Date and time")}</span>
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
        <p class="text-xs text-quiet">{move || t!("Time of the team: {zone}", zone = zone.get())}</p>
        <p id=error_id role="alert" class="text-sm font-medium text-failed empty:hidden">{error}</p>
    }
    .into_any()
}

/// Parses what the agent has chosen.
pub(super) fn chosen(value: &str, zone: &Zone) -> Result<DateTime<Utc>, &'static str> {
    let local = parse(value).ok_or(t!("Choose a date and time."))?;
    let at = to_utc(local, &|at| zone.local(at));
    if at > now() { Ok(at) } else { Err(t!("Choose a time in the future.")) }
}
