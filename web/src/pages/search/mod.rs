//! The search page. Searches while the agent types. The search is part of the URL, so that Back shows it again.

mod highlight;
mod results;

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    Page, account::Permission, conversation::Conversation, search::is_long_enough, team::TeamSummary,
};

use self::results::results;
use crate::{
    api::{Client, RequestError, Search},
    components::{
        heading::Heading,
        notices::{Notices, use_notices},
        person::isolated,
    },
    debounce::Debounced,
    language::{marked, t, text},
    router::use_router,
    scroll_restoration::use_scroll_restoration,
    session::{use_client, use_session},
    tasks::TaskScope,
};

const STATUSES: [(&str, &str); 4] = [
    ("", marked!("Any status")),
    ("pending", marked!("Awaiting reply")),
    ("open", marked!("In progress")),
    ("closed", marked!("Closed")),
];

/// Key under which `ScrollRestoration` keeps the results for Back navigation.
const RESULTS_KEY: &str = "search";

/// The loaded results, with their search.
#[derive(Clone, Default)]
struct Results {
    search: Search,
    conversations: Vec<Conversation>,
    cursor: Option<String>,
}

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
struct SearchState {
    client: Client,
    notices: Notices,
    debounced: Debounced,
    scope: TaskScope,
    teams: StoredValue<Vec<TeamSummary>>,
    search: RwSignal<Search>,
    results: RwSignal<Option<Results>>,
    error: RwSignal<Option<RequestError>>,
    /// The tags of all teams: pairs of id and name.
    tags: RwSignal<Vec<(String, String)>>,
    /// Whether the next page is being fetched.
    busy: RwSignal<bool>,
}

impl SearchState {
    /// Changes the search, and searches after a pause in typing.
    fn change(self, change: impl FnOnce(&mut Search)) {
        self.search.update(change);
        if let Some(search) = self.valid_search() {
            self.debounced
                .run(self.client.search(search.clone(), None), move |response| self.update(search, response));
        }
    }

    /// Searches at once.
    fn fetch(self) {
        if let Some(search) = self.valid_search() {
            self.debounced.run_now(self.client.search(search.clone(), None), move |response| {
                self.update(search, response);
            });
        }
    }

    /// Returns the search when its text is long enough for the server; clears the results otherwise.
    fn valid_search(self) -> Option<Search> {
        let search = self.search.get_untracked();
        if !is_long_enough(&search.text) {
            self.debounced.cancel();
            self.results.set(None);
            self.error.set(None);
            return None;
        }
        Some(search)
    }

    fn update(self, search: Search, response: Result<Page<Conversation>, RequestError>) {
        match response {
            Ok(page) => {
                self.error.set(None);
                self.results.set(Some(Results {
                    search,
                    conversations: page.items,
                    cursor: page.next_cursor,
                }));
            }
            Err(error) => {
                self.results.set(None);
                self.error.set(Some(error));
            }
        }
    }

    /// Fetches the next page of results.
    fn fetch_more(self) {
        let Some(results) = self.results.get_untracked().filter(|results| results.cursor.is_some()) else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.scope.spawn(async move {
            let response = self.client.search(results.search.clone(), results.cursor.clone()).await;
            self.busy.try_set(false);
            match response {
                Ok(page) => {
                    self.results.try_update(|now| {
                        // The search may have changed in the meantime.
                        if let Some(now) = now.as_mut().filter(|now| now.cursor == results.cursor) {
                            now.conversations.extend(page.items);
                            now.cursor = page.next_cursor;
                        }
                    });
                }
                Err(error) => self.notices.error(&error),
            }
        });
    }
}

