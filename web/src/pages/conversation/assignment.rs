//! Who has the conversation: taking, giving and releasing it, and the note for its holder.

use leptos::prelude::*;
use shared::{
    account::AccountName,
    assignment::NewAssignment,
    conversation::{Action, ConversationStatus},
    ids::AccountId,
};

use super::ConversationContext;
use crate::{
    api::RequestError,
    components::{dialog::Dialog, form::Form, notices::use_notices, person::isolated},
    keys::focus_if_lost,
    language::t,
    pages::lazy::{Lazy, LazyPage},
    session::use_session,
};

const BUTTON: &str = "btn btn-sm";

/// "Take", or the holder's name with "Give" and "Release".
pub(super) fn assignment(context: ConversationContext) -> AnyView {
    let holder = context.read(|detail| detail.conversation.assigned_to.clone());
    let may_assign = context.read(|detail| detail.permitted_actions.contains(&Action::Assign));
    let own = use_session().account();
    let form = Form::new();
    let has_holder = Memo::new(move |_| holder.with(Option::is_some));
    let acted = StoredValue::new(false);
    // The pressed button is removed, so the one in its place gets the focus.
    Effect::new(move |before: Option<bool>| {
        let now = has_holder.get();
        if before.is_some_and(|before| before != now) && acted.get_value() {
            acted.set_value(false);
            focus_if_lost("[data-assignment] button");
        }
        now
    });
    let text = move || holder.with(|holder| holder.as_ref().map(|holder| holder_text(holder, own)));
    let buttons = move || match (may_assign.get(), has_holder.get(), own) {
        (true, true, _) => give_and_release(context, form, acted),
        (true, false, Some(own)) => take(context, form, acted, own),
        _ => ().into_any(),
    };
    let dialog = move || {
        context.giving.get().then(|| {
            let close = Callback::new(move |()| context.giving.set(false));
            view! {
                <Dialog title=t!("Give conversation").to_owned() close>
                    <LazyPage page=Lazy::Give />
                </Dialog>
            }
        })
    };
    view! {
        <div data-assignment class="flex flex-wrap items-center gap-2 text-sm">
            <span class="empty:hidden">{text}</span>
            {buttons}
            {dialog}
        </div>
    }
    .into_any()
}

fn holder_text(holder: &AccountName, own: Option<AccountId>) -> String {
    if Some(holder.id) == own {
        t!("Assigned to you").to_owned()
    } else {
        t!("Assigned to {name}", name = isolated(&holder.name))
    }
}

fn take(context: ConversationContext, form: Form, acted: StoredValue<bool>, own: AccountId) -> AnyView {
    let done = finished(context);
    let take = move |_| {
        acted.set_value(true);
        let new = NewAssignment { account_id: own, note: None, force: false };
        form.send_and_handle(async move { context.client.put_assignment(context.id, &new).await }, done);
    };
    view! {
        <button type="button" class=BUTTON aria-disabled=move || form.busy.get().to_string() on:click=take>
            {t!("Take")}
        </button>
    }
    .into_any()
}

fn give_and_release(context: ConversationContext, form: Form, acted: StoredValue<bool>) -> AnyView {
    let done = finished(context);
    let release = move |_| {
        acted.set_value(true);
        form.send_and_handle(async move { context.client.delete_assignment(context.id).await }, done);
    };
    view! {
        <button type="button" class=BUTTON aria-haspopup="dialog" on:click=move |_| context.giving.set(true)>
            {t!("Give")}
        </button>
        <button type="button" class=BUTTON aria-disabled=move || form.busy.get().to_string() on:click=release>
            {t!("Release")}
        </button>
    }
    .into_any()
}

/// Shows the new state after a request. Errors are notices, because the buttons may be others now.
fn finished(
    context: ConversationContext,
) -> impl Fn(Result<(), RequestError>) -> Result<(), RequestError> + Copy + 'static {
    let notices = use_notices();
    move |response| {
        if let Err(error) = response {
            notices.error(&error);
        }
        context.refetch.try_run(());
        Ok(())
    }
}

/// The note of the assignment, above the thread.
pub(super) fn assignment_note(context: ConversationContext) -> AnyView {
    let note = context.read(|detail| {
        let is_closed = detail.conversation.status == ConversationStatus::Closed;
        detail.assignment_note.clone().filter(|_| !is_closed)
    });
    let text = move || {
        note.get().map(|note| {
            let from = note.by.map(|by| t!("Note from {name}:", name = isolated(&by)) + " ");
            view! {
                <p role="note" class="mt-2 rounded-box border border-note-edge bg-note px-4 py-2 text-sm wrap-anywhere" dir="auto">
                    <span><strong class="font-semibold">{from}</strong><bdi>{note.text}</bdi></span>
                </p>
            }
        })
    };
    view! { {text} }.into_any()
}
