//! The queue on screen and the one that waits to be shown: rows never move while the agent is at them.

use std::collections::HashMap;

use leptos::prelude::*;
use shared::{
    conversation::{Queue, QueueSection},
    ids::TeamId,
    page::MAX_LIMIT,
};

use super::news;
use crate::{
    api::{Client, Fault, Listed},
    places::use_places,
};

const MORE: usize = 50;

/// What the page shows, what it holds back, and whether the agent is at the rows.
#[derive(Clone, Copy)]
pub(super) struct Board {
    client: Client,
    /// On screen.
    pub(super) shown: RwSignal<Option<Queue>>,
    /// Held back.
    fresh: RwSignal<Option<Queue>>,
    /// Why there is nothing on screen.
    pub(super) fault: RwSignal<Option<Fault>>,
    /// The pointer is over the rows.
    pub(super) pointed: RwSignal<bool>,
    /// The focus is among the rows.
    pub(super) focused: RwSignal<bool>,
    /// The tab is hidden.
    pub(super) unseen: RwSignal<bool>,
    /// How many rows of each team were asked for. Only grows: no refresh takes away what is on screen.
    wanted: StoredValue<HashMap<TeamId, usize>>,
}

/// The name under which the rows are kept for coming back.
const KEPT: &str = "queue";

impl Board {
    pub(super) fn new(client: Client) -> Self {
        let places = use_places();
        let kept: Option<Queue> = places.and_then(|places| places.rows(KEPT));
        let wanted = kept.iter().flat_map(|queue| &queue.sections);
        let wanted = wanted.map(|section| (section.team.id, section.items.len())).collect();
        let board = Self {
            client,
            shown: RwSignal::new(kept),
            fresh: RwSignal::new(None),
            fault: RwSignal::new(None),
            pointed: RwSignal::new(false),
            focused: RwSignal::new(false),
            unseen: RwSignal::new(document().hidden()),
            wanted: StoredValue::new(wanted),
        };
        if let Some(places) = places {
            on_cleanup(move || {
                if let Some(shown) = board.shown.try_get_untracked().flatten() {
                    places.keep(KEPT, shown);
                }
            });
            places.return_when(move || board.shown.with(Option::is_some));
        }
        // As soon as the agent looks away, the news is shown.
        Effect::new(move |_| {
            if !board.is_held() {
                board.show_news();
            }
        });
        board
    }

    fn is_held(self) -> bool {
        let (pointed, focused, unseen) = (self.pointed.get(), self.focused.get(), self.unseen.get());
        (pointed || focused) && !unseen
    }

    /// How many conversations the held-back queue would change.
    pub(super) fn news(self) -> usize {
        self.fresh.with(|fresh| {
            self.shown.with(|shown| match (shown, fresh) {
                (Some(shown), Some(fresh)) => news::count(shown, fresh),
                _ => 0,
            })
        })
    }

    /// Shows what was held back.
    pub(super) fn show_news(self) {
        if let Some(fresh) = self.fresh.try_update_untracked(Option::take).flatten() {
            self.fresh.notify();
            self.shown.set(Some(fresh));
        }
    }

    /// Fetches the queue, as far down as it is shown.
    pub(super) async fn fetch(self) {
        match self.fetch_as_far().await {
            Ok(queue) => {
                self.fault.try_set(None);
                self.arrived(queue);
            }
            // What is on screen stays; the live indicator says that it may be old.
            Err(fault) => {
                self.fault.try_set(Some(fault));
            }
        }
    }

    fn arrived(self, queue: Queue) {
        let moves = self
            .shown
            .try_with_untracked(|shown| shown.as_ref().is_some_and(|shown| news::moves(shown, &queue)));
        if moves == Some(true) && untrack(|| self.is_held()) {
            self.fresh.try_set(Some(queue));
        } else {
            self.fresh.try_set(None);
            self.shown.try_set(Some(queue));
        }
    }

    async fn fetch_as_far(self) -> Result<Queue, Fault> {
        let mut queue = self.client.get_queue().await?;
        // More may be asked for while a page is on its way: the number is read again before each.
        while let Some(section) = queue.sections.iter_mut().find(|section| self.lacks_rows(section)) {
            let missing = self.wanted_of(section.team.id).saturating_sub(section.items.len());
            self.extend(section, missing.min(MAX_LIMIT as usize)).await?;
        }
        Ok(queue)
    }

    fn wanted_of(self, team: TeamId) -> usize {
        self.wanted.try_with_value(|wanted| wanted.get(&team).copied()).flatten().unwrap_or_default()
    }

    fn lacks_rows(self, section: &QueueSection) -> bool {
        section.next_cursor.is_some() && section.items.len() < self.wanted_of(section.team.id)
    }

    /// Fetches and shows the next rows of a section, with all others as they are now.
    pub(super) async fn fetch_more(self, team: TeamId) -> Result<(), Fault> {
        let count = |shown: &Option<Queue>| {
            let mut sections = shown.iter().flat_map(|queue| &queue.sections);
            sections.find(|section| section.team.id == team).map_or(0, |section| section.items.len())
        };
        let shown = self.shown.try_with_untracked(count).unwrap_or_default();
        self.wanted.try_update_value(|wanted| wanted.insert(team, shown + MORE));
        let queue = self.fetch_as_far().await?;
        self.fresh.try_set(None);
        self.shown.try_set(Some(queue));
        Ok(())
    }

    async fn extend(self, section: &mut QueueSection, limit: usize) -> Result<(), Fault> {
        let cursor = section.next_cursor.as_deref();
        let page = self.client.list_conversations(section.team.id, Listed::Open, limit, cursor).await?;
        // A conversation that moved down the queue meanwhile comes again; it stays where it is.
        let known: Vec<_> = section.items.iter().map(|row| row.id).collect();
        section.items.extend(page.items.into_iter().filter(|row| !known.contains(&row.id)));
        section.next_cursor = page.next_cursor;
        Ok(())
    }
}
