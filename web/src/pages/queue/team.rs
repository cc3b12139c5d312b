//! A team's section of the queue as signals, for the table and for the list beside a conversation.

use leptos::{ev::FocusEvent, prelude::*};
use shared::{
    conversation::{Conversation, Counts, Queue, QueueSection},
    ids::{AccountId, ConversationId, TeamId},
};
use wasm_bindgen::JsCast;

use super::{
    filter::{filter_buttons, none_text, numbers},
    state::QueueState,
};
use crate::{
    components::{
        more_button::more_button,
        notices::{Notices, use_notices},
        when::{Row, when},
    },
    session::use_session,
    tasks::TaskScope,
    time_zone::Zone,
};

/// A team's section.
#[derive(Clone, Copy)]
pub(crate) struct TeamSection {
    state: QueueState,
    team: TeamId,
    /// The team's name.
    pub(crate) name: Memo<String>,
    /// The counts of all the team's conversations in progress.
    pub(crate) counts: Memo<Counts>,
    own: Option<AccountId>,
    rows: Memo<Vec<ConversationId>>,
    busy: RwSignal<bool>,
    scope: TaskScope,
    notices: Notices,
}

impl TeamSection {
    pub(crate) fn new(state: QueueState, team: TeamId) -> Self {
        Self {
            state,
            team,
            name: Memo::new(move |_| {
                read(state, team, |section| {
                    section.map(|section| section.team.name.clone()).unwrap_or_default()
                })
            }),
            counts: Memo::new(move |_| {
                read(state, team, |section| section.map(|section| section.counts).unwrap_or_default())
            }),
            own: use_session().account(),
            rows: Memo::new(move |_| {
                read(state, team, |section| {
                    section
                        .map(|section| section.items.iter().map(|row| row.id).collect())
                        .unwrap_or_default()
                })
            }),
            busy: RwSignal::new(false),
            scope: TaskScope::current(),
            notices: use_notices(),
        }
    }

    /// Returns the team's zone, untracked.
    pub(crate) fn zone(self) -> Zone {
        untrack(|| {
            read(self.state, self.team, |section| {
                Zone::new(section.map_or("UTC", |section| &section.team.time_zone))
            })
        })
    }

    /// Whether the section has rows.
    pub(crate) fn has_rows(self) -> bool {
        self.rows.with(|rows| !rows.is_empty())
    }

    /// The rows, for `keyed`.
    pub(crate) fn rows(self) -> Vec<Row> {
        self.rows.with(|rows| rows.iter().map(|id| Row::new(id.0)).collect())
    }

    /// A row's conversation. A row that is being removed keeps its last values.
    pub(crate) fn conversation(self, id: ConversationId) -> Memo<Option<Conversation>> {
        let state = self.state;
        Memo::new(move |before: Option<&Option<Conversation>>| {
            state.conversation(id).or_else(|| before.cloned().flatten())
        })
    }

    /// The buttons that show all conversations, the agent's own, the unassigned or the snoozed ones.
    pub(crate) fn filter_buttons(self) -> AnyView {
        let count = move |section: Option<&QueueSection>| {
            section.map(|section| numbers(section, self.own)).unwrap_or_default()
        };
        filter_buttons(self.state, self.team, move || read(self.state, self.team, count))
    }

    /// The text in place of the rows, if the filter matches none of the team's conversations.
    pub(crate) fn none_text(self) -> AnyView {
        let is_filtered_out = move || {
            let counts = self.counts.get();
            !self.has_rows() && counts.agent + counts.customer + counts.snoozed > 0
        };
        let text = move || none_text(self.state.filters.of(self.team));
        when(is_filtered_out, move || view! { <p class="py-2 text-sm text-quiet">{text}</p> }.into_any())
    }

    /// The button that fetches the next rows.
    pub(crate) fn more_button(self) -> AnyView {
        let has_more = move || {
            read(self.state, self.team, |section| {
                section.is_some_and(|section| section.next_cursor.is_some())
            })
        };
        more_button(has_more, self.busy, Some(self.name.into()), Callback::new(move |()| self.fetch_more()))
    }

    fn fetch_more(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.scope.spawn(async move {
            if let Err(error) = self.state.fetch_more(self.team).await {
                self.notices.error(&error);
            }
            self.busy.try_set(false);
        });
    }
}

fn read<T>(state: QueueState, team: TeamId, read: impl FnOnce(Option<&QueueSection>) -> T) -> T {
    state.shown.with(|shown| read(find(shown.as_ref(), team)))
}

fn find(queue: Option<&Queue>, team: TeamId) -> Option<&QueueSection> {
    queue?.sections.iter().find(|section| section.team.id == team)
}

/// Returns whether the focus moves to another row of the same kind of list.
pub(crate) fn stays_in_rows(event: &FocusEvent) -> bool {
    let target = event.related_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.closest("[data-rows]").ok().flatten().is_some())
}
