//! The content of a team's ad-hoc dialog, which sends a message to any number and starts a conversation: number,
//! template, text, and a confirmation after sending.
//!
//! The checks here only give earlier feedback; the server decides what may be sent.

mod message;
mod number;
mod sent;
mod state;
mod templates;

use leptos::{
    ev::{KeyboardEvent, MouseEvent},
    prelude::*,
};
use shared::ids::TeamId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement};

use self::{
    message::message,
    number::{BLOCKED, blocked_notice, from_field, number_field},
    sent::sent,
    state::AdHocState,
};
use crate::{keys::is_send, language::t, session::use_session};

/// The content of a team's ad-hoc dialog.
#[component]
pub(crate) fn AdHoc(team: TeamId) -> impl IntoView {
    let teams = use_session().me().map(|me| me.teams).unwrap_or_default();
    let Some(team) = teams.into_iter().find(|known| known.id == team) else {
        return view! { <p>{t!("You are no longer in this team. Close this dialog and choose another team.")}</p> }
            .into_any();
    };
    let state = AdHocState::new(team);
    view! {
        {move || match state.sent.get() {
            Some(conversation) => sent(state, &conversation),
            None => form(state),
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

fn form(state: AdHocState) -> AnyView {
    let key = move |event: KeyboardEvent| {
        if is_send(&event) {
            state.send();
        }
    };
    let busy = state.composer.form.busy;
    view! {
        <form
            class="flex flex-col gap-4"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                state.send();
            }
            on:keydown=key
        >
            {number_field(state)}
            {from_field(state)}
            {blocked_notice(state)}
            {message(state)}
            {state.composer.form.error()}
            <div class="modal-action mt-0 flex-wrap">
            // Closes the surrounding dialog. The draft stays stored.
            <button type="button" class="btn" on:click=|event| close_dialog(&event)>
                {t!("Cancel")}
            </button>
            <button
                class="btn btn-primary"
                aria-disabled=move || (busy.get() || state.blocked().is_some()).to_string()
                aria-describedby=move || state.blocked().map(|_| BLOCKED)
            >
                {move || if busy.get() { t!("Sending…") } else { t!("Send") }}
            </button>
            </div>
        </form>
    }
    .into_any()
}
