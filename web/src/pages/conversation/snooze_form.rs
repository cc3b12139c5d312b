//! The content of the dialog that snoozes the conversation: a preset or an own time in the team's zone, and a note.

use chrono::{DateTime, Utc};
use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{ErrorCode, snooze::NewSnooze};

use super::{
    ConversationContext,
    times::{input_value, parse, presets, to_utc},
};
use crate::{
    api::RequestError,
    clock::now,
    components::{
        form::{Field, Form, hint_and_error},
        notices::use_notices,
    },
    keys::focus_first,
    time_zone::Zone,
};

/// The form. Closes its dialog when the conversation is snoozed.
#[component]
pub(crate) fn SnoozeForm() -> impl IntoView {
    let context = use_context::<ConversationContext>()?;
    let zone = context
        .detail
        .with_untracked(|detail| Zone::new(detail.as_ref().map_or("UTC", |detail| &detail.team.time_zone)));
    let (form, notices) = (Form::new(), use_notices());
    let (note, own) = (RwSignal::new(String::new()), NodeRef::<html::Input>::new());
    let offered = presets(now(), &|at| zone.local(at));
    // The place of the chosen preset; that of an own time comes after them.
    let (chosen, own_place) = (RwSignal::new(0), offered.len());
    let times: Vec<DateTime<Utc>> = offered.iter().map(|(_, at)| *at).collect();
    let choices = offered.into_iter().enumerate().map(|(place, (label, at))| {
        choice(
            chosen,
            place,
            label,
            view! { <span class="text-quiet">{day_and_time(&zone, at)}</span> }.into_any(),
        )
    });
    let choices = choices.collect_view();
    let error = form.field_error("until");
    let use_own = Callback::new(move |()| chosen.set(own_place));
    let own_input = date_and_time(own, input_value(zone.local(now())), error, use_own);
    // The dialog has moved the focus before the chunk was loaded.
    request_animation_frame(|| focus_first("[name=snooze]"));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let own_time = || Some(to_utc(parse(&own.get_untracked()?.value())?, &|at| zone.local(at)));
        let Some(until) = times.get(chosen.get_untracked()).copied().or_else(own_time) else {
            form.set_error(RequestError::in_field("until", "Choose a date and a time."));
            focus_first("#field-until");
            return;
        };
        let note = Some(note.get_untracked().trim().to_owned()).filter(|note| !note.is_empty());
        let last_seen_message_id = context.thread.seen.get_untracked();
        let new = NewSnooze { until, note, last_seen_message_id };
        let text = format!("The conversation is snoozed until {}.", day_and_time(&zone, until));
        let request = async move { context.client.put_snooze(context.id, &new).await };
        form.send_and_handle(request, move |response| {
            context.refetch.try_run(());
            match response {
                Err(error) if error.code() == Some(ErrorCode::ConversationMoved) => {
                    let text = "New messages have arrived. Read them, then snooze the conversation.";
                    return Err(RequestError::in_field("until", text));
                }
                other => other?,
            }
            notices.info(&text);
            context.snoozing.set(false);
            Ok(())
        });
    };
    Some(view! {
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            <fieldset class="flex min-w-0 flex-col">
                <legend class="mb-1 text-sm font-medium">"Out of the queue until"</legend>
                {choices}
                {choice(chosen, own_place, "Own time", own_input)}
                {hint_and_error("error-until".to_owned(), "", error)}
            </fieldset>
            {form.text_area(Field {
                hint: "The team sees it when the conversation returns.",
                ..Field::text("note", "Why (optional)", note)
            })}
            {form.error()}
            <p class="text-sm text-quiet">"It returns at once when the customer writes."</p>
            {form.actions(Callback::new(move |()| context.snoozing.set(false)), "Snooze")}
        </form>
    })
}

/// The input of an own time. `used` runs when it gets the focus.
fn date_and_time(
    own: NodeRef<html::Input>,
    earliest: String,
    error: Signal<Option<String>>,
    used: Callback<()>,
) -> AnyView {
    view! {
        <input
            node_ref=own
            id="field-until"
            type="datetime-local"
            class="input input-sm w-52"
            aria-label="Date and time"
            aria-describedby="error-until"
            aria-invalid=move || error.with(Option::is_some).to_string()
            min=earliest
            on:focus=move |_| used.run(())
        />
    }
    .into_any()
}

/// "Monday 30 November 09:00"
fn day_and_time(zone: &Zone, at: DateTime<Utc>) -> String {
    format!("{} {}", zone.day(at), zone.time(at))
}

/// A radio button with its label, and what stands beside it.
fn choice(chosen: RwSignal<usize>, place: usize, label: &'static str, beside: AnyView) -> AnyView {
    view! {
        <div class="flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-edge py-1 text-sm last-of-type:border-0">
            <label class="flex min-h-8 items-center gap-2">
                <input
                    type="radio"
                    name="snooze"
                    class="radio radio-sm"
                    prop:checked=move || chosen.get() == place
                    on:change=move |_| chosen.set(place)
                />
                {label}
            </label>
            {beside}
        </div>
    }
    .into_any()
}
