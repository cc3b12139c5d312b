//! Search for a template in the message box: `/` in an empty box, or `Ctrl+/` at any place in it, opens a list of
//! templates, which what the agent types filters by name and text.
//!
//! The box stays a text box, because HTML does not allow the role `combobox` for it. It refers to the list as a combobox
//! does (`aria-controls`, `aria-activedescendant`).

use leptos::{ev::KeyboardEvent, prelude::*};
use shared::{ids::TemplateId, template::RenderedTemplate};
use web_sys::HtmlTextAreaElement;

use super::{
    input::{replace_range, selection},
    templates::Templates,
};
use crate::{components::when::when, keys::is_composing, language::t};

/// Maximum number of templates in the list.
const MOST: usize = 8;

/// A search that is being typed. Positions count UTF-16 units, as browsers do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TypedSearch {
    start: u32,
    end: u32,
    /// Whether it begins with `/`.
    has_slash: bool,
    query: String,
}

impl TypedSearch {
    /// A search that begins with `/` in an empty box.
    fn with_slash() -> Self {
        Self { start: 0, end: 1, has_slash: true, query: String::new() }
    }

    /// A search that begins at the caret.
    fn at(caret: u32) -> Self {
        Self { start: caret, end: caret, has_slash: false, query: String::new() }
    }

    /// Returns the search after input. Returns `None` if the caret has left it.
    fn continued(&self, text: &str, caret: u32) -> Option<Self> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let typed = String::from_utf16(units.get(self.start as usize..caret as usize)?).ok()?;
        let query = if self.has_slash { typed.strip_prefix('/')? } else { &typed };
        (!query.contains('\n')).then(|| Self { end: caret, query: query.to_owned(), ..*self })
    }

    /// Returns whether the text contains nothing else.
    pub(super) fn is_all_of(&self, text: &str) -> bool {
        let units = text.encode_utf16().enumerate();
        let mut rest = units.filter(|(at, _)| !(self.start as usize..self.end as usize).contains(at));
        rest.all(|(_, unit)| u8::try_from(unit).is_ok_and(|unit| unit.is_ascii_whitespace()))
    }

    /// Puts a text in place of the search.
    pub(super) fn replace(&self, area: &HtmlTextAreaElement, text: &str) {
        replace_range(area, self.start, self.end, text);
    }
}

/// A template in the list.
#[derive(Clone, PartialEq)]
struct Found {
    id: TemplateId,
    name: String,
    text: String,
}

/// Returns the templates that have each word of the query in their name or text: first those with all words in the name.
fn matching(query: &str, templates: &[RenderedTemplate]) -> Vec<Found> {
    let query = query.to_lowercase();
    let has_all = |text: &str| query.split_whitespace().all(|word| text.contains(word));
    let mut found = Vec::new();
    let mut by_text = Vec::new();
    for template in templates {
        let name = template.name.to_lowercase();
        let row = || Found { id: template.id, name: template.name.clone(), text: template.rendered.clone() };
        if has_all(&name) {
            found.push(row());
        } else if has_all(&(name + "\n" + &template.rendered.to_lowercase())) {
            by_text.push(row());
        }
    }
    found.append(&mut by_text);
    found.truncate(MOST);
    found
}

/// The search of one message box.
#[derive(Clone, Copy)]
pub(super) struct TemplateSearch {
    templates: RwSignal<Templates>,
    typed: RwSignal<Option<TypedSearch>>,
    found: Memo<Vec<Found>>,
    /// Index of the template that Enter chooses.
    active: RwSignal<usize>,
    /// Receives the chosen template.
    choose: Callback<(TemplateId, TypedSearch)>,
}

