//! The daily file page: uploads a team's customer file, shows its changes, and lists earlier files. Only the server
//! reads the content of the files.

mod columns;
mod comparison;
mod counts;
mod drop_zone;
mod history;
mod import;
mod intake;
mod outcome;
mod progress;
mod refusal;
mod rejected;

use leptos::prelude::*;
use shared::{ids::TeamId, team::TeamSummary};

use self::{columns::columns, history::history, import::Import, intake::intake};
use crate::{
    components::{heading::Heading, permission::for_importers},
    language::t,
    router::use_router,
    session::{use_client, use_session},
    time_zone::Zone,
};

/// The page `/daily-file?team=`.
pub(crate) fn daily_file_page() -> AnyView {
    for_importers(t!("Daily file"), page)
}

fn page() -> AnyView {
    let teams = use_session().read(|me| me.teams.clone());
    let router = use_router();
    // Only the id and time zone, so that other changes of the team do not redraw the page.
    let team = Memo::new(move |_| {
        let requested = router.parameter("team");
        teams.with(|teams| {
            chosen_team(teams, requested.as_deref()).map(|team| (team.id, team.time_zone.clone()))
        })
    });
    let body = move || {
        match team.get() {
        Some((id, zone)) => sections(id, Zone::new(&zone)),
        None => {
            view! { <p class="py-8">{t!("You are not in a team yet. Ask an administrator to add you to one.")}</p> }
                .into_any()
        }
    }
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text=t!("Daily file") />
            {team_select(teams, Memo::new(move |_| team.with(|team| team.as_ref().map(|(id, _)| *id))))}
        </div>
        <p class="mt-1 mb-4 text-sm">
            {t!("The customers that the team works with today. Ref, name and key data in its conversations come from the current file.")}
        </p>
        {body}
    }
    .into_any()
}

fn sections(id: TeamId, zone: Zone) -> AnyView {
    let import = Import::of(use_session(), use_client(), id);
    view! {
        <div class="flex flex-col gap-6">
            {intake(import, id)}
            {history(import, id, zone)}
            {columns(id)}
        </div>
    }
    .into_any()
}

/// Returns the team named in the URL, otherwise the first one.
fn chosen_team<'a>(teams: &'a [TeamSummary], requested: Option<&str>) -> Option<&'a TeamSummary> {
    let requested = requested.and_then(|id| id.parse::<TeamId>().ok());
    teams.iter().find(|team| Some(team.id) == requested).or(teams.first())
}

/// The drop-down of the account's teams, if there are several.
fn team_select(teams: Memo<Vec<TeamSummary>>, chosen: Memo<Option<TeamId>>) -> AnyView {
    let router = use_router();
    let options = move || {
        let option = |team: &TeamSummary| {
            let id = team.id;
            view! {
                <option value=id.to_string() prop:selected=move || chosen.get() == Some(id)>{team.name.clone()}</option>
            }
        };
        teams.with(|teams| teams.iter().map(option).collect_view())
    };
    let render = move || {
        (teams.with(Vec::len) > 1).then(|| {
            view! {
                <select
                    class="select select-sm w-auto max-w-full"
                    aria-label=t!("Team")
                    on:change:target=move |event| router.replace(&format!("/daily-file?team={}", event.target().value()))
                >
                    {options}
                </select>
            }
        })
    };
    view! { {render} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(id: i64) -> TeamSummary {
        TeamSummary {
            id: TeamId(id),
            name: format!("Team {id}"),
            numbers: Vec::new(),
            region: "GB".to_owned(),
            time_zone: "UTC".to_owned(),
        }
    }

    #[test]
    fn the_url_names_the_team_and_defaults_to_the_first() {
        let teams = [team(3), team(5)];
        let found = |requested: Option<&str>| chosen_team(&teams, requested).map(|team| team.id.0);
        assert_eq!(found(Some("5")), Some(5));
        for requested in [None, Some("4"), Some("x")] {
            assert_eq!(found(requested), Some(3), "{requested:?}");
        }
        assert_eq!(chosen_team(&[], None), None);
    }
}
