//! State of the queue, kept while an account is signed in: the queue page and the list beside a conversation show it.
//! It fetches only while one of them is on screen, and remembers meanwhile what has changed.
//!
//! A refetched queue that would move rows is held back while the agent uses them. They show their newer state meanwhile.

use std::collections::{BTreeSet, HashMap};

use leptos::prelude::*;
use shared::{
    ErrorCode,
    conversation::{Conversation, Queue, QueueSection},
    ids::{ConversationId, TeamId},
    page::MAX_LIMIT,
};

use super::{
    changes::{self, Changes},
    filter::Filters,
    wanted::Wanted,
};
use crate::{
    api::{Client, FetchedSection, PAGE, RequestError, SectionFilter, StatusFilter},
    keys::use_keys,
    live::{coalesce, use_live},
    session::use_client,
};

/// The queue on screen, the held-back queue, and whether the agent is using the rows.
#[derive(Clone, Copy)]
pub(crate) struct QueueState {
    client: Client,
    /// The queue on screen.
    pub(crate) shown: RwSignal<Option<Queue>>,
    /// The place of each conversation on screen, counted over all sections.
    places: Memo<HashMap<ConversationId, usize>>,
    /// The newer queue that is held back.
    held_back: RwSignal<Option<Queue>>,
    /// Error of the last fetch.
    pub(crate) error: RwSignal<Option<RequestError>>,
    /// Whether the pointer is over the rows.
    pub(crate) pointed: RwSignal<bool>,
    /// Whether the focus is in the rows.
    pub(crate) focused: RwSignal<bool>,
    /// The team whose ad-hoc dialog is open on the queue page.
    pub(crate) ad_hoc: RwSignal<Option<TeamId>>,
    /// Whether the browser tab is hidden.
    tab_hidden: RwSignal<bool>,
    /// Number of rows requested per team. It only grows, so that a refetch never removes rows from the screen.
    requested: StoredValue<HashMap<TeamId, usize>>,
    /// Which conversations each section shows.
    pub(super) filters: Filters,
    /// Number of views on screen. Between the queue page and the list beside a conversation, it can be two.
    on_screen: StoredValue<u32>,
    /// What the next fetch fetches.
    wanted: StoredValue<Wanted>,
    /// Runs `fetch`, once for a burst of calls.
    fetch_wanted: StoredValue<Option<Callback<()>>>,
    /// The entity tags of the sections in the newest known queue.
    etags: StoredValue<HashMap<TeamId, String>>,
}

/// The outcome of fetching a team's section.
enum Section {
    /// The newest known queue with the section.
    Changed(Queue),
    /// It is in the newest known queue already.
    Unchanged,
    /// The whole queue must be fetched: the team has no section there or on the server.
    Missing,
}

impl QueueState {
    /// Provides the state as context, inside the signed-in app.
    pub(crate) fn provide() -> Self {
        let shown = RwSignal::new(None::<Queue>);
        let state = Self {
            client: use_client(),
            shown,
            places: Memo::new(move |_| {
                shown.with(|shown| shown.as_ref().map(changes::places).unwrap_or_default())
            }),
            held_back: RwSignal::new(None),
            error: RwSignal::new(None),
            pointed: RwSignal::new(false),
            focused: RwSignal::new(false),
            ad_hoc: RwSignal::new(None),
            tab_hidden: RwSignal::new(document().hidden()),
            requested: StoredValue::new(HashMap::new()),
            filters: Filters::load(),
            on_screen: StoredValue::new(0),
            wanted: StoredValue::new(Wanted::All),
            fetch_wanted: StoredValue::new(None),
            etags: StoredValue::new(HashMap::new()),
        };
        provide_context(state);
        state.fetch_wanted.set_value(Some(coalesce(move || state.fetch())));
        use_live().listen(move |update| {
            if let Some(wanted) = Wanted::after(update) {
                state.refresh(wanted);
            }
        });
        // Shows the held-back queue as soon as the agent leaves the rows, or presses R.
        Effect::new(move |_| {
            if !state.rows_in_use() {
                state.show_held_back();
            }
        });
        let keys = use_keys();
        Effect::new(move |_| {
            keys.show_updates.track();
            state.show_held_back();
        });
        let visibility = window_event_listener(leptos::ev::visibilitychange, move |_| {
            state.tab_hidden.set(document().hidden());
        });
        on_cleanup(move || visibility.remove());
        state
    }

