//! A form on its way to the server: it is sent once, says beside each field what is wrong with it, and keeps what was
//! typed when it fails.
//!
//! It must never decide what is valid: the server's `errors[]` say that.

use leptos::prelude::*;
use shared::FieldError;

use crate::{api::Fault, tasks::start};

/// What a new password has to be, said beforehand.
pub(crate) const PASSWORD_HINT: &str = "At least 8 characters; a few words in a row are good";

/// The state of a form.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// It is being sent.
    pub(crate) busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
    /// The fields that say by themselves what is wrong with them.
    fields: StoredValue<Vec<&'static str>>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self { busy: RwSignal::new(false), fault: RwSignal::new(None), fields: StoredValue::new(Vec::new()) }
    }

    /// Sends it, unless it is on its way already; `then` takes the answer.
    pub(crate) fn send<T: 'static>(
        self,
        request: impl Future<Output = Result<T, Fault>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fault.set(None);
        start(async move {
            let answer = request.await;
            self.busy.try_set(false);
            match answer {
                Ok(answer) => then(answer),
                Err(fault) => {
                    self.fault.try_set(Some(fault));
                }
            }
        });
    }

    /// Takes note of what was wrong, where it was sent in another way.
    pub(crate) fn refused(self, fault: Fault) {
        self.fault.try_set(Some(fault));
    }

    /// Forgets what was wrong.
    pub(crate) fn clear(self) {
        self.fault.set(None);
    }

    /// What is wrong with a field; from now on it is said there and not below the form.
    pub(crate) fn fault_of(self, field: &'static str) -> Signal<Option<String>> {
        self.fields.update_value(|fields| fields.push(field));
        Signal::derive(move || {
            self.fault.with(|fault| fault.as_ref()?.problem()?.field(field).map(str::to_owned))
        })
    }

    /// What is wrong with the form as a whole, or with something that has no field of its own.
    pub(crate) fn fault(self) -> AnyView {
        let words = move || {
            self.fault.with(|fault| {
                let fault = fault.as_ref()?;
                match fault.problem() {
                    Some(problem) if !problem.errors.is_empty() => {
                        self.fields.with_value(|fields| without_a_place(&problem.errors, fields))
                    }
                    _ => Some(fault.words()),
                }
            })
        };
        view! {
            <div role="alert" class="empty:hidden">
                {move || words().map(|words| view! { <p class="alert alert-error wrap-anywhere">{words}</p> })}
            </div>
        }
        .into_any()
    }

    /// A dialog's last line: Cancel, and the button that sends it.
    pub(crate) fn actions(self, close: Callback<()>, text: &'static str) -> AnyView {
        self.with_cancel(close, self.submit(text))
    }

    /// The same before something that is not taken back.
    pub(crate) fn dangerous_actions(self, close: Callback<()>, text: &'static str) -> AnyView {
        self.with_cancel(close, self.button("btn btn-error", text))
    }

    fn with_cancel(self, close: Callback<()>, button: AnyView) -> AnyView {
        view! {
            <div class="modal-action mt-0 flex-wrap">
                <button type="button" class="btn" on:click=move |_| close.run(())>
                    "Cancel"
                </button>
                {button}
            </div>
        }
        .into_any()
    }

    /// The button that sends it.
    pub(crate) fn submit(self, text: &'static str) -> AnyView {
        self.button("btn btn-primary", text)
    }

    fn button(self, class: &'static str, text: &'static str) -> AnyView {
        view! {
            <button class=class aria-disabled=move || self.busy.get().to_string()>
                {move || if self.busy.get() { "One moment…" } else { text }}
            </button>
        }
        .into_any()
    }

    /// A line to type in, with its label, its hint, and what is wrong with it.
    pub(crate) fn line(self, field: Line) -> AnyView {
        let kind = Signal::stored(field.kind);
        self.input(field, kind, None, ().into_any())
    }

    /// A box for several lines.
    pub(crate) fn area(self, field: Line) -> AnyView {
        let Line { name, label, hint, value, .. } = field;
        let fault = self.fault_of(name);
        let (input, told) = (format!("field-{name}"), format!("fault-{name}"));
        view! {
            <div class="flex flex-col gap-1">
                <label for=input.clone() class="text-sm font-medium">{label}</label>
                <textarea
                    id=input
                    class="textarea w-full"
                    rows="2"
                    dir="auto"
                    name=name
                    aria-describedby=told.clone()
                    aria-invalid=move || fault.with(Option::is_some).to_string()
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                ></textarea>
                {explained(told, hint, fault)}
            </div>
        }
        .into_any()
    }

    /// A line with suggestions; anything else can be typed as well.
    pub(crate) fn suggested(self, field: Line, suggestions: Vec<String>) -> AnyView {
        let kind = Signal::stored(field.kind);
        let list = format!("suggestions-{}", field.name);
        let options = suggestions.into_iter().map(|value| view! { <option value=value></option> });
        view! {
            {self.input(field, kind, Some(list.clone()), ().into_any())}
            <datalist id=list>{options.collect_view()}</datalist>
        }
        .into_any()
    }

    /// A line for a password, which can be shown.
    pub(crate) fn password(self, field: Line) -> AnyView {
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
                "Show"
                <span class="sr-only">" "{label}</span>
            </button>
        };
        self.input(field, kind, None, show.into_any())
    }

    fn input(
        self,
        field: Line,
        kind: Signal<&'static str>,
        list: Option<String>,
        beside: AnyView,
    ) -> AnyView {
        let Line { name, label, hint, autocomplete, value, .. } = field;
        let fault = self.fault_of(name);
        let (input, told) = (format!("field-{name}"), format!("fault-{name}"));
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
                        aria-describedby=told.clone()
                        aria-invalid=move || fault.with(Option::is_some).to_string()
                        prop:value=value
                        on:input:target=move |event| value.set(event.target().value())
                    />
                    {beside}
                </div>
                {explained(told, hint, fault)}
            </div>
        }
        .into_any()
    }
}

