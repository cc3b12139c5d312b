//! The tags of a conversation: a chip for each, with a dot of its colour, or in a narrow list only the dots; and the
//! filter by a tag.

use leptos::prelude::*;
use shared::{
    event::EventKind,
    ids::{TagId, TeamId},
    tag::ConversationTag,
};

use super::person::isolated;
use crate::{
    language::{plural, t},
    live::{LiveUpdate, coalesce, use_live},
    session::use_client,
};

/// Largest number of chips in a row.
const SHOWN: usize = 2;

/// Largest number of dots in a narrow row.
const DOTS: usize = 4;

/// A chip.
pub(crate) fn chip(tag: &ConversationTag) -> AnyView {
    view! { <span class="tag" data-colour=tag.colour.as_str()><bdi class="truncate">{tag.name.clone()}</bdi></span> }
        .into_any()
}

/// The chips of a row: the first ones, and how many more there are.
pub(crate) fn chips(tags: &[ConversationTag]) -> Option<AnyView> {
    let more = tags.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| {
        view! { <span class="shrink-0 text-xs whitespace-nowrap text-quiet" title=names(tags)><span aria-hidden="true">"+" {more}</span> <span class="sr-only">{plural!(more, "{count} more tag", "{count} more tags")}</span></span> }
    });
    (!tags.is_empty()).then(|| {
        let shown = tags.iter().take(SHOWN).map(chip).collect_view();
        view! { <span class="flex min-w-0 items-center gap-1">{shown} {more}</span> }.into_any()
    })
}

/// The dots of a narrow row: the first ones.
pub(crate) fn dots(tags: &[ConversationTag]) -> Option<AnyView> {
    (!tags.is_empty()).then(|| {
        let dots = tags
            .iter()
            .take(DOTS)
            .map(|tag| view! { <span class="tag-dot" data-colour=tag.colour.as_str()></span> });
        let label = t!("Tags: {names}", names = names(tags));
        view! {
            <span role="img" class="flex shrink-0 items-center gap-1" aria-label=label title=names(tags)>
                {dots.collect_view()}
            </span>
        }
        .into_any()
    })
}

fn names(tags: &[ConversationTag]) -> String {
    tags.iter().map(|tag| isolated(&tag.name)).collect::<Vec<_>>().join(", ")
}

/// A drop-down that filters by one of the team's tags. It shows nothing while the team has none.
pub(crate) fn tag_filter(
    team: TeamId,
    chosen: Signal<Option<TagId>>,
    change: Callback<Option<TagId>>,
) -> AnyView {
    let (client, tags) = (use_client(), RwSignal::new(Vec::new()));
    let fetch = coalesce(move || async move {
        // Without tags, everything is shown.
        let Ok(known) = client.list_team_tags(team).await else { return };
        // A tag that was archived or deleted is not offered any more.
        if chosen.try_get_untracked().flatten().is_some_and(|chosen| known.iter().all(|tag| tag.id != chosen))
        {
            change.try_run(None);
        }
        if tags.try_with_untracked(|shown| *shown != known) == Some(true) {
            tags.set(known);
        }
    });
    fetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event)
            if event.kind != EventKind::TeamChanged
                || event.team_id.is_some_and(|changed| changed != team) => {}
        _ => fetch.run(()),
    });
    let is_chosen = move |id: TagId| chosen.get_untracked() == Some(id);
    let option = move |tag: ConversationTag| {
        view! { <option value=tag.id.to_string() selected=is_chosen(tag.id)>{tag.name}</option> }
    };
    let select = move || {
        view! {
            <select
                class="select select-xs w-auto max-w-40"
                aria-label=t!("Tag")
                on:change:target=move |event| change.run(event.target().value().parse().ok())
            >
                <option value="">{t!("Any tag")}</option>
                {tags.get().into_iter().map(option).collect_view()}
            </select>
        }
    };
    view! { {move || tags.with(|tags| !tags.is_empty()).then(select)} }.into_any()
}
