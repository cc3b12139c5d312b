//! An ad-hoc message: a text to any number, which begins a conversation. What the dialog that a team's button opens
//! holds: number, template, text, and then what came of it.
//!
//! What may be sent is the server's word; what is said here before is only sooner.

mod draft;
mod message;
mod number;
mod sent;
mod templates;
mod text;
mod writing;

use leptos::{
    ev::{KeyboardEvent, MouseEvent},
    prelude::*,
};
use shared::ids::TeamId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement};

use self::{
    message::message,
    number::{BLOCKED, from_field, number_field, obstacle},
    sent::sent,
    writing::Writing,
};
use crate::{keys::is_send, session::use_session};

/// The content of a team's ad-hoc dialog.
#[component]
pub(crate) fn AdHoc(team: TeamId) -> impl IntoView {
    let teams = use_session().me().map(|me| me.teams).unwrap_or_default();
    let Some(team) = teams.into_iter().find(|known| known.id == team) else {
        return view! { <p>"You are no longer in this team. Close this dialog and choose another team."</p> }
            .into_any();
    };
    let writing = Writing::new(team);
    view! {
        {move || match writing.sent.get() {
            Some(conversation) => sent(writing, &conversation),
            None => form(writing),
        }}
    }
    .into_any()
}

fn close_dialog(event: &MouseEvent) {
    let button = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let dialog = button.and_then(|button| button.closest("dialog").ok().flatten());
    if let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

fn form(writing: Writing) -> AnyView {
    let key = move |event: KeyboardEvent| {
        if is_send(&event) {
            writing.send();
        }
    };
    let busy = writing.form.busy;
    view! {
        <form
            class="flex flex-col gap-4"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                writing.send();
            }
            on:keydown=key
        >
            {number_field(writing)}
            {from_field(writing)}
            {obstacle(writing)}
            {message(writing)}
            {writing.form.fault()}
            <div class="modal-action mt-0 flex-wrap">
            // Closes the dialog around this; the draft is kept.
            <button type="button" class="btn" on:click=|event| close_dialog(&event)>
                "Cancel"
            </button>
            <button
                class="btn btn-primary"
                aria-disabled=move || (busy.get() || writing.blocked().is_some()).to_string()
                aria-describedby=move || writing.blocked().map(|_| BLOCKED)
            >
                {move || if busy.get() { "Sending…" } else { "Send" }}
            </button>
            </div>
        </form>
    }
    .into_any()
}
