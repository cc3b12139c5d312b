//! The note form: a yellow box, in which `@` suggests colleagues.

use leptos::{ev::KeyboardEvent, prelude::*};
use serde::{Deserialize, Serialize};
use shared::{
    ErrorCode,
    account::AccountName,
    ids::{AccountId, ConversationId},
    note::NewNote,
};

use super::{
    ConversationContext,
    mentions::{TypedMention, mentioned},
};
use crate::{
    api::RequestError,
    components::{form::hint_and_error, when::when},
    compose::{
        Composer,
        draft::{Details, Draft, StorageKey},
        input::replace_range,
    },
    keys::{focus_first, is_escape, is_send},
    session::use_session,
    tasks::spawn,
};

/// Selects the box.
pub(super) const NOTE_BOX: &str = "#note-body";
const LIST: &str = "note-colleagues";

/// A note's draft stores only its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct NoteDetails {}

impl Details for NoteDetails {}

/// The note being written.
#[derive(Clone, Copy)]
pub(super) struct NoteState {
    context: ConversationContext,
    composer: Composer<NoteDetails>,
    /// The team's colleagues; empty until they are fetched.
    colleagues: RwSignal<Vec<AccountName>>,
    typed: RwSignal<Option<TypedMention>>,
    suggestions: Memo<Vec<AccountName>>,
    /// Index of the suggestion that Enter inserts.
    active: RwSignal<usize>,
}

fn storage_key(account: Option<AccountId>, conversation: ConversationId) -> StorageKey {
    StorageKey::new("note", account, conversation.0)
}

/// Returns the text of the stored draft of a note in this conversation.
pub(super) fn stored_text(account: Option<AccountId>, conversation: ConversationId) -> String {
    Draft::<NoteDetails>::load(&storage_key(account, conversation)).text.shown()
}

/// Deletes the stored draft of a note in this conversation.
pub(super) fn delete_draft(account: Option<AccountId>, conversation: ConversationId) {
    Draft::<NoteDetails>::empty().save(&storage_key(account, conversation));
}

impl NoteState {
    pub(super) fn new(context: ConversationContext) -> Self {
        let key = storage_key(use_session().account(), context.id);
        let colleagues = RwSignal::new(Vec::new());
        let typed = RwSignal::new(None::<TypedMention>);
        let suggestions = Memo::new(move |_| {
            typed.with(|typed| {
                typed.as_ref().map(|typed| colleagues.with(|all| typed.matching(all))).unwrap_or_default()
            })
        });
        let active = RwSignal::new(0);
        Self { context, composer: Composer::new(key), colleagues, typed, suggestions, active }
    }

    /// Returns whether a note has been begun.
    pub(super) fn has_text(self) -> bool {
        self.composer.draft.with(|draft| !draft.text.is_empty())
    }

    async fn fetch_colleagues(self) -> Result<Vec<AccountName>, RequestError> {
        let known = self.colleagues.try_get_untracked().unwrap_or_default();
        let team = self.context.detail.with_untracked(|detail| detail.as_ref().map(|detail| detail.team.id));
        match team {
            Some(team) if known.is_empty() => {
                let fetched = self.context.client.list_colleagues(team).await?;
                self.colleagues.try_set(fetched.clone());
                Ok(fetched)
            }
            _ => Ok(known),
        }
    }

    fn send(self) {
        let Self { context, composer, .. } = self;
        if composer.form.busy.get_untracked() {
            return;
        }
        let draft = composer.draft.get_untracked();
        let (body, key) = (draft.text.shown(), draft.key.clone());
        if body.trim().is_empty() {
            return composer.refuse("Enter a note.");
        }
        self.typed.set(None);
        composer.focus();
        let request = async move {
            let mentions = mentioned(&body, &self.fetch_colleagues().await?);
            context.client.create_note(context.id, &NewNote { body, mentions }, &key).await
        };
        composer.send(
            draft,
            request,
            move |note| {
                context.thread.add_sent(note);
                composer.focus();
            },
            move |error| {
                composer.focus();
                if error.code() == Some(ErrorCode::ConversationClosed) {
                    context.refetch.try_run(());
                }
                Err(error)
            },
        );
    }

    /// Handles input in the box.
    fn edited(self, text: String) {
        let area = self.composer.message_box.get_untracked();
        let caret = area.and_then(|area| area.selection_start().ok().flatten()).unwrap_or_default();
        self.typed.set(TypedMention::at(&text, caret as usize));
        self.active.set(0);
        self.composer.edit(text);
    }

    /// Inserts the name of a suggested colleague.
    fn insert(self, colleague: &AccountName) {
        let Some(typed) = self.typed.get_untracked() else { return };
        let (start, end, text) = typed.completed(&colleague.name);
        if let Some(area) = self.composer.message_box.get_untracked() {
            // At once, so that what is typed next follows the name.
            replace_range(&area, start, end, &text);
        }
        self.typed.set(None);
    }

