//! The dialog that creates or edits an entry.

use leptos::prelude::*;
use shared::{message::MessageBody, tag::TagColour, template::broken_placeholder};

use super::{
    Catalogue,
    entry::{Entry, EntryKind, Move},
    text,
};
use crate::{
    api::RequestError,
    components::{
        conflict::{Changes, Conflict},
        dialog::Dialog,
        form::{Field, Form},
    },
    compose::text::broken_text,
    keys::focus_first,
    language::t,
};

/// The dialog. An entry with id 0 is a new one.
pub(super) fn editor(catalogue: Catalogue, title: String, entry: Entry, close: Callback<()>) -> AnyView {
    let Catalogue { kind, client, refetch, .. } = catalogue;
    let form = Form::new();
    let name = RwSignal::new(entry.name.clone());
    let body = RwSignal::new(entry.body.clone());
    let colour = RwSignal::new(entry.colour);
    let team = entry.team_id;
    let conflict = Conflict::new();
    let base = StoredValue::new((entry.clone(), entry.version.clone()));
    let compare = move |changes: &mut Changes, before: &Entry, theirs: &Entry| {
        changes.text(t!("Name"), name, (&before.name, &theirs.name));
        changes.text(t!("Text"), body, (&before.body, &theirs.body));
        changes.field(t!("Colour"), colour, (&before.colour, &theirs.colour), |colour| {
            colour_name(*colour).to_owned()
        });
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(text) = body.with_untracked(|body| body_error(body, &entry.body)) {
            form.set_error(RequestError::in_field("body", &text));
            return focus_first("#field-body");
        }
        let edited = Entry {
            name: name.get_untracked(),
            body: body.get_untracked(),
            colour: colour.get_untracked(),
            ..entry.clone()
        };
        let request = async move {
            if edited.id == 0 {
                return kind.create(client, edited).await.map(Some);
            }
            let send =
                async |version| kind.update(client, Entry { version, ..edited.clone() }, Move::Keep).await;
            conflict.save(base, send, compare).await
        };
        form.send(request, move |saved| {
            if saved.is_some() {
                close.run(());
                refetch.run(());
            }
        });
    };
    let colours = (kind == EntryKind::Tag).then(|| colours(colour));
    let text = (kind == EntryKind::Template).then(|| text::text(client, form, team, body));
    view! {
        <Dialog title close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {form.text_field(Field::text("name", t!("Name"), name))}
                {text} {colours}
                {conflict.view()}
                {form.error()}
                {form.actions(close, t!("Save"))}
            </form>
        </Dialog>
    }
    .into_any()
}

/// The choice of a tag's colour.
fn colours(chosen: RwSignal<TagColour>) -> AnyView {
    let choice = |colour: TagColour| {
        view! {
            <label class="flex min-h-8 items-center gap-2 text-sm">
                <input
                    type="radio"
                    name="colour"
                    class="radio radio-sm"
                    prop:checked=move || chosen.get() == colour
                    on:change=move |_| chosen.set(colour)
                />
                <span class="tag" data-colour=colour.as_str()>{colour_name(colour)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="min-w-0">
            <legend class="mb-1 text-sm font-medium">{t!("Colour")}</legend>
            <div class="grid grid-cols-2 gap-x-4 sm:grid-cols-3">{TagColour::ALL.map(choice).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

fn colour_name(colour: TagColour) -> &'static str {
    match colour {
        TagColour::Grey => t!("Grey"),
        TagColour::Red => t!("Red"),
        TagColour::Orange => t!("Orange"),
        TagColour::Yellow => t!("Yellow"),
        TagColour::Green => t!("Green"),
        TagColour::Teal => t!("Teal"),
        TagColour::Blue => t!("Blue"),
        TagColour::Purple => t!("Purple"),
        TagColour::Pink => t!("Pink"),
    }
}

/// Returns why a template's text cannot be saved, if the app can tell. As on the server, an unchanged text is valid.
fn body_error(body: &str, before: &str) -> Option<String> {
    if body == before || MessageBody::parse(body.to_owned()).is_err() {
        return None;
    }
    broken_placeholder(body).map(|broken| broken_text(&broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_with_a_broken_placeholder_is_not_saved() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && body_error(text, "Hi") == broken, "{text}");
            assert_eq!(body_error(text, text), None, "an unchanged text can be saved");
        }
        assert_eq!(body_error("Hi {{name}}", ""), None);
        assert_eq!(body_error("", "Hi"), None, "the server checks for an empty text");
    }
}
