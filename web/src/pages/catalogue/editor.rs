//! The dialog in which an entry is written.

use leptos::prelude::*;
use shared::{message::MessageBody, template::broken_placeholder};

use super::{
    Catalogue,
    noun::{Entry, Move, Noun},
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

/// The dialog; an entry without an id is a new one.
pub(super) fn editor(catalogue: Catalogue, title: String, entry: Entry, close: Callback<()>) -> AnyView {
    let Catalogue { noun, client, refetch, .. } = catalogue;
    let form = Form::new();
    let name = RwSignal::new(entry.name.clone());
    let body = RwSignal::new(entry.body.clone());
    let team = entry.team_id;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(words) = body.with_untracked(|body| body_obstacle(body, &entry.body)) {
            form.refused(Fault::in_field("body", &words));
            return focus_first("#field-body");
        }
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

/// Why a template's text cannot be saved, as far as the app knows. As on the server, an unchanged text can be saved.
fn body_obstacle(body: &str, before: &str) -> Option<String> {
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
            assert!(broken.is_some() && body_obstacle(text, "Hi") == broken, "{text}");
            assert_eq!(body_obstacle(text, text), None, "an old text is kept");
        }
        assert_eq!(body_obstacle("Hi {{name}}", ""), None);
        assert_eq!(body_obstacle("", "Hi"), None, "the server says so");
    }
}
