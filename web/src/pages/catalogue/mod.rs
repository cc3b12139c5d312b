//! What a team keeps in an order of its own and never quite throws away: its templates and its closure reasons. A
//! section per team, and one for what belongs to all teams.
//!
//! What may be kept is the server's word; nothing here decides it.

mod editor;
mod noun;
mod order;
mod section;
mod text;

use leptos::prelude::*;
use shared::{event::EventKind, ids::TeamId};

use self::{
    editor::editor,
    noun::{Entry, Move, Noun},
    section::{focus_section, section},
};
use crate::{
    api::{Client, Fault},
    components::{
        heading::Heading,
        notices::{Notices, use_notices},
        permission::{for_managers_of_teams, is_admin},
        placeholder::{failed, skeleton},
        question::{Question, ask},
    },
    keys::focus_first,
    live::{News, coalesced, use_live},
    session::{use_client, use_session},
    tasks::start_detached,
};

/// The page `/templates`.
pub(crate) fn templates_page() -> AnyView {
    for_managers_of_teams(Noun::Template.title(), || page(Noun::Template))
}

/// The page `/closure-reasons`.
pub(crate) fn closure_reasons_page() -> AnyView {
    for_managers_of_teams(Noun::ClosureReason.title(), || page(Noun::ClosureReason))
}

/// What a dialog is open for.
#[derive(Clone)]
enum Asked {
    New(Option<TeamId>),
    Edit(Entry),
    Delete(Entry),
}

/// What the pieces of the page share.
#[derive(Clone, Copy)]
struct Catalogue {
    noun: Noun,
    client: Client,
    notices: Notices,
    entries: RwSignal<Option<Vec<Entry>>>,
    fault: RwSignal<Option<Fault>>,
    asked: RwSignal<Option<Asked>>,
    /// Something is on its way that the next click must wait for.
    busy: RwSignal<bool>,
    /// Where an entry was moved to, for those who do not see it.
    said: RwSignal<String>,
    refetch: Callback<()>,
}

impl Catalogue {
    /// Reads an entry, as a signal.
    fn entry(self, id: i64) -> Memo<Option<Entry>> {
        Memo::new(move |_| {
            self.entries.with(|entries| entries.iter().flatten().find(|entry| entry.id == id).cloned())
        })
    }

    /// Moves an entry by one place: on screen at once, and back if the server will not have it.
    fn shift(self, id: i64, up: bool) {
        if self.busy.get_untracked() {
            return;
        }
        let moved = self.entries.try_update(|entries| {
            let entries = entries.as_mut()?;
            let (place, count) = order::shift(entries, id, up)?;
            let entry = entries.iter().find(|entry| entry.id == id)?;
            Some((entry.clone(), place, count))
        });
        let Some((entry, place, count)) = moved.flatten() else { return };
        self.said.set(format!("{} is now {} of {count}", entry.name, place + 1));
        // A browser takes the focus from an element that moves.
        let button = format!("[data-move=\"{id}-{}\"]", if up { "up" } else { "down" });
        request_animation_frame(move || focus_first(&button));
        self.write(entry, Move::To(place));
    }

    /// Offers an archived entry again.
    fn restore(self, entry: Entry) {
        if !self.busy.get_untracked() {
            focus_section(entry.team_id);
            self.write(entry, Move::Back);
        }
    }

    fn write(self, entry: Entry, move_to: Move) {
        self.busy.set(true);
        // Not bound to the row that was clicked: the news of this very change may take it away.
        start_detached(async move {
            if let Err(fault) = self.noun.update(self.client, entry, move_to).await {
                self.notices.fault(&fault);
            }
            self.busy.try_set(false);
            self.refetch.try_run(());
        });
    }
}

async fn fetch(
    noun: Noun,
    client: Client,
    shown: RwSignal<Option<Vec<Entry>>>,
    fault: RwSignal<Option<Fault>>,
) {
    match noun.list(client).await {
        Ok(entries) => {
            fault.try_set(None);
            // Nothing is drawn again for nothing.
            if shown.try_with_untracked(|shown| shown.as_ref() != Some(&entries)) == Some(true) {
                shown.set(Some(entries));
            }
        }
        Err(met) => {
            fault.try_set(Some(met));
        }
    }
}

fn page(noun: Noun) -> AnyView {
    let client = use_client();
    let session = use_session();
    let entries = RwSignal::new(None);
    let fault = RwSignal::new(None);
    let refetch = coalesced(move || fetch(noun, client, entries, fault));
    let catalogue = Catalogue {
        noun,
        client,
        notices: use_notices(),
        entries,
        fault,
        asked: RwSignal::new(None),
        busy: RwSignal::new(false),
        said: RwSignal::new(String::new()),
        refetch,
    };
    refetch.run(());
    use_live().listen(move |news| match news {
        News::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => refetch.run(()),
    });

    let teams = session.read(|me| me.teams.clone());
    let admin = session.read(is_admin);
    let arrived = Memo::new(move |_| entries.with(Option::is_some));
    let body = move || {
        if !arrived.get() {
            return match catalogue.fault.get() {
                Some(fault) => failed(&fault, refetch),
                None => skeleton(6),
            };
        }
        let mut sections: Vec<AnyView> =
            teams.get().into_iter().map(|team| section(catalogue, Some(team.id), team.name, true)).collect();
        sections.push(section(catalogue, None, "All teams".to_owned(), admin.get()));
        sections.collect_view().into_any()
    };
    view! {
        <Heading text=noun.title() />
        <div class="mt-4 flex flex-col gap-8">{body}</div>
        <p role="status" class="sr-only">{move || catalogue.said.get()}</p>
        {move || catalogue.asked.get().map(|asked| dialog(catalogue, asked))}
    }
    .into_any()
}

fn dialog(catalogue: Catalogue, asked: Asked) -> AnyView {
    let Catalogue { noun, client, asked: open, refetch, .. } = catalogue;
    let close = Callback::new(move |()| open.set(None));
    match asked {
        Asked::New(team_id) => {
            let empty = Entry { id: 0, team_id, name: String::new(), body: String::new(), archived: false };
            editor(catalogue, noun.new_label().to_owned(), empty, close)
        }
        Asked::Edit(entry) => editor(catalogue, format!("Edit “{}”", entry.name), entry, close),
        Asked::Delete(entry) => {
            let question = Question {
                title: format!("Delete “{}”?", entry.name),
                text: "Agents can no longer choose it. Past messages and conversations keep it.",
                button: "Delete",
                is_dangerous: true,
            };
            let done = Callback::new(move |()| {
                open.set(None);
                focus_section(entry.team_id);
                refetch.run(());
            });
            ask(question, close, move || noun.delete(client, entry.id), done)
        }
    }
}
