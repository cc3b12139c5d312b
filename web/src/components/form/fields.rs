//! The inputs of a form, each with its label, hint and error.

use leptos::prelude::*;

use super::Form;
use crate::language::{marked, t, text};

/// The hint for a new password.
pub(crate) const PASSWORD_HINT: &str =
    marked!("At least 8 characters. A phrase of several words works well.");

/// An input of a form.
pub(crate) struct Field {
    /// The field's name in the request.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The type of the input: `text`, `email`, `password`, `tel`.
    pub(crate) kind: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: RwSignal<String>,
}

impl Field {
    /// A plain text input.
    pub(crate) fn text(name: &'static str, label: &'static str, value: RwSignal<String>) -> Self {
        Self { name, label, kind: "text", hint: "", autocomplete: "off", value }
    }
}

/// A field's hint, and its error below. The field refers to `id` in `aria-describedby`.
pub(crate) fn hint_and_error(id: String, hint: &'static str, error: Signal<Option<String>>) -> AnyView {
    view! {
        <div id=id>
            <p class="text-sm text-base-content/80 empty:hidden">{text(hint)}</p>
            <p role="alert" class="text-sm font-medium text-failed wrap-anywhere empty:hidden">
                {move || error.get()}
            </p>
        </div>
    }
    .into_any()
}

impl Form {
    fn id(self, of: &str, name: &str) -> String {
        format!("{of}-{}{name}", self.prefix)
    }

    /// A text input with label, hint and error.
    pub(crate) fn text_field(self, field: Field) -> AnyView {
        let kind = Signal::stored(field.kind);
        self.input(field, kind, None, ().into_any())
    }

    /// A text area.
    pub(crate) fn text_area(self, field: Field) -> AnyView {
        let Field { name, label, hint, value, .. } = field;
        let error = self.field_error(name);
        let (input, description_id) = (self.id("field", name), self.id("error", name));
        view! {
            <div class="flex flex-col gap-1">
                <label for=input.clone() class="text-sm font-medium">{label}</label>
                <textarea
                    id=input
                    class="textarea w-full"
                    rows="2"
                    dir="auto"
                    name=name
                    aria-describedby=description_id.clone()
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                ></textarea>
                {hint_and_error(description_id, hint, error)}
            </div>
        }
        .into_any()
    }

    /// A text input with suggestions. Other values are allowed.
    pub(crate) fn combo_box(self, field: Field, suggestions: Vec<String>) -> AnyView {
        let kind = Signal::stored(field.kind);
        let list = format!("suggestions-{}", field.name);
        let options = suggestions.into_iter().map(|value| view! { <option value=value></option> });
        view! {
            {self.input(field, kind, Some(list.clone()), ().into_any())}
            <datalist id=list>{options.collect_view()}</datalist>
        }
        .into_any()
    }

    /// A password input with a button that shows the password.
    pub(crate) fn password_field(self, field: Field) -> AnyView {
        let shown = RwSignal::new(false);
        let label = field.label;
        let kind = Signal::derive(move || if shown.get() { "text" } else { "password" });
        let show = view! {
            <button
                type="button"
                class="btn join-item"
                aria-pressed=move || shown.get().to_string()
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {t!("Show")}
                <span class="sr-only">" " {label}</span>
            </button>
        };
        self.input(field, kind, None, show.into_any())
    }

    fn input(
        self,
        field: Field,
        kind: Signal<&'static str>,
        list: Option<String>,
        beside: AnyView,
    ) -> AnyView {
        let Field { name, label, hint, autocomplete, value, .. } = field;
        let error = self.field_error(name);
        let (input, description_id) = (self.id("field", name), self.id("error", name));
        view! {
            <div class="flex flex-col gap-1">
                <label for=input.clone() class="text-sm font-medium">{label}</label>
                <div class="join">
                    <input
                        id=input
                        class="input join-item w-full"
                        type=kind
                        name=name
                        list=list
                        autocomplete=autocomplete
                        aria-describedby=description_id.clone()
                        aria-invalid=move || error.with(Option::is_some).to_string()
                        prop:value=value
                        on:input:target=move |event| value.set(event.target().value())
                    />
                    {beside}
                </div>
                {hint_and_error(description_id, hint, error)}
            </div>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use shared::account::MIN_PASSWORD_CHARACTERS;

    use super::*;

    #[test]
    fn the_password_hint_states_the_minimum_length_of_the_server() {
        assert!(PASSWORD_HINT.contains(&format!("At least {MIN_PASSWORD_CHARACTERS} characters")));
    }
}