impl TemplateSearch {
    pub(super) fn new(
        templates: RwSignal<Templates>,
        choose: impl Fn((TemplateId, TypedSearch)) + Send + Sync + 'static,
    ) -> Self {
        let typed = RwSignal::new(None::<TypedSearch>);
        let found = Memo::new(move |_| {
            typed.with(|typed| {
                let Some(typed) = typed else { return Vec::new() };
                templates.with(|templates| match templates {
                    Some(Ok(list)) => matching(&typed.query, list.all()),
                    _ => Vec::new(),
                })
            })
        });
        Self { templates, typed, found, active: RwSignal::new(0), choose: Callback::new(choose) }
    }

    /// Returns whether the list is open, tracked.
    pub(super) fn is_open(self) -> bool {
        self.typed.with(Option::is_some)
    }

    /// Returns whether the list has templates to choose from, tracked.
    pub(super) fn has_options(self) -> bool {
        self.found.with(|found| !found.is_empty())
    }

    /// Returns the element's id of the template that Enter chooses, tracked.
    pub(super) fn active_option(self, list: &str) -> Option<String> {
        self.found.with(|found| found.get(self.active.get()).map(|found| option_id(list, found.id)))
    }

    /// Closes the list. What was typed stays in the box.
    pub(super) fn close(self) {
        // A box that is removed loses the focus, when its signals are gone already.
        if self.typed.try_with_untracked(Option::is_some) == Some(true) {
            self.typed.set(None);
        }
    }

    /// Handles input. `was_empty` is whether the box was empty before.
    pub(super) fn edited(self, area: &HtmlTextAreaElement, was_empty: bool) {
        let typed = match self.typed.get_untracked() {
            Some(typed) => typed.continued(&area.value(), selection(area).1),
            None if was_empty && area.value() == "/" => Some(TypedSearch::with_slash()),
            None => return,
        };
        self.active.set(0);
        self.typed.set(typed);
    }

    /// Handles a key in the box, unless an input method is composing text.
    pub(super) fn pressed(self, event: &KeyboardEvent, area: Option<HtmlTextAreaElement>) {
        if is_composing(event) {
            return;
        }
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        let is_handled = match (event.key().as_str(), area) {
            ("/", Some(area)) if (event.ctrl_key() || event.meta_key()) && !area.read_only() => {
                self.active.set(0);
                self.typed.set(Some(TypedSearch::at(selection(&area).1)));
                true
            }
            (key, _) => !has_modifier && !event.shift_key() && self.handles(key),
        };
        if is_handled {
            event.prevent_default();
            event.stop_propagation();
        }
    }

    /// Handles a key while the list is open. Returns whether it did.
    fn handles(self, key: &str) -> bool {
        if self.typed.with_untracked(Option::is_none) {
            return false;
        }
        let (count, active) = (self.found.with_untracked(Vec::len), self.active.get_untracked());
        match key {
            "Escape" => self.close(),
            _ if count == 0 => return false,
            "ArrowDown" => self.active.set((active + 1) % count),
            "ArrowUp" => self.active.set((active + count - 1) % count),
            "Enter" | "Tab" => self.choose(active),
            _ => return false,
        }
        true
    }

    fn choose(self, place: usize) {
        let id = self.found.with_untracked(|found| found.get(place).map(|found| found.id));
        if let (Some(id), Some(typed)) = (id, self.typed.get_untracked()) {
            self.close();
            self.choose.run((id, typed));
        }
    }

    /// Returns why the list is empty.
    fn why_empty(self) -> &'static str {
        self.templates.with(|templates| match templates {
            None => t!("Loading templates…"),
            Some(Err(_)) => t!("Templates could not be loaded"),
            Some(Ok(list)) if list.all().is_empty() => t!("No templates"),
            Some(Ok(_)) => t!("No template matches"),
        })
    }

    /// Returns what a screen reader announces.
    fn announcement(self) -> Option<String> {
        self.is_open().then(|| match self.found.with(Vec::len) {
            0 => self.why_empty().to_owned(),
            count => {
                t!("Templates that match: {count}. Arrow keys choose, Enter inserts, Escape closes.", count)
            }
        })
    }
}

fn option_id(list: &str, template: TemplateId) -> String {
    format!("{list}-{template}")
}