    /// Fetches what has changed meanwhile, and follows changes until the current owner is disposed.
    pub(crate) fn show_on_screen(self) {
        self.on_screen.update_value(|views| *views += 1);
        if self.wanted.with_value(|wanted| *wanted != Wanted::default()) {
            self.refresh(Wanted::default());
        }
        on_cleanup(move || {
            self.on_screen.try_update_value(|views| *views -= 1);
            // The browser reports no leaving for elements that are removed.
            self.pointed.try_set(false);
            self.focused.try_set(false);
        });
    }

    /// Fetches what is wanted, now or when the queue is next on screen.
    pub(crate) fn refresh(self, more: Wanted) {
        self.want(more);
        if self.on_screen.try_get_value().is_some_and(|views| views > 0)
            && let Some(fetch) = self.fetch_wanted.try_get_value().flatten()
        {
            fetch.run(());
        }
    }

    /// Returns a conversation on screen, tracked.
    pub(crate) fn conversation(self, id: ConversationId) -> Option<Conversation> {
        let place = self.places.with(|places| places.get(&id).copied())?;
        self.shown.with(|shown| changes::rows(shown.as_ref()?).nth(place).filter(|row| row.id == id).cloned())
    }

    fn rows_in_use(self) -> bool {
        let (pointed, focused, tab_hidden) = (self.pointed.get(), self.focused.get(), self.tab_hidden.get());
        (pointed || focused) && !tab_hidden
    }

    /// What the held-back queue would add, remove and move. `None` if none is held back.
    pub(crate) fn held_back_changes(self) -> Option<Changes> {
        self.held_back.with(|held_back| {
            self.shown.with(|shown| Some(changes::changes(shown.as_ref()?, held_back.as_ref()?)))
        })
    }

    /// Shows the held-back queue.
    pub(crate) fn show_held_back(self) {
        if let Some(held_back) = self.held_back.try_update_untracked(Option::take).flatten() {
            self.held_back.notify();
            self.shown.set(Some(held_back));
        }
    }

    /// Adds to what the next `fetch` fetches.
    fn want(self, more: Wanted) {
        self.wanted.try_update_value(|wanted| *wanted = std::mem::take(wanted).and(more));
    }

    /// Fetches what is wanted, with as many rows per team as are on screen.
    async fn fetch(self) {
        let Some(wanted) = self.wanted.try_update_value(std::mem::take) else { return };
        let outcome = match &wanted {
            Wanted::Sections(teams) if self.is_loaded() => self.fetch_sections(teams).await,
            _ => self.fetch_all().await,
        };
        if outcome.is_err() {
            // The rows on screen stay; the live indicator shows that they may be out of date. The next event tries
            // again.
            self.want(wanted);
        }
        self.error.try_set(outcome.err());
    }

    fn is_loaded(self) -> bool {
        self.shown.try_with_untracked(Option::is_some) == Some(true)
    }

    async fn fetch_all(self) -> Result<(), RequestError> {
        let mut queue = self.client.get_queue().await?;
        for section in &mut queue.sections {
            self.fetch_filtered(section).await?;
            self.fetch_requested_rows(section).await?;
        }
        self.etags.try_update_value(HashMap::clear);
        self.update(queue);
        Ok(())
    }

    /// Replaces a section by the filtered one, if the agent has filtered it.
    async fn fetch_filtered(self, section: &mut QueueSection) -> Result<(), RequestError> {
        let (team, filter) = (section.team.id, self.filter(section.team.id));
        if filter != SectionFilter::default()
            && let FetchedSection::Changed(filtered, _) =
                self.client.get_queue_section(team, filter, None).await?
        {
            *section = *filtered;
        }
        Ok(())
    }

    fn filter(self, team: TeamId) -> SectionFilter {
        untrack(|| self.filters.of(team))
    }

    /// Shows only some of a team's conversations, or all again.
    pub(super) fn set_filter(self, team: TeamId, filter: SectionFilter) {
        self.filters.set(team, filter);
        self.requested.try_update_value(|requested| requested.remove(&team));
        self.etags.try_update_value(|etags| etags.remove(&team));
        self.refresh(Wanted::section(team));
    }

    async fn fetch_sections(self, teams: &BTreeSet<TeamId>) -> Result<(), RequestError> {
        for team in teams {
            match self.fetch_section(*team).await? {
                Section::Changed(queue) => self.update(queue),
                Section::Unchanged => {}
                Section::Missing => return self.fetch_all().await,
            }
        }
        Ok(())
    }

