//! The account's sessions: browser, address and last use of each, with a button that signs it out.

use leptos::prelude::*;
use shared::{event::EventKind, session::OwnSession};

use crate::{
    api::RequestError,
    components::{
        form::Form,
        notices::use_notices,
        placeholder::{failed, skeleton},
        timestamp::{date_and_time, timestamp},
    },
    language::{t, with_views},
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

/// Context of the list's buttons.
#[derive(Clone, Copy)]
struct SessionsContext {
    form: Form,
    refetch: Callback<()>,
}

/// The list, followed by "Sign out everywhere else".
pub(super) fn session_list() -> AnyView {
    let client = use_client();
    let loaded = RwSignal::new(None::<Vec<OwnSession>>);
    let error = RwSignal::new(None::<RequestError>);
    let refetch = coalesce(move || async move {
        match client.list_my_sessions().await {
            Ok(sessions) => {
                error.try_set(None);
                loaded.try_set(Some(sessions));
            }
            Err(new_error) => {
                error.try_set(Some(new_error));
            }
        }
    });
    refetch.run(());
    let own = use_session().account();
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::AccountChanged || event.account_id != own => {}
        _ => refetch.run(()),
    });
    let context = SessionsContext { form: Form::new(), refetch };
    let zone = use_session().zone();
    let body = move || match (loaded.get(), error.get()) {
        (Some(sessions), _) => list(context, &sessions, &zone),
        (None, Some(error)) => failed(&error, refetch),
        (None, None) => skeleton(2),
    };
    view! {
        {body}
        {context.form.error()}
    }
    .into_any()
}

fn list(context: SessionsContext, sessions: &[OwnSession], zone: &Zone) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let others = sessions.iter().any(|session| !session.current);
    let end_others = move |_| {
        context.form.send(async move { client.delete_my_sessions().await }, move |()| {
            notices.info(t!("You are signed out everywhere else."));
            context.refetch.run(());
        });
    };
    view! {
        <ul class="flex flex-col gap-2">
            {sessions.iter().map(|session| row(context, session, zone)).collect_view()}
        </ul>
        {others
            .then(|| {
                view! {
                    <button type="button" class="btn btn-sm mt-3" on:click=end_others>
                        {t!("Sign out everywhere else")}
                    </button>
                }
            })}
    }
    .into_any()
}

fn row(context: SessionsContext, session: &OwnSession, zone: &Zone) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let id = session.id;
    let name = if session.user_agent.is_empty() {
        t!("Unknown browser").to_owned()
    } else {
        session.user_agent.clone()
    };
    let end = move |_| {
        context.form.send(async move { client.delete_my_session(id).await }, move |()| {
            notices.info(t!("That session is signed out."));
            context.refetch.run(());
        });
    };
    let action = if session.current {
        view! { <span class="badge">{t!("This browser")}</span> }.into_any()
    } else {
        view! {
            <button type="button" class="btn btn-sm" on:click=end>
                {t!("Sign out")}
                <span class="sr-only">" " <bdi>{name.clone()}</bdi></span>
            </button>
        }
        .into_any()
    };
    let times = [
        ("created", date_and_time(session.created_at, zone)),
        ("used", timestamp(session.last_used_at, zone)),
    ];
    let times = with_views(t!("Signed in {created}, last used {used}"), times);
    view! {
        <li class="flex items-center justify-between gap-3 rounded-box border border-base-300 px-3 py-2">
            <span class="min-w-0 wrap-anywhere text-sm">
                <bdi class="font-medium">{name}</bdi>
                " · "
                {session.address.clone()}
                <br />
                {times}
            </span>
            {action}
        </li>
    }
    .into_any()
}
