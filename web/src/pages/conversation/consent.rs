//! Whether the customer takes our texts: what stands in the composer's place when they do not, and recording by hand
//! what they say about it.
//!
//! It must never bring the composer back by itself: that is the server's word, which is asked for again.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{
    account::Permission,
    consent::{ConsentState, NewConsent},
};

use super::{
    Desk,
    draft::{Draft, Place},
};
use crate::{
    components::{
        consent::opted_out,
        form::{Form, Line},
        notices::use_notices,
    },
    session::use_session,
    time_zone::Zone,
};

/// Why nothing can be sent, and for those who may, the way back.
#[component]
pub(crate) fn OptedOut() -> impl IntoView {
    let desk = use_context::<Desk>()?;
    let session = use_session();
    let zone = desk
        .detail
        .with_untracked(|detail| Zone::new(detail.as_ref().map_or("UTC", |detail| &detail.team.time_zone)));
    let consent = desk.read(|detail| detail.consent.clone());
    let why = move || consent.get().map(|consent| opted_out(&consent, &zone));
    let kept = !Draft::recall(&Place::new(session.account(), desk.id)).text.trim().is_empty();
    let may_record = session.me().is_some_and(|me| me.may(Permission::ManageTeam));
    Some(view! {
        <section aria-label="Consent" class="mt-3 flex flex-col gap-3 rounded-box border border-warning p-4">
            <p role="status" class="wrap-anywhere">
                <strong>"Opted out. "</strong>
                "This customer " {why} ". You cannot send them messages."
                {kept.then_some(" Your draft is kept.")}
            </p>
            {may_record.then(|| record(desk, ConsentState::OptedIn))}
        </section>
    })
}

/// Recording that the customer has opted out.
#[component]
pub(crate) fn OptOut() -> impl IntoView {
    let desk = use_context::<Desk>()?;
    Some(view! { <div class="mt-3">{record(desk, ConsentState::OptedOut)}</div> })
}

fn record(desk: Desk, state: ConsentState) -> AnyView {
    let form = Form::new();
    let notices = use_notices();
    let note = RwSignal::new(String::new());
    let (label, button, done) = match state {
        ConsentState::OptedIn => {
            ("How did they tell us that they opted in?", "Record opt-in", "The opt-in is recorded.")
        }
        ConsentState::OptedOut => ("How did they tell us?", "Record opt-out", "The opt-out is recorded."),
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new = desk.detail.with_untracked(|detail| {
            let conversation = &detail.as_ref()?.conversation;
            Some(NewConsent {
                team_number: conversation.team_number.clone(),
                number: conversation.number.to_string(),
                state,
                note: note.get_untracked(),
            })
        });
        let Some(new) = new else { return };
        form.send(async move { desk.client.create_consent(&new).await }, move |_| {
            // The news of it may have been here first, and have taken the form away.
            note.try_set(String::new());
            notices.say(done);
            desk.refetch.try_run(());
        });
    };
    view! {
        <form class="flex flex-col gap-3" novalidate on:submit=submit>
            {form.area(Line::text("note", label, note))}
            {form.fault()}
            <div>{form.submit(button)}</div>
        </form>
    }
    .into_any()
}
