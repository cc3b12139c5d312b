//! The buttons at the top of the queue: search, and one ad-hoc button per team.

use leptos::prelude::*;
use shared::{account::Permission, ids::TeamId, team::TeamSummary};

use super::state::use_queue;
use crate::{
    components::{dialog::Dialog, person::isolated},
    language::t,
    pages::lazy::{Lazy, LazyPage},
    session::use_session,
};

const BUTTON: &str = "btn btn-sm h-auto min-h-8 max-w-full py-1 whitespace-normal wrap-anywhere";

/// The buttons that the account has permission for, with the ad-hoc dialog.
pub(super) fn actions() -> AnyView {
    let Some(me) = use_session().me() else {
        return ().into_any();
    };
    // The command palette opens the dialog too.
    let open = use_queue().ad_hoc;
    on_cleanup(move || {
        open.try_set(None);
    });
    let search = me.may(Permission::Search).then(|| {
        view! {
            <a href="/search" class=BUTTON aria-keyshortcuts="/">
                {t!("Search")}
                <kbd aria-hidden="true" class="kbd kbd-xs">"/"</kbd>
            </a>
        }
    });
    let teams = if me.may(Permission::AdHoc) { me.teams } else { Vec::new() };
    let buttons = teams.iter().map(|team| button(team, open)).collect_view();
    let dialog = move || {
        let team = teams.iter().find(|team| Some(team.id) == open.get())?;
        let id = team.id;
        let close = Callback::new(move |()| open.set(None));
        Some(view! {
            <Dialog title=t!("Ad-hoc: {team}", team = isolated(&team.name)) close>
                <LazyPage page=Lazy::AdHoc(id) />
            </Dialog>
        })
    };
    view! {
        {search}
        {buttons}
        {dialog}
    }
    .into_any()
}

fn button(team: &TeamSummary, open: RwSignal<Option<TeamId>>) -> AnyView {
    let id = team.id;
    let text = t!("Ad-hoc: {team}", team = isolated(&team.name));
    if !team.numbers.is_empty() {
        return view! {
            <button type="button" class=BUTTON aria-haspopup="dialog" on:click=move |_| open.set(Some(id))>
                {text}
            </button>
        }
        .into_any();
    }
    let (reason, reason_id) = (
        t!("{team} has no number to send from. An administrator can add one.", team = isolated(&team.name)),
        format!("ad-hoc-{id}"),
    );
    view! {
        <span class="max-w-full" title=reason.clone()>
            <button type="button" class=BUTTON aria-disabled="true" aria-describedby=reason_id.clone()>
                {text}
            </button>
            <span id=reason_id hidden>{reason.clone()}</span>
        </span>
    }
    .into_any()
}
