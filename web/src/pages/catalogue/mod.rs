//! The pages of templates, closure reasons and tags: ordered entries that can be archived. A section per team, and one
//! for entries of all teams.
//!
//! The server validates entries.

mod editor;
mod entry;
mod order;
mod section;
pub(crate) mod text;

use leptos::prelude::*;
use shared::{event::EventKind, ids::TeamId};

use self::{
    editor::editor,
    entry::{Entry, EntryKind, Move},
    section::{focus_section, section},
};
use crate::{
    api::{Client, RequestError},
    components::{
        confirmation::{Confirmation, confirm},
        form::Form,
        heading::Heading,
        notices::{Notices, use_notices},
        permission::{for_managers_of_teams, is_admin},
        person::isolated,
        placeholder::{failed, skeleton},
    },
    keys::focus_first,
    language::t,
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
};

/// The page `/templates`.
pub(crate) fn templates_page() -> AnyView {
    for_managers_of_teams(EntryKind::Template.title(), || page(EntryKind::Template))
}

/// The page `/closure-reasons`.
pub(crate) fn closure_reasons_page() -> AnyView {
    for_managers_of_teams(EntryKind::ClosureReason.title(), || page(EntryKind::ClosureReason))
}

/// The page `/tags`.
pub(crate) fn tags_page() -> AnyView {
    for_managers_of_teams(EntryKind::Tag.title(), || page(EntryKind::Tag))
}

/// The open dialog.
#[derive(Clone)]
enum OpenDialog {
    New(Option<TeamId>),
    Edit(Entry),
    Delete(Entry),
}

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
struct Catalogue {
    kind: EntryKind,
    client: Client,
    notices: Notices,
    entries: RwSignal<Option<Vec<Entry>>>,
    error: RwSignal<Option<RequestError>>,
    dialog: RwSignal<Option<OpenDialog>>,
    /// Sends the changes that need no dialog. Clicks are ignored meanwhile.
    form: Form,
    /// New position of a moved entry, for screen readers.
    announcement: RwSignal<String>,
    refetch: Callback<()>,
}

impl Catalogue {
    /// Returns a signal of one entry.
    fn entry(self, id: i64) -> Memo<Option<Entry>> {
        Memo::new(move |_| {
            self.entries.with(|entries| entries.iter().flatten().find(|entry| entry.id == id).cloned())
        })
    }

    /// Moves an entry by one position. Updates the screen at once, and reverts if the server refuses.
    fn shift(self, id: i64, up: bool) {
        if self.form.busy.get_untracked() {
            return;
        }
        let moved = self.entries.try_update(|entries| {
            let entries = entries.as_mut()?;
            let (place, count) = order::shift(entries, id, up)?;
            let entry = entries.iter().find(|entry| entry.id == id)?;
            Some((entry.clone(), place, count))
        });
        let Some((entry, place, count)) = moved.flatten() else { return };
        self.announcement.set(t!(
            "{name} is now {place} of {count}",
            name = isolated(&entry.name),
            place = place + 1,
            count
        ));
        // Restores the focus, which browsers remove from an element that moves in the document.
        let button = format!("[data-move=\"{id}-{}\"]", if up { "up" } else { "down" });
        request_animation_frame(move || focus_first(&button));
        self.update(entry, Move::To(place));
    }

    /// Restores an archived entry.
    fn restore(self, entry: Entry) {
        if !self.form.busy.get_untracked() {
            focus_section(entry.team_id);
            self.update(entry, Move::Restore);
        }
    }

    fn update(self, entry: Entry, move_to: Move) {
        let request = async move { self.kind.place(self.client, entry, move_to).await };
        // Detached, because the live event of this change may remove the clicked row.
        self.form.send_detached(request, move |response| {
            if let Err(error) = response {
                self.notices.error(&error);
            }
            self.refetch.try_run(());
            Ok(())
        });
    }
}

async fn fetch(
    kind: EntryKind,
    client: Client,
    shown: RwSignal<Option<Vec<Entry>>>,
    error: RwSignal<Option<RequestError>>,
) {
    match kind.list(client).await {
        Ok(entries) => {
            error.try_set(None);
            // Setting an unchanged value would redraw the page.
            if shown.try_with_untracked(|shown| shown.as_ref() != Some(&entries)) == Some(true) {
                shown.set(Some(entries));
            }
        }
        Err(new_error) => {
            error.try_set(Some(new_error));
        }
    }
}

fn page(kind: EntryKind) -> AnyView {
    let client = use_client();
    let session = use_session();
    let entries = RwSignal::new(None);
    let error = RwSignal::new(None);
    let refetch = coalesce(move || fetch(kind, client, entries, error));
    let catalogue = Catalogue {
        kind,
        client,
        notices: use_notices(),
        entries,
        error,
        dialog: RwSignal::new(None),
        form: Form::new(),
        announcement: RwSignal::new(String::new()),
        refetch,
    };
    refetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => refetch.run(()),
    });

    let teams = session.read(|me| me.teams.clone());
    let admin = session.read(is_admin);
    let is_loaded = Memo::new(move |_| entries.with(Option::is_some));
    let body = move || {
        if !is_loaded.get() {
            return match catalogue.error.get() {
                Some(error) => failed(&error, refetch),
                None => skeleton(6),
            };
        }
        let mut sections: Vec<AnyView> =
            teams.get().into_iter().map(|team| section(catalogue, Some(team.id), team.name, true)).collect();
        sections.push(section(catalogue, None, t!("All teams").to_owned(), admin.get()));
        sections.collect_view().into_any()
    };
    view! {
        <Heading text=kind.title() />
        <div class="mt-4 flex flex-col gap-8">{body}</div>
        <p role="status" class="sr-only">{move || catalogue.announcement.get()}</p>
        {move || catalogue.dialog.get().map(|open| dialog(catalogue, open))}
    }
    .into_any()
}

fn dialog(catalogue: Catalogue, open: OpenDialog) -> AnyView {
    let Catalogue { kind, client, dialog, refetch, .. } = catalogue;
    let close = Callback::new(move |()| dialog.set(None));
    match open {
        OpenDialog::New(team_id) => {
            let empty = Entry { team_id, ..Entry::default() };
            editor(catalogue, kind.new_label().to_owned(), empty, close)
        }
        OpenDialog::Edit(entry) => {
            editor(catalogue, t!("Edit “{name}”", name = isolated(&entry.name)), entry, close)
        }
        OpenDialog::Delete(entry) => {
            let confirmation = Confirmation {
                title: t!("Delete “{name}”?", name = isolated(&entry.name)),
                text: t!("Agents can no longer choose it. Past messages and conversations keep it."),
                button: t!("Delete"),
                is_dangerous: true,
            };
            let done = Callback::new(move |()| {
                dialog.set(None);
                focus_section(entry.team_id);
                refetch.run(());
            });
            let (id, version) = (entry.id, entry.version);
            confirm(confirmation, close, move || kind.delete(client, id, version.clone()), done)
        }
    }
}