/// The list, above the box. `list` is its id.
pub(super) fn search_list(search: TemplateSearch, list: StoredValue<String>) -> AnyView {
    let option = move |(n, found): (usize, Found)| {
        view! {
            <li
                id=list.with_value(|list| option_id(list, found.id))
                role="option"
                aria-selected=move || (search.active.get() == n).to_string()
                class="flex cursor-pointer items-baseline gap-3 px-3 py-1.5 hover:bg-edge/50 aria-selected:bg-mine"
                on:mousedown=move |event| {
                    // Keeps the focus in the box.
                    event.prevent_default();
                    search.choose(n);
                }
            >
                <span class="max-w-1/2 shrink-0 truncate font-medium" dir="auto">{found.name}</span>
                <span class="min-w-0 truncate text-quiet" dir="auto">{found.text}</span>
            </li>
        }
    };
    let content = move || {
        let found = search.found.get();
        if found.is_empty() {
            return view! { <p class="px-3 py-1.5 text-quiet">{search.why_empty()}</p> }.into_any();
        }
        view! {
            <ul id=list.get_value() role="listbox" aria-label=t!("Templates")>
                {found.into_iter().enumerate().map(option).collect_view()}
            </ul>
        }
        .into_any()
    };
    let shown = when(
        move || search.is_open(),
        move || {
            view! {
                <div class="absolute inset-x-0 bottom-full z-20 mb-1 max-h-80 overflow-y-auto rounded-box border border-edge bg-raised py-1 text-sm shadow-raised">
                    {content}
                </div>
            }
            .into_any()
        },
    );
    view! {
        {shown}
        <div class="sr-only" aria-live="polite">{move || search.announcement()}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates() -> Vec<RenderedTemplate> {
        let texts = [
            ("Greeting", "Hi Maria, Ann here."),
            ("Payment received", "Thank you."),
            ("Thanks", "Your payment…"),
        ];
        (1..)
            .zip(texts)
            .map(|(id, (name, text))| RenderedTemplate {
                id: TemplateId(id),
                name: name.to_owned(),
                body: text.to_owned(),
                rendered: text.to_owned(),
                missing: Vec::new(),
            })
            .collect()
    }

    fn ids(query: &str) -> Vec<i64> {
        matching(query, &templates()).iter().map(|found| found.id.0).collect()
    }

    #[test]
    fn templates_match_by_name_first_and_then_by_text() {
        assert_eq!(ids(""), [1, 2, 3]);
        assert_eq!(ids("payment"), [2, 3]);
        assert_eq!(ids("PAY rec"), [2]);
        assert_eq!(ids("greeting maria"), [1]);
        assert_eq!(ids("thank"), [3, 2]);
        assert_eq!(ids("refund"), [0; 0]);
    }

    #[test]
    fn a_search_follows_what_is_typed_until_the_caret_leaves_it() {
        let slash = TypedSearch::with_slash();
        let typed = slash.continued("/pay", 4).unwrap();
        assert_eq!((typed.query.as_str(), typed.end), ("pay", 4));
        assert_eq!(slash.continued("pay", 3), None, "the slash was deleted");
        assert_eq!(slash.continued("", 0), None);
        assert_eq!(slash.continued("/pay\n", 5), None);
        let inside = TypedSearch::at(3);
        assert_eq!(inside.continued("😀 pa.", 5).unwrap().query, "pa");
        assert_eq!(inside.continued("😀", 2), None, "the caret is before it");
    }

    #[test]
    fn a_search_is_all_of_a_text_without_other_characters() {
        let typed = TypedSearch::with_slash().continued("/pay", 4).unwrap();
        assert!(typed.is_all_of("/pay") && typed.is_all_of("/pay \n"));
        assert!(!typed.is_all_of("/pay é") && !typed.is_all_of("/pay now"));
        assert!(TypedSearch::at(0).is_all_of(""));
    }
}