/// The page `/search?q=&status=&team=&tag=`.
#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let me = use_session().me().filter(|me| me.may(Permission::Search));
    let Some(me) = me else {
        return view! {
            <Heading text=t!("Search") />
            <p class="mt-4">{t!("You need the permission “Search” to search. Ask an administrator.")}</p>
        }
        .into_any();
    };
    let router = use_router();
    let parameter = |name: &str| untrack(|| router.parameter(name)).unwrap_or_default();
    let state = SearchState {
        client: use_client(),
        notices: use_notices(),
        debounced: Debounced::new(),
        scope: TaskScope::current(),
        teams: StoredValue::new(me.teams),
        search: RwSignal::new(Search {
            text: parameter("q"),
            team: parameter("team"),
            status: parameter("status"),
            tag: parameter("tag"),
        }),
        results: RwSignal::new(None),
        error: RwSignal::new(None),
        tags: RwSignal::new(Vec::new()),
        busy: RwSignal::new(false),
    };
    fetch_tags(state);
    let restoration = use_scroll_restoration();
    let saved = restoration.and_then(|restoration| restoration.saved_rows::<Results>(RESULTS_KEY));
    match saved.filter(|saved| state.search.with_untracked(|search| *search == saved.search)) {
        Some(saved) => state.results.set(Some(saved)),
        None => state.fetch(),
    }
    let is_restored = state.results.with_untracked(Option::is_some);
    if let Some(restoration) = restoration {
        on_cleanup(move || {
            if let Some(results) = state.results.try_get_untracked().flatten() {
                restoration.save_rows(RESULTS_KEY, results);
            }
        });
        restoration.restore_when(move || state.results.with(Option::is_some));
    }
    Effect::new(move |before: Option<()>| {
        let query = state.search.with(|search| search.query("team"));
        if before.is_some() {
            let path = if query.is_empty() { "/search".to_owned() } else { format!("/search?{query}") };
            // Replaces the history entry, so that typing does not add one per letter.
            router.replace(&path);
        }
    });
    let input = NodeRef::<html::Input>::new();
    let page = view! {
        <Heading text=t!("Search") />
        <p class="mt-1 text-sm">{t!("Finds conversations from the past 90 days by any part of the number, ref or name.")}</p>
        {search_form(state, input)}
        {results(state)}
    }
    .into_any();
    // Created after the heading's effect, so that the input gets the focus.
    Effect::new(move |_| {
        if let Some(input) = input.get().filter(|_| !is_restored) {
            let _ = input.focus();
        }
    });
    page
}

/// Fetches the tags to filter by. Without them, the page has no such filter.
fn fetch_tags(state: SearchState) {
    state.scope.spawn(async move {
        let tags = state.client.list_every_tag(false).await.unwrap_or_default();
        if tags.is_empty() {
            return;
        }
        let several = state.teams.with_value(|teams| teams.len() > 1);
        let named = tags.into_iter().map(|tag| {
            let team = state.teams.with_value(|teams| {
                teams
                    .iter()
                    .find(|team| several && Some(team.id) == tag.team_id)
                    .map(|team| team.name.clone())
            });
            let name = team
                .map_or(tag.name.clone(), |team| format!("{} · {}", isolated(&tag.name), isolated(&team)));
            (tag.id.to_string(), name)
        });
        let any = (String::new(), t!("Any tag").to_owned());
        state.tags.try_set([any].into_iter().chain(named).collect());
    });
}

fn search_form(state: SearchState, input: NodeRef<html::Input>) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        state.fetch();
    };
    let teams = state.teams.with_value(|teams| {
        let options = teams.iter().map(|team| (team.id.to_string(), team.name.clone()));
        let any = (String::new(), t!("Any team").to_owned());
        (teams.len() > 1).then(|| [any].into_iter().chain(options).collect())
    });
    let statuses = STATUSES.iter().map(|&(value, name)| (value.to_owned(), text(name).to_owned())).collect();
    let tags = move || {
        let tags = state.tags.get();
        (!tags.is_empty()).then(|| filter(t!("Tag"), tags, state, |search| &mut search.tag))
    };
    view! {
        <form role="search" class="my-4 flex flex-wrap gap-2" on:submit=submit>
            <input
                node_ref=input
                type="search"
                dir="auto"
                name="q"
                class="input w-full sm:w-auto sm:min-w-72 sm:flex-1"
                aria-label=t!("Number, ref or name")
                placeholder=t!("Number, ref or name")
                autocomplete="off"
                prop:value=move || state.search.with(|search| search.text.clone())
                on:input:target=move |event| state.change(|search| search.text = event.target().value())
            />
            {filter(t!("Status"), statuses, state, |search| &mut search.status)}
            {teams.map(|teams| filter(t!("Team"), teams, state, |search| &mut search.team))}
            {tags}
        </form>
    }
    .into_any()
}

/// A drop-down that filters the results. `options` are pairs of value and name.
fn filter(
    label: &'static str,
    options: Vec<(String, String)>,
    state: SearchState,
    field: fn(&mut Search) -> &mut String,
) -> AnyView {
    let chosen = field(&mut state.search.get_untracked()).clone();
    let options = options.into_iter().map(|(value, name)| {
        let is_chosen = value == chosen;
        view! { <option value=value selected=is_chosen>{name}</option> }
    });
    view! {
        <select
            class="select w-auto max-w-full"
            aria-label=label
            on:change:target=move |event| state.change(|search| *field(search) = event.target().value())
        >
            {options.collect_view()}
        </select>
    }
    .into_any()
}
