//! A form that is sent to the server. It is sent once at a time, shows errors beside their fields, and keeps the input
//! when the request fails.
//!
//! A page may reject input earlier ([`Form::set_error`]); the server's `errors[]` decide.

mod fields;

use leptos::prelude::*;
use shared::FieldError;

pub(crate) use self::fields::{Field, PASSWORD_HINT, hint_and_error};
use crate::{
    api::RequestError,
    language::{received, t},
    tasks::{TaskScope, spawn_detached},
};

/// The state of a form.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// Whether a request is in progress.
    pub(crate) busy: RwSignal<bool>,
    error: RwSignal<Option<RequestError>>,
    /// The fields that show their own errors.
    fields: StoredValue<Vec<&'static str>>,
    scope: TaskScope,
    /// The beginning of its elements' ids.
    prefix: &'static str,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self::with_prefix("")
    }

    /// Creates a form on a page where another one has fields of the same names. The prefix makes its ids differ.
    pub(crate) fn with_prefix(prefix: &'static str) -> Self {
        Self {
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
            fields: StoredValue::new(Vec::new()),
            scope: TaskScope::current(),
            prefix,
        }
    }

    /// Sends the form, unless a request is in progress. `then` receives the response. The request is cancelled with the
    /// component that created the form.
    pub(crate) fn send<T: 'static>(
        self,
        request: impl Future<Output = Result<T, RequestError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.send_and_handle(request, |response| response.map(then));
    }

    /// Like [`Form::send`], but `then` also receives errors. It returns the error to show.
    pub(crate) fn send_and_handle<T: 'static>(
        self,
        request: impl Future<Output = Result<T, RequestError>> + 'static,
        then: impl FnOnce(Result<T, RequestError>) -> Result<(), RequestError> + 'static,
    ) {
        if self.begin() {
            self.scope.spawn(async move { self.finish(request.await, then) });
        }
    }

    /// Like [`Form::send_and_handle`], but the request continues when the form is removed. Use it where the event of the
    /// change can remove the form before the response arrives.
    pub(crate) fn send_detached<T: 'static>(
        self,
        request: impl Future<Output = Result<T, RequestError>> + 'static,
        then: impl FnOnce(Result<T, RequestError>) -> Result<(), RequestError> + 'static,
    ) {
        if self.begin() {
            spawn_detached(async move { self.finish(request.await, then) });
        }
    }

    /// Returns whether a request can be sent now.
    fn begin(self) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        self.busy.set(true);
        self.error.set(None);
        true
    }

    fn finish<T>(
        self,
        response: Result<T, RequestError>,
        then: impl FnOnce(Result<T, RequestError>) -> Result<(), RequestError>,
    ) {
        self.busy.try_set(false);
        if let Err(error) = then(response) {
            self.error.try_set(Some(error));
        }
    }

    /// Returns whether the form has been removed.
    pub(crate) fn is_disposed(self) -> bool {
        self.busy.is_disposed()
    }

    /// Shows an error.
    pub(crate) fn set_error(self, error: RequestError) {
        self.error.try_set(Some(error));
    }

    /// Clears the error.
    pub(crate) fn clear(self) {
        if self.error.try_with_untracked(Option::is_some) == Some(true) {
            self.error.set(None);
        }
    }

    /// Returns the error of a field, and registers the field, so that its error is not shown below the form.
    pub(crate) fn field_error(self, field: &'static str) -> Signal<Option<String>> {
        self.fields.update_value(|fields| fields.push(field));
        Signal::derive(move || self.error.with(|error| error.as_ref()?.problem()?.field(field)))
    }

    /// Shows the error of the form as a whole, or errors of fields that do not show their own.
    pub(crate) fn error(self) -> AnyView {
        let message = move || {
            self.error.with(|error| {
                let error = error.as_ref()?;
                match error.problem() {
                    Some(problem) if !problem.errors.is_empty() => {
                        self.fields.with_value(|fields| unplaced_errors(&problem.errors, fields))
                    }
                    _ => Some(error.message()),
                }
            })
        };
        view! {
            <div role="alert" class="empty:hidden">
                {move || message().map(|message| view! { <p class="alert alert-error wrap-anywhere">{message}</p> })}
            </div>
        }
        .into_any()
    }

    /// The buttons of a dialog: Cancel, and the submit button.
    pub(crate) fn actions(self, close: Callback<()>, text: &'static str) -> AnyView {
        self.with_cancel(close, self.submit(text))
    }

    /// The buttons of a dialog whose action cannot be undone.
    pub(crate) fn destructive_actions(self, close: Callback<()>, text: &'static str) -> AnyView {
        self.with_cancel(close, self.button("btn btn-error", text))
    }

    fn with_cancel(self, close: Callback<()>, button: AnyView) -> AnyView {
        view! {
            <div class="modal-action mt-0 flex-wrap">
                <button type="button" class="btn" on:click=move |_| close.run(())>
                    {t!("Cancel")}
                </button>
                {button}
            </div>
        }
        .into_any()
    }

    /// The submit button.
    pub(crate) fn submit(self, text: &'static str) -> AnyView {
        self.button("btn btn-primary", text)
    }

    fn button(self, class: &'static str, text: &'static str) -> AnyView {
        view! {
            <button class=class aria-disabled=move || self.busy.get().to_string()>
                {move || if self.busy.get() { t!("One moment…") } else { text }}
            </button>
        }
        .into_any()
    }
}

/// Joins the errors of fields that do not show their own.
fn unplaced_errors(errors: &[FieldError], fields: &[&'static str]) -> Option<String> {
    let left = errors.iter().filter(|error| !fields.contains(&error.field.as_str()));
    let message = left.map(|error| received(&error.message)).collect::<Vec<_>>().join(" ");
    (!message.is_empty()).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_without_a_field_are_shown_below_the_form() {
        let error = |field: &str, message: &str| FieldError {
            field: field.to_owned(),
            code: "wrong".to_owned(),
            message: message.to_owned(),
        };
        let errors =
            [error("name", "The name is taken."), error("disabled", "You cannot disable your own account.")];
        assert_eq!(
            unplaced_errors(&errors, &["name"]).as_deref(),
            Some("You cannot disable your own account.")
        );
        assert_eq!(unplaced_errors(&errors, &["name", "disabled"]), None);
    }
}
