//! The part below the thread: the reply form and the note form, between which the agent switches, or the banner of a
//! closed conversation.
//!
//! The two forms share nothing: each has its own box, draft and request, so that a note is never sent to the customer.

use leptos::prelude::*;
use shared::{
    account::Permission,
    consent::ConsentState,
    conversation::{Action, ConversationStatus},
};

use super::{
    ConversationContext,
    closed::ClosedBanner,
    note::{NOTE_BOX, NoteState, note_form},
    presence::Reporter,
    reply_form::ReplyForm,
};
use crate::{
    keys::focus_first,
    language::t,
    pages::lazy::{Lazy, LazyPage},
    session::use_session,
    time_zone::Zone,
};

/// The forms, or the banner.
#[component]
pub(super) fn ComposerArea(context: ConversationContext, zone: Zone, reporter: Reporter) -> impl IntoView {
    let is_closed = context.read(|detail| detail.conversation.status == ConversationStatus::Closed);
    move || {
        if is_closed.get() {
            return view! { <ClosedBanner context zone=zone.clone() /> }.into_any();
        }
        // Notes need the permission to reply, but no customer who can be answered.
        match use_session().me().is_some_and(|me| me.may(Permission::Reply)) {
            true => reply_or_note(context, &zone, reporter),
            false => reply(context, &zone, reporter),
        }
    }
}

fn reply_or_note(context: ConversationContext, zone: &Zone, reporter: Reporter) -> AnyView {
    let is_note = context.writes_note;
    let note = NoteState::new(context);
    let has_draft = move || !is_note.get() && note.has_text();
    let choose = move |chosen: bool| {
        is_note.set(chosen);
        let field = if chosen { NOTE_BOX } else { "#reply-message" };
        // In the next frame, when the form is no longer hidden.
        request_animation_frame(move || focus_first(field));
    };
    view! {
        <div role="group" aria-label=t!("What to write") class="join mt-3">
            <button
                type="button"
                class="btn join-item btn-sm"
                class:bg-mine=move || !is_note.get()
                aria-pressed=move || (!is_note.get()).to_string()
                data-write-reply
                on:click=move |_| choose(false)
            >
                {t!("Reply")}
            </button>
            <button
                type="button"
                class="btn join-item btn-sm"
                class:btn-warning=is_note
                aria-pressed=move || is_note.get().to_string()
                data-write-note
                on:click=move |_| choose(true)
            >
                {move || if has_draft() { t!("Note (draft)") } else { t!("Note") }}
            </button>
        </div>
        <div class:hidden=is_note>{reply(context, zone, reporter)}</div>
        <div class:hidden=move || !is_note.get()>{note_form(note, is_note)}</div>
    }
    .into_any()
}

/// The reply form, or why there is none.
fn reply(context: ConversationContext, zone: &Zone, reporter: Reporter) -> AnyView {
    let zone = zone.clone();
    let may_reply = context.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let can_reply = context.read(|detail| detail.conversation.can_reply);
    let is_opted_out = context.read(|detail| {
        detail.consent.as_ref().is_some_and(|consent| consent.state == ConsentState::OptedOut)
    });
    let shown = move || match (can_reply.get(), may_reply.get(), is_opted_out.get()) {
        (false, ..) => hint(t!(
            "This sender is a short code or a name, which cannot receive messages. Read the conversation, then close it."
        )),
        (true, true, _) => view! { <ReplyForm context zone=zone.clone() reporter /> }.into_any(),
        (true, false, true) => view! { <LazyPage page=Lazy::OptedOut /> }.into_any(),
        (true, false, false) => {
            hint(t!("You need the permission “Answer customers” to reply. Ask an administrator."))
        }
    };
    view! { {shown} }.into_any()
}

fn hint(text: &'static str) -> AnyView {
    view! { <p class="alert mt-3">{text}</p> }.into_any()
}
