//! A team's section: its entries in order, with their actions, and the archive.

use leptos::prelude::*;
use shared::ids::TeamId;

use super::{
    Catalogue, OpenDialog,
    entry::{Entry, EntryKind},
    order::of_team,
};
use crate::{
    components::{
        person::isolated,
        placeholder::empty,
        table::{BODY, ROW, TABLE, cell, head},
        when::{Row, keyed, when},
    },
    keys::focus_first,
    language::{marked, t},
};

const TEMPLATES: &[(&str, &str)] =
    &[(marked!("Name"), "w-[22%]"), (marked!("Text"), ""), (marked!("Actions"), "w-60")];
/// Of closure reasons and tags.
const REASONS: &[(&str, &str)] = &[(marked!("Name"), ""), (marked!("Actions"), "w-60")];

fn heading_id(team: Option<TeamId>) -> String {
    match team {
        Some(team) => format!("team-{team}"),
        None => "all-teams".to_owned(),
    }
}

/// Focuses a section's heading, after the focused element has been removed.
pub(super) fn focus_section(team: Option<TeamId>) {
    let heading = format!("#{}", heading_id(team));
    request_animation_frame(move || focus_first(&heading));
}

/// Renders the section.
pub(super) fn section(catalogue: Catalogue, team: Option<TeamId>, name: String, may_change: bool) -> AnyView {
    let Catalogue { kind, entries, .. } = catalogue;
    let columns = match kind {
        EntryKind::Template => TEMPLATES,
        EntryKind::ClosureReason | EntryKind::Tag => REASONS,
    };
    let heading = heading_id(team);
    let table_label = heading.clone();
    let ids = Memo::new(move |_| {
        entries.with(|entries| {
            of_team(entries.as_deref().unwrap_or_default(), team, false)
                .map(|entry| entry.id)
                .collect::<Vec<_>>()
        })
    });
    let is_empty = Memo::new(move |_| ids.with(Vec::is_empty));
    let body = move || {
        if is_empty.get() {
            return empty(kind.empty_text());
        }
        view! {
            <table role="table" aria-labelledby=table_label.clone() class=TABLE>
                {head(columns)}
                <tbody role="rowgroup" class=BODY>
                    {keyed(
                        move || ids.get().into_iter().map(Row::new).collect(),
                        move |shown| row(catalogue, ids, shown.id, may_change),
                    )}
                </tbody>
            </table>
        }
        .into_any()
    };
    let team_name = name.clone();
    let new = may_change.then(|| {
        view! {
            <button
                type="button"
                class="btn btn-sm btn-primary"
                on:click=move |_| catalogue.dialog.set(Some(OpenDialog::New(team)))
            >
                {kind.new_label()}
                <span class="sr-only">" · " <bdi>{team_name}</bdi></span>
            </button>
        }
    });
    let hint = (!may_change).then(|| {
        view! { <p class="text-sm text-base-content/80">{t!("For every team. Only administrators can change these.")}</p> }
    });
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="mb-1 flex flex-wrap items-center justify-between gap-2">
                <h2 id=heading.clone() tabindex="-1" class="text-base font-semibold wrap-anywhere outline-none">
                    <bdi>{name}</bdi>
                </h2>
                {new}
            </div>
            {hint}
            {body}
            {archive(catalogue, team, may_change)}
        </section>
    }
    .into_any()
}

fn row(catalogue: Catalogue, ids: Memo<Vec<i64>>, id: i64, may_change: bool) -> AnyView {
    let entry = catalogue.entry(id);
    let name = Memo::new(move |_| {
        entry.with(|entry| entry.as_ref().map(|entry| entry.name.clone()).unwrap_or_default())
    });
    let text = move || entry.with(|entry| entry.as_ref().map(|entry| entry.body.clone()));
    let text = (catalogue.kind == EntryKind::Template).then(|| {
        cell(
            "Text",
            view! { <span dir="auto" class="min-w-0 wrap-anywhere whitespace-pre-wrap">{text}</span> },
        )
    });
    let is_tag = catalogue.kind == EntryKind::Tag;
    let colour =
        move || entry.with(|entry| entry.as_ref().filter(|_| is_tag).map(|entry| entry.colour.as_str()));
    let open = move |dialog: fn(Entry) -> OpenDialog| {
        if let Some(entry) = entry.get_untracked() {
            catalogue.dialog.set(Some(dialog(entry)));
        }
    };
    let move_button = move |up: bool| {
        let at_end =
            Memo::new(move |_| ids.with(|ids| (if up { ids.first() } else { ids.last() }) == Some(&id)));
        let (direction, arrow) = if up { ("up", "↑") } else { ("down", "↓") };
        view! {
            <button
                type="button"
                class="btn btn-sm btn-square"
                data-move=format!("{id}-{direction}")
                aria-label=move || {
                    let name = name.get();
                    let name = isolated(&name);
                    if up { t!("Move {name} up", name) } else { t!("Move {name} down", name) }
                }
                aria-disabled=move || at_end.get().to_string()
                on:click=move |_| catalogue.shift(id, up)
            >
                <span aria-hidden="true">{arrow}</span>
            </button>
        }
        .into_any()
    };
    let button = move |text: &'static str, class: &'static str, dialog: fn(Entry) -> OpenDialog| {
        view! {
            <button type="button" class=class on:click=move |_| open(dialog)>
                {text}
                <span class="sr-only">" " <bdi>{name}</bdi></span>
            </button>
        }
        .into_any()
    };
    let actions = may_change.then(|| {
        view! {
            <span class="flex flex-wrap gap-1">
                {move_button(true)} {move_button(false)} {button(t!("Edit"), "btn btn-sm", OpenDialog::Edit)}
                {button(t!("Delete"), "btn btn-sm btn-danger", OpenDialog::Delete)}
            </span>
        }
    });
    view! {
        <tr role="row" class=ROW>
            {cell("Name", view! { <bdi class="min-w-0 font-medium wrap-anywhere" class:tag=is_tag data-colour=colour>{name}</bdi> })}
            {text}
            {cell("Actions", actions)}
        </tr>
    }
    .into_any()
}

fn archive(catalogue: Catalogue, team: Option<TeamId>, may_change: bool) -> AnyView {
    let archived = Memo::new(move |_| {
        catalogue.entries.with(|entries| {
            of_team(entries.as_deref().unwrap_or_default(), team, true).cloned().collect::<Vec<Entry>>()
        })
    });
    let line = move |entry: Entry| {
        let name = entry.name.clone();
        let restored = name.clone();
        let restore = may_change.then(|| {
            view! {
                <button type="button" class="btn btn-sm" on:click=move |_| catalogue.restore(entry.clone())>
                    {t!("Restore")}
                    <span class="sr-only">" " <bdi>{restored}</bdi></span>
                </button>
            }
        });
        view! {
            <li class="flex items-center justify-between gap-3 py-1">
                <bdi class="min-w-0 wrap-anywhere">{name}</bdi>
                {restore}
            </li>
        }
    };
    when(
        move || archived.with(|archived| !archived.is_empty()),
        move || {
            view! {
                <details class="mt-2 text-sm">
                    <summary class="w-fit cursor-pointer py-1">
                        {move || t!("Archived ({count})", count = archived.with(Vec::len))}
                    </summary>
                    <ul class="mt-1 max-w-xl">{move || archived.get().into_iter().map(line).collect_view()}</ul>
                </details>
            }
            .into_any()
        },
    )
}
