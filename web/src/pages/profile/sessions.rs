//! Where one is signed in: each session with its browser, address and last use, and a button that ends it.

use leptos::prelude::*;
use shared::account::OwnSession;

use crate::{
    api::Fault,
    components::{
        form::Form,
        moment::{date_and_time, moment},
        notices::use_notices,
        placeholder::{failed, skeleton},
    },
    live::{News, coalesced, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

/// What the list's buttons need.
#[derive(Clone, Copy)]
struct Sessions {
    form: Form,
    refetch: Callback<()>,
}

/// The list, followed by "Sign out everywhere else".
pub(super) fn sessions() -> AnyView {
    let client = use_client();
    let found = RwSignal::new(None::<Vec<OwnSession>>);
    let fault = RwSignal::new(None::<Fault>);
    let refetch = coalesced(move || async move {
        match client.list_my_sessions().await {
            Ok(sessions) => {
                fault.try_set(None);
                found.try_set(Some(sessions));
            }
            Err(met) => {
                fault.try_set(Some(met));
            }
        }
    });
    refetch.run(());
    let own = use_session().account();
    use_live().listen(move |news| match news {
        News::Event(event) if event.account_id.is_none() || event.account_id != own => {}
        _ => refetch.run(()),
    });
    let page = Sessions { form: Form::new(), refetch };
    let zone = use_session().zone();
    let body = move || match (found.get(), fault.get()) {
        (Some(sessions), _) => list(page, &sessions, &zone),
        (None, Some(fault)) => failed(&fault, refetch),
        (None, None) => skeleton(2),
    };
    view! {
        {body}
        {page.form.fault()}
    }
    .into_any()
}

fn list(page: Sessions, sessions: &[OwnSession], zone: &Zone) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let others = sessions.iter().any(|session| !session.current);
    let end_others = move |_| {
        page.form.send(async move { client.delete_my_sessions().await }, move |()| {
            notices.say("You are signed out everywhere else.");
            page.refetch.run(());
        });
    };
    view! {
        <ul class="flex flex-col gap-2">
            {sessions.iter().map(|session| row(page, session, zone)).collect_view()}
        </ul>
        {others
            .then(|| {
                view! {
                    <button type="button" class="btn btn-sm mt-3" on:click=end_others>
                        "Sign out everywhere else"
                    </button>
                }
            })}
    }
    .into_any()
}

fn row(page: Sessions, session: &OwnSession, zone: &Zone) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let id = session.id;
    let name =
        if session.user_agent.is_empty() { "Unknown program".to_owned() } else { session.user_agent.clone() };
    let end = move |_| {
        page.form.send(async move { client.delete_my_session(id).await }, move |()| {
            notices.say("The session is signed out.");
            page.refetch.run(());
        });
    };
    let action = if session.current {
        view! { <span class="badge">"This browser"</span> }.into_any()
    } else {
        view! {
            <button type="button" class="btn btn-sm" on:click=end>
                "Sign out"
                <span class="sr-only">" " {name.clone()}</span>
            </button>
        }
        .into_any()
    };
    view! {
        <li class="flex items-center justify-between gap-3 rounded-box border border-base-300 px-3 py-2">
            <span class="min-w-0 wrap-anywhere text-sm">
                <span class="font-medium">{name}</span>
                " · "
                {session.address.clone()}
                <br />
                "Signed in "
                {date_and_time(session.created_at, zone)}
                ", last used "
                {moment(session.last_used_at, zone)}
            </span>
            {action}
        </li>
    }
    .into_any()
}
