//! The page of one team.

use leptos::prelude::*;
use shared::{ErrorCode, event::EventKind, ids::TeamId, team::TeamDetail};

use super::{
    details::Details, erasure::erasure, holds::holds, members::members, numbers::numbers,
    retention::retention,
};
use crate::{
    api::{Client, RequestError},
    components::{
        conflict::{Changes, Conflict},
        form::Form,
        heading::Heading,
        notices::{Notices, use_notices},
        permission::for_managers_of_accounts,
        placeholder::{failed, skeleton},
    },
    language::t,
    live::{LiveUpdate, coalesce, use_live},
    pages::not_found::not_found,
    session::use_client,
};

/// Shared state of the page's sections.
#[derive(Clone, Copy)]
pub(super) struct TeamContext {
    pub(super) client: Client,
    pub(super) notices: Notices,
    pub(super) id: TeamId,
    pub(super) team: RwSignal<Option<TeamDetail>>,
    pub(super) refetch: Callback<()>,
}

/// The page `/teams/:id`.
pub(crate) fn team_page(id: TeamId) -> AnyView {
    for_managers_of_accounts(t!("Team"), move || page(id))
}

/// Stores a fetched team, unless it is unchanged: setting the signal would redraw the page.
pub(super) fn show(shown: RwSignal<Option<TeamDetail>>, team: TeamDetail) {
    if shown.try_with_untracked(|shown| shown.as_ref() != Some(&team)) == Some(true) {
        shown.set(Some(team));
    }
}

fn page(id: TeamId) -> AnyView {
    let client = use_client();
    let team = RwSignal::new(None::<TeamDetail>);
    let error = RwSignal::new(None::<RequestError>);
    let refetch = coalesce(move || async move {
        match client.get_team(id).await {
            Ok(fetched) => show(team, fetched),
            Err(new_error) => {
                error.try_set(Some(new_error));
            }
        }
    });
    refetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event)
            if event.kind != EventKind::TeamChanged || event.team_id.is_some_and(|team| team != id) => {}
        _ => refetch.run(()),
    });
    let context = TeamContext { client, notices: use_notices(), id, team, refetch };
    let is_loaded = Memo::new(move |_| team.with(Option::is_some));
    let body = move || {
        if is_loaded.get() {
            return sections(context);
        }
        match error.get() {
            None => skeleton(6),
            Some(error) if error.code() == Some(ErrorCode::NotFound) => {
                not_found(t!("Team not found"), t!("This team does not exist, or you do not manage it."))
            }
            Some(error) => failed(&error, refetch),
        }
    };
    view! { {body} }.into_any()
}

fn sections(context: TeamContext) -> AnyView {
    let name = Memo::new(move |_| {
        context.team.with(|team| team.as_ref().map(|team| team.name.clone()).unwrap_or_default())
    });
    view! {
        <p class="mb-1 text-sm"><a href="/teams" class="link">{t!("Teams")}</a></p>
        <Heading text=name />
        <div class="mt-4 grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
            <section aria-labelledby="details" class="rounded-box border border-base-300 p-4">
                <h2 id="details" class="mb-2 font-semibold">{t!("Details")}</h2>
                {details_form(context)}
            </section>
            {numbers(context)}
        </div>
        {members(context)}
        <div class="mt-4 grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
            {retention(context)} {holds(context)} {erasure(context)}
        </div>
    }
    .into_any()
}

fn details_form(context: TeamContext) -> AnyView {
    let form = Form::new();
    let Some(team) = context.team.get_untracked() else {
        return ().into_any();
    };
    let details = Details::of(&team);
    let conflict = Conflict::new();
    let base = StoredValue::new((team.clone(), team.version));
    Effect::new(move |_| {
        let Some(team) = context.team.get() else { return };
        if details.update(&team) {
            base.set_value((team.clone(), team.version));
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let edited = details.to_request();
        let request = async move {
            let send =
                async |version: String| context.client.update_team(context.id, &edited, &version).await;
            let compare =
                |changes: &mut Changes, before: &_, theirs: &_| details.compare(changes, before, theirs);
            conflict.save(base, send, compare).await
        };
        form.send(request, move |saved| {
            let Some(team) = saved else { return };
            details.set_saved(&team);
            show(context.team, team);
            context.notices.info(t!("The team is saved."));
        });
    };
    view! {
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            {details.fields(form)}
            {conflict.view()}
            {form.error()}
            <div>{form.submit(t!("Save"))}</div>
        </form>
    }
    .into_any()
}