    async fn fetch_section(self, team: TeamId) -> Result<Section, RequestError> {
        let filter = self.filter(team);
        let known = self.etags.try_with_value(|etags| etags.get(&team).cloned()).flatten();
        // The tag covers the first page only.
        let known = known.filter(|_| self.requested_rows(team) <= PAGE);
        let (mut section, etag) = match self.client.get_queue_section(team, filter, known.as_deref()).await {
            Ok(FetchedSection::Changed(section, etag)) => (*section, etag),
            Ok(FetchedSection::Unchanged) => return Ok(Section::Unchanged),
            Ok(FetchedSection::Missing) => return Ok(Section::Missing),
            Err(error) if matches!(error.code(), Some(ErrorCode::NotFound | ErrorCode::Forbidden)) => {
                return Ok(Section::Missing);
            }
            Err(error) => return Err(error),
        };
        self.fetch_requested_rows(&mut section).await?;
        if self.filter(team) != filter {
            // The agent has changed the filter meanwhile, and the next fetch is due.
            return Ok(Section::Unchanged);
        }
        let newest = self.newest(|queue| changes::with_section(queue, section)).flatten();
        let Some(newest) = newest else { return Ok(Section::Missing) };
        self.etags.try_update_value(|etags| match etag {
            Some(etag) => etags.insert(team, etag),
            None => etags.remove(&team),
        });
        Ok(Section::Changed(newest))
    }

    /// Reads the held-back queue, or the one on screen if none is held back.
    fn newest<T>(self, read: impl FnOnce(&Queue) -> T) -> Option<T> {
        self.held_back
            .try_with_untracked(|held_back| {
                self.shown.try_with_untracked(|shown| held_back.as_ref().or(shown.as_ref()).map(read))
            })
            .flatten()
            .flatten()
    }

    fn update(self, queue: Queue) {
        let patched = self.shown.try_with_untracked(|shown| {
            let shown = shown.as_ref().filter(|shown| changes::move_rows(shown, &queue))?;
            Some(changes::patched(shown, &queue))
        });
        match patched.flatten() {
            Some(patched) if untrack(|| self.rows_in_use()) => {
                self.held_back.try_set(Some(queue));
                self.set_shown(patched);
            }
            _ => self.show(queue),
        }
    }

    fn show(self, queue: Queue) {
        self.held_back.try_set(None);
        self.set_shown(queue);
    }

    fn set_shown(self, queue: Queue) {
        if self.shown.try_with_untracked(|shown| shown.as_ref() != Some(&queue)) == Some(true) {
            self.shown.set(Some(queue));
        }
    }

    /// Adds the rows beyond the section's first page that the agent has requested.
    async fn fetch_requested_rows(self, section: &mut QueueSection) -> Result<(), RequestError> {
        // Reads the requested number again before each page: the agent may have requested more rows in the meantime.
        while section.next_cursor.is_some() && section.items.len() < self.requested_rows(section.team.id) {
            let missing = self.requested_rows(section.team.id).saturating_sub(section.items.len());
            self.extend(section, missing.min(MAX_LIMIT as usize)).await?;
        }
        Ok(())
    }

    fn requested_rows(self, team: TeamId) -> usize {
        self.requested.try_with_value(|requested| requested.get(&team).copied()).flatten().unwrap_or_default()
    }

    /// Fetches the next rows of a team, and shows them with the current queue.
    pub(super) async fn fetch_more(self, team: TeamId) -> Result<(), RequestError> {
        let count = |shown: &Option<Queue>| {
            let mut sections = shown.iter().flat_map(|queue| &queue.sections);
            sections.find(|section| section.team.id == team).map_or(0, |section| section.items.len())
        };
        let shown = self.shown.try_with_untracked(count).unwrap_or_default();
        self.requested.try_update_value(|requested| requested.insert(team, shown + PAGE));
        match self.fetch_section(team).await? {
            Section::Changed(queue) => self.show(queue),
            Section::Unchanged => {}
            Section::Missing => self.fetch_all().await?,
        }
        Ok(())
    }

    async fn extend(self, section: &mut QueueSection, limit: usize) -> Result<(), RequestError> {
        let cursor = section.next_cursor.as_deref();
        let status = StatusFilter::Open(self.filter(section.team.id));
        let page = self.client.list_conversations(section.team.id, status, limit, cursor).await?;
        // A conversation that has moved down the queue since the previous page is returned twice; the first one counts.
        let known: Vec<_> = section.items.iter().map(|row| row.id).collect();
        section.items.extend(page.items.into_iter().filter(|row| !known.contains(&row.id)));
        section.next_cursor = page.next_cursor;
        Ok(())
    }
}

/// Returns the queue's state, inside the signed-in app.
pub(crate) fn use_queue() -> QueueState {
    use_context().unwrap_or_else(QueueState::provide)
}
