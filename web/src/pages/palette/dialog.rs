//! The content of the palette: a text box and the list of what it finds. Follows the combobox pattern of ARIA 1.2: the
//! focus stays in the text box, which names the active option.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use shared::{account::Permission, conversation::Conversation, preferences::Theme, search::is_long_enough};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::{
    commands::{Action, Command, actions, matching, pages},
    conversations::{LIMIT, in_queue},
};
use crate::{
    api::{Client, Search},
    components::{
        avatar::customer_avatar,
        icon::{Icon, icon},
        notices::{Notices, use_notices},
        person::isolated,
    },
    debounce::Debounced,
    keys::{Keys, focus_first, is_composing, take_next, use_keys},
    language::{plural, t, text},
    pages::queue::state::{QueueState, use_queue},
    router::{Router, use_router},
    session::{Session, use_client, use_session},
    tasks::spawn_detached,
    theme::{show, use_theme},
};

/// An entry of the list.
#[derive(Clone, PartialEq)]
enum Entry {
    Command(Command),
    Conversation(Box<Conversation>),
}

type Group = (&'static str, Vec<Entry>);

/// The state of the palette, with all that its actions need.
#[derive(Clone, Copy)]
struct Palette {
    client: Client,
    keys: Keys,
    notices: Notices,
    queue: QueueState,
    router: Router,
    session: Session,
    theme: RwSignal<Theme>,
    text: RwSignal<String>,
    /// The results of the server's search.
    found: RwSignal<Vec<Conversation>>,
    /// The number of the active option.
    active: RwSignal<usize>,
    groups: Memo<Vec<Group>>,
    search: Debounced,
}

/// The content of the dialog.
pub(crate) fn palette_dialog() -> AnyView {
    let palette = Palette::new();
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    let active = move || (palette.count() > 0).then(|| option_id(palette.active.get()));
    let summary = move || match palette.count() {
        0 => t!("Nothing found.").to_owned(),
        count => plural!(count, "{count} result", "{count} results"),
    };
    view! {
        <div class="flex items-center gap-3 border-b border-edge px-4">
            {icon(Icon::SEARCH, "size-4 shrink-0 text-quiet")}
            <input
                node_ref=input
                type="text"
                dir="auto"
                role="combobox"
                class="h-12 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-quiet sm:text-sm"
                aria-label=t!("Search or jump to")
                aria-expanded="true"
                aria-controls="palette-list"
                aria-autocomplete="list"
                aria-activedescendant=active
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=t!("Search or jump to…")
                prop:value=palette.text
                on:input:target=move |event| palette.change(event.target().value())
                on:keydown=move |event| palette.press(&event)
            />
            <kbd class="kbd kbd-xs" aria-hidden="true">{t!("Esc")}</kbd>
        </div>
        <div role="listbox" id="palette-list" aria-label=t!("Results") class="max-h-[min(26rem,60dvh)] overflow-y-auto py-2">
            {move || palette.groups.with(|groups| list(palette, groups))}
        </div>
        <p role="status" class=move || if palette.count() == 0 { "px-4 pb-4 text-sm text-quiet" } else { "sr-only" }>
            {summary}
        </p>
    }
    .into_any()
}

impl Palette {
    fn new() -> Self {
        let (queue, session) = (use_queue(), use_session());
        let text = RwSignal::new(String::new());
        let found = RwSignal::new(Vec::<Conversation>::new());
        let me = session.me();
        let can_close = document().query_selector("[data-close-section]").ok().flatten().is_some();
        let commands = me.map(|me| (actions(&me, can_close), pages(&me))).unwrap_or_default();
        let groups = Memo::new(move |_| {
            let text = text.get();
            let waiting = queue.shown.with(|queue| queue.as_ref().map(|queue| in_queue(queue, &text)));
            let waiting = waiting.unwrap_or_default();
            let found = found.with(|found| {
                let new = |row: &&Conversation| waiting.iter().all(|known| known.id != row.id);
                found.iter().filter(new).take(LIMIT).cloned().collect::<Vec<_>>()
            });
            // The results of the server come last, so that nothing moves when they arrive.
            let groups = [
                (t!("In progress"), conversations(waiting)),
                (t!("Actions"), matching(&commands.0, &text).into_iter().map(Entry::Command).collect()),
                (t!("Pages"), matching(&commands.1, &text).into_iter().map(Entry::Command).collect()),
                (t!("Search results"), conversations(found)),
            ];
            groups.into_iter().filter(|(_, entries)| !entries.is_empty()).collect::<Vec<Group>>()
        });
        Self {
            client: use_client(),
            keys: use_keys(),
            notices: use_notices(),
            queue,
            router: use_router(),
            session,
            theme: use_theme(),
            text,
            found,
            active: RwSignal::new(0),
            groups,
            search: Debounced::new(),
        }
    }

    fn count(self) -> usize {
        self.groups.with(|groups| groups.iter().map(|(_, entries)| entries.len()).sum())
    }

    /// Handles input: filters at once, and searches after a pause in typing.
    fn change(self, text: String) {
        self.active.set(0);
        let may_search = self.session.me().is_some_and(|me| me.may(Permission::Search));
        if may_search && is_long_enough(&text) {
            let search = Search { text: text.clone(), ..Search::default() };
            self.search.run(self.client.search(search, None), move |response| {
                // Without results, the rest of the list is still of use.
                self.found.set(response.map(|page| page.items).unwrap_or_default());
            });
        } else {
            self.search.cancel();
            self.found.set(Vec::new());
        }
        self.text.set(text);
    }

    fn press(self, event: &KeyboardEvent) {
        let count = self.count();
        if count == 0 || is_composing(event) {
            return;
        }
        let active = self.active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.move_to((active + 1) % count),
            "ArrowUp" => self.move_to((active + count - 1) % count),
            "Enter" => self.run(active),
            _ => return,
        }
        event.prevent_default();
    }

    fn move_to(self, number: usize) {
        self.active.set(number);
        if let Some(option) = document().get_element_by_id(&option_id(number)) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// Closes the palette, which returns the focus, then runs the entry, which may move it.
    fn run(self, number: usize) {
        let entry = self
            .groups
            .with_untracked(|groups| groups.iter().flat_map(|(_, entries)| entries).nth(number).cloned());
        let Some(entry) = entry else { return };
        let dialog = document()
            .get_element_by_id("palette-list")
            .and_then(|list| list.closest("dialog").ok().flatten());
        if let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) {
            dialog.close();
        }
        match entry {
            Entry::Conversation(conversation) => {
                self.router.open(&format!("/conversations/{}", conversation.id))
            }
            Entry::Command(command) => self.act(command.action),
        }
    }

    fn act(self, action: Action) {
        match action {
            Action::Open(path) => self.router.open(&path),
            Action::AdHoc(team) => {
                self.router.open("/");
                self.queue.ad_hoc.set(Some(team));
            }
            Action::Next => take_next(self.client, self.notices, self.router),
            Action::Close => focus_first("[data-close-section]"),
            Action::Help => self.keys.help_open.set(true),
            Action::Theme(theme) => show(self.theme, theme),
            Action::SignOut => spawn_detached(async move {
                if let Err(error) = self.session.sign_out().await {
                    self.notices.error(&error);
                }
            }),
        }
    }
}

