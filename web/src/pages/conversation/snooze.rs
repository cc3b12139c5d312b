//! The button that snoozes the conversation, and who snoozed it, until when and why.

use leptos::prelude::*;
use shared::{conversation::Action, snooze::Snooze};

use super::ConversationContext;
use crate::{
    components::{dialog::Dialog, form::Form, notices::use_notices, person::isolated, when::when},
    language::t,
    pages::lazy::{Lazy, LazyPage},
    time_zone::Zone,
};

/// The button, with its dialog.
pub(super) fn snooze_button(context: ConversationContext) -> AnyView {
    let may_snooze = context.read(|detail| detail.permitted_actions.contains(&Action::Snooze));
    let dialog = move || {
        context.snoozing.get().then(|| {
            let close = Callback::new(move |()| context.snoozing.set(false));
            view! {
                <Dialog title=t!("Snooze conversation").to_owned() close>
                    <LazyPage page=Lazy::Snooze />
                </Dialog>
            }
        })
    };
    let button = move || {
        view! {
            <button
                type="button"
                class="btn btn-sm"
                data-snooze=""
                aria-haspopup="dialog"
                on:click=move |_| context.snoozing.set(true)
            >
                {t!("Snooze")}
            </button>
        }
        .into_any()
    };
    view! { {when(move || may_snooze.get(), button)} {dialog} }.into_any()
}

/// The snooze, above the thread: until it ends, and afterwards until the next reply.
pub(super) fn snooze_banner(context: ConversationContext, zone: Zone) -> AnyView {
    let snooze = context
        .read(|detail| detail.snooze.clone().map(|snooze| (detail.conversation.snoozed_until, snooze)));
    let may_snooze = context.read(|detail| detail.permitted_actions.contains(&Action::Snooze));
    let form = Form::new();
    let notices = use_notices();
    let end = move |_| {
        form.send_and_handle(
            async move { context.client.delete_snooze(context.id).await },
            move |response| {
                if let Err(error) = response {
                    notices.error(&error);
                }
                context.refetch.try_run(());
                Ok(())
            },
        );
    };
    let content = move || {
        snooze.get().map(|(until, Snooze { by, note })| {
            let by = isolated(&by).into_owned();
            let (title, text) = match (until, note) {
                (Some(until), note) => {
                    let title = t!("Snoozed until {date}", date = zone.day_and_clock_time(until));
                    let text = match note {
                        Some(note) => t!("by {name}: {note}", name = by, note = isolated(&note)),
                        None => t!("by {name}", name = by),
                    };
                    (title, text)
                }
                (None, Some(note)) => {
                    let text = t!("{name} wrote: {note}", name = by, note = isolated(&note));
                    (t!("Back from a snooze.").to_owned(), text)
                }
                (None, None) => {
                    (t!("Back from a snooze.").to_owned(), t!("{name} had snoozed it.", name = by))
                }
            };
            let button = (until.is_some() && may_snooze.get()).then(|| {
                view! {
                    <button
                        type="button"
                        class="btn btn-sm"
                        aria-disabled=move || form.busy.get().to_string()
                        on:click=end
                    >
                        {t!("Return to queue")}
                    </button>
                }
            });
            view! {
                <div class="mt-2 flex flex-wrap items-center justify-between gap-2 rounded-box border border-edge bg-panel px-4 py-2 text-sm xl:bg-raised">
                    <p class="min-w-0 wrap-anywhere" dir="auto">
                        <strong class="font-semibold">{title}</strong>
                        " "
                        {text}
                    </p>
                    {button}
                </div>
            }
        })
    };
    view! { <div data-snoozed role="status">{content}</div> }.into_any()
}
