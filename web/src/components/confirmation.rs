//! A confirmation dialog for an action that is hard to undo: what will happen, and a button that names the action.

use leptos::prelude::*;

use super::{dialog::Dialog, form::Form};
use crate::api::RequestError;

/// The content of a confirmation dialog.
pub(crate) struct Confirmation {
    pub(crate) title: String,
    /// The consequences of the action.
    pub(crate) text: &'static str,
    /// The label of the button.
    pub(crate) button: &'static str,
    /// Whether the action deletes data or disables access.
    pub(crate) is_dangerous: bool,
}

/// The dialog. It sends the request when confirmed, and shows the error if that fails.
pub(crate) fn confirm<Response>(
    confirmation: Confirmation,
    close: Callback<()>,
    request: impl Fn() -> Response + 'static,
    done: Callback<()>,
) -> AnyView
where
    Response: Future<Output = Result<(), RequestError>> + 'static,
{
    let form = Form::new();
    let send: Box<dyn Fn()> = Box::new(move || form.send(request(), move |()| done.run(())));
    render(form, confirmation, close, send)
}

fn render(form: Form, confirmation: Confirmation, close: Callback<()>, send: Box<dyn Fn()>) -> AnyView {
    let Confirmation { title, text, button, is_dangerous } = confirmation;
    let actions =
        if is_dangerous { form.destructive_actions(close, button) } else { form.actions(close, button) };
    let body = view! {
        <form
            class="flex flex-col gap-4"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <p>{text}</p>
            {form.error()}
            {actions}
        </form>
    }
    .into_any();
    view! { <Dialog title close>{body}</Dialog> }.into_any()
}
