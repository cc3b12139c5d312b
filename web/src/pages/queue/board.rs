//! The queue on screen and the one that waits to be shown: rows never move while the agent is at them.

use leptos::prelude::*;
use shared::{
    conversation::{Queue, QueueSection},
    ids::TeamId,
    page::MAX_LIMIT,
};

use super::news;
use crate::api::{Client, Fault, Listed};

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
    /// Nobody looks at this tab.
    pub(super) unseen: RwSignal<bool>,
}

impl Board {
    pub(super) fn new(client: Client) -> Self {
        let board = Self {
            client,
            shown: RwSignal::new(None),
            fresh: RwSignal::new(None),
            fault: RwSignal::new(None),
            pointed: RwSignal::new(false),
            focused: RwSignal::new(false),
            unseen: RwSignal::new(document().hidden()),
        };
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
        let lengths: Vec<(TeamId, usize)> = self.shown.with_untracked(|shown| {
            let sections = shown.iter().flat_map(|queue| &queue.sections);
            sections.map(|section| (section.team.id, section.items.len())).collect()
        });
        let mut queue = self.client.get_queue().await?;
        for section in &mut queue.sections {
            let wanted = lengths.iter().find(|(team, _)| *team == section.team.id).map_or(0, |known| known.1);
            while section.items.len() < wanted && section.next_cursor.is_some() {
                let limit = (wanted - section.items.len()).min(MAX_LIMIT as usize);
                self.extend(section, limit).await?;
            }
        }
        Ok(queue)
    }

    /// Fetches the next rows of a section.
    pub(super) async fn fetch_more(self, team: TeamId) -> Result<(), Fault> {
        let section = self.shown.with_untracked(|shown| {
            let mut sections = shown.iter().flat_map(|queue| &queue.sections);
            sections.find(|section| section.team.id == team).cloned()
        });
        let Some(mut section) = section else { return Ok(()) };
        self.extend(&mut section, MORE).await?;
        self.shown.try_update(|shown| {
            let mut sections = shown.iter_mut().flat_map(|queue| &mut queue.sections);
            if let Some(known) = sections.find(|known| known.team.id == team) {
                *known = section;
            }
        });
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
