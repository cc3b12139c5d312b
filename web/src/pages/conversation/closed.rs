//! What stands in the composer's place once the conversation is closed: by whom, when, why, and what was never sent.

use leptos::prelude::*;

use super::{
    Desk,
    draft::{Draft, Place},
};
use crate::{
    components::{moment::date_and_time, when::when},
    session::use_session,
    time_zone::Zone,
};

/// "Closed by Ann on 22 Nov 10:02 · Payment arranged · note"
#[component]
pub(super) fn ClosedBanner(desk: Desk, zone: Zone) -> impl IntoView {
    let place = Place::new(use_session().account(), desk.id);
    let unsent = RwSignal::new(Draft::recall(&place));
    let discard = move |_| {
        let empty = Draft::empty();
        empty.keep(&place);
        unsent.set(empty);
    };
    let closure = desk.read(|detail| detail.closure.clone());
    let words = move || {
        closure.get().map(|closure| {
            view! {
                <p class="min-w-0 wrap-anywhere">
                    <strong>
                        "Closed by " <bdi>{closure.closed_by}</bdi> " on " {date_and_time(closure.closed_at, &zone)} " · "
                        {closure.closure_reason}
                    </strong>
                    {closure.note.map(|note| view! { " · " {note} })}
                </p>
            }
        })
    };
    let next = desk.read(|detail| detail.next_id);
    let unsent_text = move || unsent.with(|draft| draft.text.clone());
    let kept = when(
        move || unsent.with(|draft| !draft.text.is_empty()),
        move || {
            view! {
                <div class="alert alert-warning mt-2 flex items-start justify-between gap-3">
                    <p class="min-w-0 wrap-anywhere whitespace-pre-wrap">
                        <strong>"Not sent: "</strong>
                        {move || unsent_text()}
                    </p>
                    <button type="button" class="btn btn-sm" on:click=discard.clone()>
                        "Discard"
                    </button>
                </div>
            }
            .into_any()
        },
    );
    view! {
        <div id="closed" tabindex="-1" class="alert mt-3 flex flex-col items-start gap-1 outline-none" role="status">
            {move || words()}
            <p class="text-sm">"This conversation is read-only. A new message from the customer starts another one."</p>
            {move || {
                next.get().map(|next| {
                    view! {
                        <a href=format!("/conversations/{next}") class="link text-sm">
                            "Next conversation with this customer"
                        </a>
                    }
                })
            }}
        </div>
        {kept}
    }
}
