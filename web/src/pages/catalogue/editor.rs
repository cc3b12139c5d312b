//! The dialog that creates or edits an entry.

use leptos::prelude::*;
use shared::{message::MessageBody, template::broken_placeholder};

use super::{
    Catalogue,
    entry::{Entry, EntryKind, Move},
    text::text,
};
use crate::{
    api::Fault,
    components::{
        dialog::Dialog,
        form::{Form, Line},
    },
    keys::focus_first,
};

/// The dialog. An entry with id 0 is a new one.
pub(super) fn editor(catalogue: Catalogue, title: String, entry: Entry, close: Callback<()>) -> AnyView {
    let Catalogue { kind, client, refetch, .. } = catalogue;
    let form = Form::new();
    let name = RwSignal::new(entry.name.clone());
    let body = RwSignal::new(entry.body.clone());
    let team = entry.team_id;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(text) = body.with_untracked(|body| body_fault(body, &entry.body)) {
            form.refused(Fault::in_field("body", &text));
            return focus_first("#field-body");
        }
        let entry = Entry { name: name.get_untracked(), body: body.get_untracked(), ..entry.clone() };
        let request = async move {
            match entry.id {
                0 => kind.create(client, entry).await,
                _ => kind.update(client, entry, Move::Keep).await,
            }
        };
        form.send(request, move |()| {
            close.run(());
            refetch.run(());
        });
    };
    let text = (kind == EntryKind::Template).then(|| text(client, form, team, body));
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

/// Returns why a template's text cannot be saved, if the app can tell. As on the server, an unchanged text is valid.
fn body_fault(body: &str, before: &str) -> Option<String> {
    if body == before || MessageBody::parse(body.to_owned()).is_err() {
        return None;
    }
    broken_placeholder(body).map(|broken| broken.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_with_a_broken_placeholder_is_not_saved() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && body_fault(text, "Hi") == broken, "{text}");
            assert_eq!(body_fault(text, text), None, "an unchanged text can be saved");
        }
        assert_eq!(body_fault("Hi {{name}}", ""), None);
        assert_eq!(body_fault("", "Hi"), None, "the server checks for an empty text");
    }
}
