//! Which of a team's conversations its section shows: all, the agent's own, the unassigned
//! or the snoozed ones; and of these all, or those with a tag. Kept for each team
//! and account while the browser tab is open.

use std::collections::HashMap;

use leptos::prelude::*;
use shared::{
    conversation::QueueSection,
    ids::{AccountId, TagId, TeamId},
};

use super::state::{QueueState, use_queue};
use crate::{
    api::{Filter, SectionFilter},
    components::tags::tag_filter,
    language::t,
    pages::lazy::{Lazy, part_of_conversation},
    session::use_session,
    storage,
};

const ALL: [Filter; 4] = [Filter::All, Filter::Mine, Filter::Unassigned, Filter::Snoozed];

/// The filters of the sections. A team without an entry shows all its conversations.
#[derive(Clone, Copy)]
pub(super) struct Filters {
    known: StoredValue<HashMap<TeamId, SectionFilter>>,
    /// Changes with them. A signal of the map itself would make the first download larger.
    changes: RwSignal<u32>,
    /// The key that they are stored with, which contains the account.
    storage_key: StoredValue<String>,
}

impl Filters {
    /// Loads the account's filters of the tab: `team:place:tag`, with the place in [`ALL`], and 0 for no tag.
    pub(super) fn load() -> Self {
        let account = use_session().account().map(|account| account.to_string()).unwrap_or_default();
        let storage_key = format!("smsc-queue-filters-{account}");
        let stored = storage::load_for_tab(&storage_key).unwrap_or_default();
        let entry = |text: &str| {
            let mut numbers = text.split(':').map(str::parse::<i64>);
            let mut next = || numbers.next()?.ok();
            let (team, place, tag) = (TeamId(next()?), usize::try_from(next()?).ok()?, TagId(next()?));
            let shown = ALL.get(place).copied()?;
            Some((team, SectionFilter { shown, tag: (tag.0 > 0).then_some(tag) }))
        };
        let known = StoredValue::new(stored.split(',').filter_map(entry).collect());
        Self { known, changes: RwSignal::new(0), storage_key: StoredValue::new(storage_key) }
    }

    /// Returns the filter of a team, tracked.
    pub(super) fn of(self, team: TeamId) -> SectionFilter {
        self.changes.try_get();
        self.known.try_with_value(|known| known.get(&team).copied()).flatten().unwrap_or_default()
    }

    /// Sets the filter of a team, and stores it.
    pub(super) fn set(self, team: TeamId, filter: SectionFilter) {
        self.known.update_value(|known| {
            known.insert(team, filter);
        });
        let text = self.known.with_value(|known| {
            let entries = known.iter().map(|(team, filter)| {
                let place = ALL.iter().position(|shown| *shown == filter.shown).unwrap_or_default();
                format!("{team}:{place}:{}", filter.tag.map_or(0, |tag| tag.0))
            });
            entries.collect::<Vec<_>>().join(",")
        });
        self.storage_key.with_value(|key| storage::save_for_tab(key, &text));
        self.changes.update(|changes| *changes += 1);
    }
}

/// The numbers of a team's conversations: all that are not snoozed, the account's own, unassigned, snoozed.
pub(super) fn numbers(section: &QueueSection, own: Option<AccountId>) -> [i64; 4] {
    let counts = section.counts;
    let mine = section.assignees.iter().find(|assignee| Some(assignee.id) == own);
    [
        counts.agent + counts.customer,
        mine.map_or(0, |assignee| assignee.open),
        counts.unassigned,
        counts.snoozed,
    ]
}

/// The buttons "All 9", "Mine 3", "Unassigned 4", and "Snoozed 1" if there are any.
pub(super) fn filter_buttons(
    state: QueueState,
    team: TeamId,
    numbers: impl Fn() -> [i64; 4] + Copy + Send + Sync + 'static,
) -> AnyView {
    let button = |place: usize, filter: Filter| {
        let number = move || numbers().get(place).copied().unwrap_or_default();
        let text = move || format!("{} {}", filter.label(), number());
        let is_pressed = move || state.filters.of(team).shown == filter;
        let is_hidden = move || filter == Filter::Snoozed && number() == 0 && !is_pressed();
        view! {
            <button
                type="button"
                class="btn btn-xs join-item tabular-nums aria-pressed:bg-mine"
                hidden=is_hidden
                aria-pressed=move || is_pressed().to_string()
                on:click=move |_| {
                    let tag = untrack(|| state.filters.of(team)).tag;
                    state.set_filter(team, SectionFilter { shown: filter, tag });
                }
            >
                {text}
            </button>
        }
        .into_any()
    };
    let buttons: Vec<AnyView> =
        ALL.into_iter().enumerate().map(|(place, filter)| button(place, filter)).collect();
    view! {
        <div class="flex max-w-full flex-wrap items-center gap-1">
            <div role="group" aria-label=t!("Show") class="join">
                {buttons}
            </div>
            {part_of_conversation(Lazy::TagFilter(team))}
        </div>
    }
    .into_any()
}

/// The filter of a team's section by tag, in the conversation chunk.
pub(crate) fn queue_tag_filter(team: TeamId) -> AnyView {
    let state = use_queue();
    let chosen = Signal::derive(move || state.filters.of(team).tag);
    let change = Callback::new(move |tag| {
        let shown = untrack(|| state.filters.of(team)).shown;
        state.set_filter(team, SectionFilter { shown, tag });
    });
    tag_filter(team, chosen, change)
}

/// The text in place of a section's rows, when the filter matches none.
pub(super) fn none_text(filter: SectionFilter) -> &'static str {
    match filter.shown {
        _ if filter.tag.is_some() => t!("No conversation here has this tag."),
        Filter::All => "",
        Filter::Mine => t!("No conversations are assigned to you here."),
        Filter::Unassigned => t!("Every conversation here is assigned."),
        Filter::Snoozed => t!("No conversation is snoozed here."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_numbers_are_those_of_all_own_unassigned_and_snoozed_conversations() {
        let section: QueueSection = serde_json::from_value(json!({
            "team": {"id": 1, "name": "Collections", "numbers": [], "region": "GB", "time_zone": "Europe/London"},
            "counts": {"agent": 5, "customer": 2, "unassigned": 3, "snoozed": 1},
            "assignees": [{"id": 3, "name": "Ann", "open": 3}, {"id": 4, "name": "Bo", "open": 1}],
            "items": [], "next_cursor": null,
        }))
        .unwrap();
        assert_eq!(numbers(&section, Some(AccountId(4))), [7, 1, 3, 1]);
        assert_eq!(numbers(&section, Some(AccountId(9))), [7, 0, 3, 1]);
    }
}
