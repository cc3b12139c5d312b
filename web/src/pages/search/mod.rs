//! Search: one box, which searches as one types; what is looked for stands in the address, so that Back finds it again.
//!
//! What is found is the server's word.

mod highlight;
mod results;

use leptos::{ev::SubmitEvent, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use shared::{
    Page, account::Permission, conversation::Conversation, search::is_long_enough, team::TeamSummary,
};

use self::results::results;
use crate::{
    api::{Client, Fault, Search},
    components::{
        heading::Heading,
        notices::{Notices, use_notices},
    },
    places::use_places,
    session::{use_client, use_session},
    tasks::Home,
    typing::Typing,
};

const STATUSES: [(&str, &str); 4] =
    [("", "Any status"), ("pending", "Awaiting reply"), ("open", "In progress"), ("closed", "Closed")];

/// The name under which what was found is kept for coming back.
const KEPT: &str = "search";

/// What was found, and for what.
#[derive(Clone, Default)]
struct Found {
    search: Search,
    conversations: Vec<Conversation>,
    cursor: Option<String>,
}

/// What the pieces of the page share.
#[derive(Clone, Copy)]
struct Searching {
    client: Client,
    notices: Notices,
    typing: Typing,
    home: Home,
    teams: StoredValue<Vec<TeamSummary>>,
    search: RwSignal<Search>,
    found: RwSignal<Option<Found>>,
    fault: RwSignal<Option<Fault>>,
    /// The next page is on its way.
    busy: RwSignal<bool>,
}

impl Searching {
    /// Searches for something else.
    fn change(self, change: impl FnOnce(&mut Search)) {
        self.search.update(change);
        if let Some(search) = self.asked() {
            self.typing
                .ask(self.client.search(search.clone(), None), move |answer| self.arrived(search, answer));
        }
    }

    /// Searches at once.
    fn fetch(self) {
        if let Some(search) = self.asked() {
            self.typing.ask_now(self.client.search(search.clone(), None), move |answer| {
                self.arrived(search, answer);
            });
        }
    }

    /// Returns the search when its text is long enough for the server; clears the results otherwise.
    fn asked(self) -> Option<Search> {
        let search = self.search.get_untracked();
        if !is_long_enough(&search.text) {
            self.typing.forget();
            self.found.set(None);
            self.fault.set(None);
            return None;
        }
        Some(search)
    }

    fn arrived(self, search: Search, answer: Result<Page<Conversation>, Fault>) {
        match answer {
            Ok(page) => {
                self.fault.set(None);
                self.found.set(Some(Found { search, conversations: page.items, cursor: page.next_cursor }));
            }
            Err(met) => {
                self.found.set(None);
                self.fault.set(Some(met));
            }
        }
    }

    /// Fetches the next page of what was found.
    fn fetch_more(self) {
        let Some(found) = self.found.get_untracked().filter(|found| found.cursor.is_some()) else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.home.start(async move {
            let answer = self.client.search(found.search.clone(), found.cursor.clone()).await;
            self.busy.try_set(false);
            match answer {
                Ok(page) => {
                    self.found.try_update(|now| {
                        // Something else may have been found meanwhile.
                        if let Some(now) = now.as_mut().filter(|now| now.cursor == found.cursor) {
                            now.conversations.extend(page.items);
                            now.cursor = page.next_cursor;
                        }
                    });
                }
                Err(met) => self.notices.fault(&met),
            }
        });
    }
}

/// The page `/search?q=&status=&team=`.
#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let me = use_session().me().filter(|me| me.may(Permission::Search));
    let Some(me) = me else {
        return view! {
            <Heading text="Search" />
            <p class="mt-4">"You need the permission “Search” to search. Ask an administrator."</p>
        }
        .into_any();
    };
    let query = use_location().query.get_untracked();
    let parameter = |name: &str| query.get(name).unwrap_or_default();
    let searching = Searching {
        client: use_client(),
        notices: use_notices(),
        typing: Typing::new(),
        home: Home::here(),
        teams: StoredValue::new(me.teams),
        search: RwSignal::new(Search {
            text: parameter("q"),
            team: parameter("team"),
            status: parameter("status"),
        }),
        found: RwSignal::new(None),
        fault: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    let places = use_places();
    let kept = places.and_then(|places| places.rows::<Found>(KEPT));
    match kept.filter(|kept| searching.search.with_untracked(|search| *search == kept.search)) {
        Some(kept) => searching.found.set(Some(kept)),
        None => searching.fetch(),
    }
    let returns = searching.found.with_untracked(Option::is_some);
    if let Some(places) = places {
        on_cleanup(move || {
            if let Some(found) = searching.found.try_get_untracked().flatten() {
                places.keep(KEPT, found);
            }
        });
        places.return_when(move || searching.found.with(Option::is_some));
    }
    let navigate = use_navigate();
    Effect::new(move |before: Option<()>| {
        let query = searching.search.with(|search| search.query("team"));
        if before.is_some() {
            let path = if query.is_empty() { "/search".to_owned() } else { format!("/search?{query}") };
            // Not a new entry of the history for every letter.
            navigate(&path, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        }
    });
    let input = NodeRef::<html::Input>::new();
    let page = view! {
        <Heading text="Search" />
        <p class="mt-1 text-sm">"Finds conversations of the past 90 days by any part of the number, ref or name."</p>
        {boxes(searching, input)}
        {results(searching)}
    }
    .into_any();
    // After the heading's, which would take the focus otherwise: one comes here to type.
    Effect::new(move |_| {
        if let Some(input) = input.get().filter(|_| !returns) {
            let _ = input.focus();
        }
    });
    page
}

fn boxes(searching: Searching, input: NodeRef<html::Input>) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        searching.fetch();
    };
    let teams = searching.teams.with_value(|teams| {
        let options = teams.iter().map(|team| (team.id.to_string(), team.name.clone()));
        let any = (String::new(), "Any team".to_owned());
        (teams.len() > 1).then(|| [any].into_iter().chain(options).collect())
    });
    let statuses = STATUSES.iter().map(|&(value, name)| (value.to_owned(), name.to_owned())).collect();
    view! {
        <form role="search" class="my-4 flex flex-wrap gap-2" on:submit=submit>
            <input
                node_ref=input
                type="search"
                name="q"
                class="input w-full sm:w-auto sm:min-w-72 sm:flex-1"
                aria-label="Number, ref or name"
                placeholder="Number, ref or name"
                autocomplete="off"
                prop:value=move || searching.search.with(|search| search.text.clone())
                on:input:target=move |event| searching.change(|search| search.text = event.target().value())
            />
            {filter("Status", statuses, searching, |search| &mut search.status)}
            {teams.map(|teams| filter("Team", teams, searching, |search| &mut search.team))}
        </form>
    }
    .into_any()
}

/// A drop-down that narrows down what is found. `options` are a value and a name.
fn filter(
    label: &'static str,
    options: Vec<(String, String)>,
    searching: Searching,
    field: fn(&mut Search) -> &mut String,
) -> AnyView {
    let chosen = field(&mut searching.search.get_untracked()).clone();
    let options = options.into_iter().map(|(value, name)| {
        let is_chosen = value == chosen;
        view! { <option value=value selected=is_chosen>{name}</option> }
    });
    view! {
        <select
            class="select w-auto max-w-full"
            aria-label=label
            on:change:target=move |event| searching.change(|search| *field(search) = event.target().value())
        >
            {options.collect_view()}
        </select>
    }
    .into_any()
}