    /// Handles a key while there are suggestions. Returns whether it did.
    fn chose_with(self, key: &str) -> bool {
        let suggestions = self.suggestions.get_untracked();
        let (count, active) = (suggestions.len(), self.active.get_untracked());
        match (key, suggestions.get(active)) {
            (_, None) => return false,
            ("ArrowDown", _) => self.active.set((active + 1) % count),
            ("ArrowUp", _) => self.active.set((active + count - 1) % count),
            ("Enter" | "Tab", Some(colleague)) => self.insert(colleague),
            ("Escape", _) => self.typed.set(None),
            _ => return false,
        }
        true
    }
}

/// The form. It fetches the colleagues when it is first shown.
pub(super) fn note_form(state: NoteState, is_shown: RwSignal<bool>) -> AnyView {
    let form = state.composer.form;
    let error = form.field_error("body");
    Effect::new(move |_| {
        if is_shown.get() {
            // If it fails, sending tries again.
            spawn(async move {
                let _ = state.fetch_colleagues().await;
            });
        }
    });
    let key = move |event: KeyboardEvent| {
        if is_send(&event) {
            state.send();
        } else if !event.is_composing() && state.chose_with(&event.key()) {
            event.prevent_default();
        } else if is_escape(&event) {
            focus_first("main h1");
        }
    };
    view! {
        <form
            class="mt-3 flex flex-col gap-2"
            aria-label="Note"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                state.send();
            }
        >
            <div class="flex flex-col gap-1">
                <div class="relative flex items-end gap-2" on:keydown=key>
                    {suggestion_list(state)} {note_box(state, error)}
                    <button class="btn btn-warning" aria-disabled=move || form.busy.get().to_string()>
                        {move || if form.busy.get() { "Adding…" } else { "Add note" }}
                    </button>
                </div>
                {hint_and_error("note-hint".to_owned(), "@ mentions a colleague", error)}
            </div>
            {form.error()}
        </form>
    }
    .into_any()
}

fn note_box(state: NoteState, error: Signal<Option<String>>) -> AnyView {
    let composer = state.composer;
    let text = Memo::new(move |_| composer.draft.with(|draft| draft.text.shown()));
    let is_open = move || state.suggestions.with(|suggestions| !suggestions.is_empty());
    let active =
        move || state.suggestions.with(|suggestions| suggestions.get(state.active.get()).map(option_id));
    view! {
        <textarea
            node_ref=composer.message_box
            id="note-body"
            class="textarea max-h-60 min-h-20 w-full flex-1 border-note-edge bg-note text-base field-sizing-content placeholder:text-quiet"
            dir="auto"
            name="body"
            aria-label="Note for the team"
            aria-describedby="note-hint"
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-controls=move || is_open().then_some(LIST)
            aria-activedescendant=active
            aria-invalid=move || error.with(Option::is_some).to_string()
            placeholder="Only your team sees this – Ctrl+Enter adds it"
            prop:value=text
            prop:readOnly=move || composer.form.busy.get()
            on:input:target=move |event| state.edited(event.target().value())
            on:blur=move |_| state.typed.set(None)
        ></textarea>
    }
    .into_any()
}

fn option_id(colleague: &AccountName) -> String {
    format!("colleague-{}", colleague.id)
}

/// The colleagues that match the mention being typed.
fn suggestion_list(state: NoteState) -> AnyView {
    let option = move |(n, colleague): (usize, AccountName)| {
        let (id, name) = (option_id(&colleague), colleague.name.clone());
        view! {
            <li
                id=id
                role="option"
                aria-selected=move || (state.active.get() == n).to_string()
                class="cursor-pointer px-3 py-1.5 wrap-anywhere aria-selected:bg-mine"
                on:mousedown=move |event| {
                    // Keeps the focus in the box.
                    event.prevent_default();
                    state.insert(&colleague);
                }
            >
                {name}
            </li>
        }
    };
    let announced = move || {
        let count = state.suggestions.with(Vec::len);
        (count > 0).then(|| format!("Colleagues that match: {count}. Arrow keys choose, Enter inserts."))
    };
    let list = when(
        move || state.suggestions.with(|suggestions| !suggestions.is_empty()),
        move || {
            view! {
                <ul
                    id=LIST
                    role="listbox"
                    aria-label="Colleagues"
                    class="absolute bottom-full left-0 z-10 mb-1 min-w-48 rounded-box border border-edge bg-raised py-1 shadow-raised"
                >
                    {move || state.suggestions.get().into_iter().enumerate().map(option).collect_view()}
                </ul>
            }
            .into_any()
        },
    );
    view! {
        {list}
        <div class="sr-only" aria-live="polite">{announced}</div>
    }
    .into_any()
}
