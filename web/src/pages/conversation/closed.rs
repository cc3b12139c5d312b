//! The banner of a closed conversation, in place of the composer: who closed it, when and why, and any unsent drafts.

use leptos::prelude::*;

use super::{ConversationContext, note, reply};
use crate::{
    components::{timestamp::date_and_time, when::when},
    language::{plural, t, with_views},
    session::use_session,
    time_zone::Zone,
};

/// "Closed by Ann on 22 Nov 10:02 · Payment arranged · note"
#[component]
pub(super) fn ClosedBanner(context: ConversationContext, zone: Zone) -> impl IntoView {
    let account = use_session().account();
    let id = context.id;
    let unsent_reply = unsent(
        t!("Not sent: "),
        reply::stored_text(account, id),
        Callback::new(move |()| reply::delete_draft(account, id)),
    );
    let unsent_note = unsent(
        t!("Note not added: "),
        note::stored_text(account, id),
        Callback::new(move |()| note::delete_draft(account, id)),
    );
    let closure = context.read(|detail| detail.closure.clone());
    let summary = move || {
        closure.get().map(|closure| {
            view! {
                <p class="min-w-0 wrap-anywhere">
                    <strong>
                        {with_views(
                            t!("Closed by {name} on {date}"),
                            [
                                ("name", view! { <bdi>{closure.closed_by}</bdi> }.into_any()),
                                ("date", date_and_time(closure.closed_at, &zone)),
                            ],
                        )}
                        " · " <bdi>{closure.closure_reason}</bdi>
                    </strong>
                    {closure.note.map(|note| view! { " · " <bdi>{note}</bdi> })}
                    {cancelled(closure.cancelled_messages)}
                </p>
            }
        })
    };
    let next = context.read(|detail| detail.next_id);
    view! {
        <div id="closed" tabindex="-1" class="alert mt-3 flex flex-col items-start gap-1 outline-none" role="status">
            {move || summary()}
            <p class="text-sm">{t!("This conversation is read-only. A new message from the customer starts another one.")}</p>
            {move || {
                next.get().map(|next| {
                    view! {
                        <a href=format!("/conversations/{next}") class="link text-sm">
                            {t!("Next conversation with this customer")}
                        </a>
                    }
                })
            }}
        </div>
        {unsent_reply}
        {unsent_note}
    }
}

/// " · 2 scheduled messages were cancelled"
fn cancelled(count: i32) -> Option<String> {
    match count {
        ..=0 => None,
        _ => Some(plural!(
            count,
            " · {count} scheduled message was cancelled",
            " · {count} scheduled messages were cancelled",
        )),
    }
}

/// The text of a draft that the closure has left unsent, with a button that discards it.
fn unsent(label: &'static str, text: String, discard: Callback<()>) -> AnyView {
    let text = RwSignal::new(text);
    let discard = move |_| {
        discard.run(());
        text.set(String::new());
    };
    when(
        move || text.with(|text| !text.is_empty()),
        move || {
            view! {
                <div class="alert alert-warning mt-2 flex items-start justify-between gap-3">
                    <p class="min-w-0 wrap-anywhere whitespace-pre-wrap">
                        <strong>{label}</strong>
                        <bdi>{text}</bdi>
                    </p>
                    <button type="button" class="btn btn-sm" on:click=discard>
                        {t!("Discard")}
                    </button>
                </div>
            }
            .into_any()
        },
    )
}
