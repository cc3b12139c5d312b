//! The dialog in which an entry is written.

use leptos::prelude::*;

use super::{
    Catalogue,
    noun::{Entry, Move, Noun},
    text::text,
};
use crate::components::{
    dialog::Dialog,
    form::{Form, Line},
};

/// The dialog; an entry without an id is a new one.
pub(super) fn editor(catalogue: Catalogue, title: String, entry: Entry, close: Callback<()>) -> AnyView {
    let Catalogue { noun, client, refetch, .. } = catalogue;
    let form = Form::new();
    let name = RwSignal::new(entry.name.clone());
    let body = RwSignal::new(entry.body.clone());
    let team = entry.team_id;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let entry = Entry { name: name.get_untracked(), body: body.get_untracked(), ..entry.clone() };
        let request = async move {
            match entry.id {
                0 => noun.create(client, entry).await,
                _ => noun.update(client, entry, Move::Nowhere).await,
            }
        };
        form.send(request, move |()| {
            close.run(());
            refetch.run(());
        });
    };
    let text = (noun == Noun::Template).then(|| text(client, form, team, body));
    view! {
        <Dialog title close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {form.line(Line::text("name", "Name", name))}
                {text}
                {form.fault()}
                {form.actions(close, "Save")}
            </form>
        </Dialog>
    }
    .into_any()
}