/// What is wrong with fields that do not say it themselves.
fn without_a_place(errors: &[FieldError], fields: &[&'static str]) -> Option<String> {
    let left = errors.iter().filter(|error| !fields.contains(&error.field.as_str()));
    let words = left.map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

/// A line of a form.
pub(crate) struct Line {
    /// The field's name in the request.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The type of the input: `text`, `email`, `password`, `tel`.
    pub(crate) kind: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: RwSignal<String>,
}

impl Line {
    /// A line of plain text.
    pub(crate) fn text(name: &'static str, label: &'static str, value: RwSignal<String>) -> Self {
        Self { name, label, kind: "text", hint: "", autocomplete: "off", value }
    }
}

/// A field's hint, and below it what is wrong with the field. `id` is what the field is described by.
pub(crate) fn explained(id: String, hint: &'static str, fault: Signal<Option<String>>) -> AnyView {
    view! {
        <div id=id>
            <p class="text-sm text-base-content/80 empty:hidden">{hint}</p>
            <p role="alert" class="text-sm font-medium text-red-700 dark:text-red-300 empty:hidden">
                {move || fault.get()}
            </p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use shared::account::MIN_PASSWORD_CHARACTERS;

    use super::*;

    #[test]
    fn the_hint_for_a_new_password_says_what_the_server_asks_for() {
        assert!(PASSWORD_HINT.contains(&format!("At least {MIN_PASSWORD_CHARACTERS} characters")));
    }

    #[test]
    fn what_has_no_field_is_said_below_the_form_in_its_own_words() {
        let error = |field: &str, message: &str| FieldError {
            field: field.to_owned(),
            code: "wrong".to_owned(),
            message: message.to_owned(),
        };
        let errors =
            [error("name", "The name is taken."), error("disabled", "You cannot shut yourself out.")];
        assert_eq!(without_a_place(&errors, &["name"]).as_deref(), Some("You cannot shut yourself out."));
        assert_eq!(without_a_place(&errors, &["name", "disabled"]), None);
    }
}
