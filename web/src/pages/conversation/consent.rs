//! Consent in a conversation: the notice in place of the composer when the customer has opted out, and the forms that
//! record an opt-out or opt-in.
//!
//! Recording does not change the page itself: it refetches the conversation, and the server's response decides whether
//! the composer is shown.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{
    account::Permission,
    consent::{ConsentState, NewConsent},
};

use super::{ConversationContext, reply::stored_text};
use crate::{
    components::{
        consent::opted_out,
        form::{Field, Form},
        notices::use_notices,
    },
    keys::focus_if_lost,
    language::{t, with_views},
    session::use_session,
    time_zone::Zone,
};

/// The notice that the customer has opted out. Agents with the permission can record an opt-in here.
#[component]
pub(crate) fn OptedOut() -> impl IntoView {
    let context = use_context::<ConversationContext>()?;
    let session = use_session();
    let zone = context
        .detail
        .with_untracked(|detail| Zone::new(detail.as_ref().map_or("UTC", |detail| &detail.team.time_zone)));
    let consent = context.read(|detail| detail.consent.clone());
    let reason = move || consent.get().map(|consent| opted_out(&consent, &zone));
    let has_draft = !stored_text(session.account(), context.id).trim().is_empty();
    let may_record = session.me().is_some_and(|me| me.may(Permission::ManageTeam));
    Some(view! {
        <section aria-label=t!("Consent") class="mt-3 flex flex-col gap-3 rounded-box border border-warning p-4">
            <p role="status" class="wrap-anywhere">
                <strong>{t!("Opted out.")}</strong>
                " "
                {move || {
                    let reason = reason().into_any();
                    with_views(t!("This customer {opted_out}. You cannot send them messages."), [("opted_out", reason)])
                }}
                {has_draft.then(|| format!(" {}", t!("Your draft is saved.")))}
            </p>
            {may_record.then(|| consent_form(context, ConsentState::OptedIn))}
        </section>
    })
}

/// The form that records an opt-out.
#[component]
pub(crate) fn OptOut() -> impl IntoView {
    let context = use_context::<ConversationContext>()?;
    Some(view! { <div class="mt-3">{consent_form(context, ConsentState::OptedOut)}</div> })
}

fn consent_form(context: ConversationContext, state: ConsentState) -> AnyView {
    let form = Form::new();
    let notices = use_notices();
    let note = RwSignal::new(String::new());
    let (label, button, done) = match state {
        ConsentState::OptedIn => {
            (t!("How did the customer opt in?"), t!("Record opt-in"), t!("The opt-in is recorded."))
        }
        ConsentState::OptedOut => {
            (t!("How did the customer opt out?"), t!("Record opt-out"), t!("The opt-out is recorded."))
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new = context.detail.with_untracked(|detail| {
            let conversation = &detail.as_ref()?.conversation;
            Some(NewConsent {
                team_number: conversation.team_number.clone(),
                number: conversation.number.to_string(),
                state,
                note: note.get_untracked(),
            })
        });
        let Some(new) = new else { return };
        form.send_detached(async move { context.client.create_consent(&new).await }, move |response| {
            match response {
                Ok(_) => {
                    note.try_set(String::new());
                    notices.info(done);
                    context.refetch.try_run(());
                    focus_if_lost("h1");
                }
                Err(error) if form.is_disposed() => notices.error(&error),
                Err(error) => return Err(error),
            }
            Ok(())
        });
    };
    view! {
        <form class="flex flex-col gap-3" novalidate on:submit=submit>
            {form.text_area(Field::text("note", label, note))}
            {form.error()}
            <div>{form.submit(button)}</div>
        </form>
    }
    .into_any()
}