fn conversations(rows: Vec<Conversation>) -> Vec<Entry> {
    rows.into_iter().map(|row| Entry::Conversation(Box::new(row))).collect()
}

fn option_id(number: usize) -> String {
    format!("palette-{number}")
}

fn list(palette: Palette, groups: &[Group]) -> AnyView {
    let mut first = 0;
    let groups = groups.iter().map(|(title, entries)| {
        let options = entries.iter().enumerate().map(|(place, entry)| option(palette, first + place, entry));
        let options = options.collect_view();
        first += entries.len();
        view! {
            <div role="group" aria-label=*title>
                <p aria-hidden="true" class="px-4 pt-2 pb-1 text-xs font-medium text-quiet">{*title}</p>
                {options}
            </div>
        }
    });
    groups.collect_view().into_any()
}

fn option(palette: Palette, number: usize, entry: &Entry) -> AnyView {
    let is_active = move || (palette.active.get() == number).to_string();
    let content = match entry {
        Entry::Command(command) => command_content(command),
        Entry::Conversation(conversation) => conversation_content(conversation),
    };
    view! {
        <div
            role="option"
            id=option_id(number)
            aria-selected=is_active
            class="mx-2 flex h-9 cursor-pointer items-center gap-3 rounded-field px-2 text-sm aria-selected:bg-mine"
            // The focus stays in the text box.
            on:pointerdown=|event| event.prevent_default()
            on:pointermove=move |_| palette.active.set(number)
            on:click=move |_| palette.run(number)
        >
            {content}
        </div>
    }
    .into_any()
}

fn command_content(command: &Command) -> AnyView {
    let shape = if matches!(command.action, Action::Open(_)) { Icon::PAGE } else { Icon::ACTION };
    let keys =
        command.keys.iter().map(|&key| view! { <kbd class="kbd kbd-xs">{text(key)}</kbd> }).collect_view();
    view! {
        <span class="grid size-7 shrink-0 place-items-center text-quiet">{icon(shape, "size-4")}</span>
        <bdi class="min-w-0 flex-1 truncate">{command.label.clone()}</bdi>
        <span class="flex shrink-0 gap-1" aria-hidden="true">{keys}</span>
    }
    .into_any()
}

fn conversation_content(conversation: &Conversation) -> AnyView {
    let number = conversation.number.display();
    let name = conversation.name.as_deref().filter(|name| !name.is_empty());
    let beside = name.map(|_| number.clone());
    let reference = conversation.reference.as_deref().map(|reference| isolated(reference).into_owned());
    view! {
        {customer_avatar(conversation)}
        <bdi class="min-w-0 truncate">{name.unwrap_or(&number).to_owned()}</bdi>
        <span class="ms-auto flex shrink-0 gap-3 text-xs text-quiet">
            <span>{reference}</span>
            <span>{beside}</span>
        </span>
    }
    .into_any()
}
