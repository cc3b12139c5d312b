//! A question before something that is not taken back lightly: what will happen, and a button that says so.

use leptos::prelude::*;

use super::{dialog::Dialog, form::Form};
use crate::api::Fault;

/// What is asked.
pub(crate) struct Question {
    pub(crate) title: String,
    /// What will happen.
    pub(crate) text: &'static str,
    /// What the button says.
    pub(crate) button: &'static str,
    /// Whether it destroys or shuts out.
    pub(crate) is_dangerous: bool,
}

/// The dialog. What cannot be done is said in it.
pub(crate) fn ask<Answer>(
    question: Question,
    close: Callback<()>,
    request: impl Fn() -> Answer + 'static,
    done: Callback<()>,
) -> AnyView
where
    Answer: Future<Output = Result<(), Fault>> + 'static,
{
    let form = Form::new();
    let send: Box<dyn Fn()> = Box::new(move || form.send(request(), move |()| done.run(())));
    draw(form, question, close, send)
}

fn draw(form: Form, question: Question, close: Callback<()>, send: Box<dyn Fn()>) -> AnyView {
    let Question { title, text, button, is_dangerous } = question;
    let actions =
        if is_dangerous { form.dangerous_actions(close, button) } else { form.actions(close, button) };
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
            {form.fault()}
            {actions}
        </form>
    }
    .into_any();
    view! { <Dialog title close>{body}</Dialog> }.into_any()
}
