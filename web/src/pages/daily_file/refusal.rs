//! The error of a failed upload, with the next steps. The current file has not changed.

use leptos::prelude::*;
use shared::{ErrorCode, FieldError};

use super::import::Import;
use crate::{
    api::RequestError,
    components::person::isolated,
    language::{received, t},
};

/// The error of a request.
pub(super) fn refusal(import: Import, error: &RequestError) -> AnyView {
    let name = import.name.get_untracked();
    let name = isolated(&name);
    let is_drop = error.code() == Some(ErrorCode::UnusualDrop);
    let title = match error.code() {
        Some(ErrorCode::UnusualDrop) => t!("{name} is not used yet", name),
        _ => t!("{name} was not uploaded", name),
    };
    let errors = error.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
    // The list of errors replaces the detail, which would only repeat it.
    let text =
        if errors.is_empty() { error.message() } else { t!("The current file has not changed.").to_owned() };
    let lines = errors.iter().map(line).collect_view();
    let retry = match error.code() {
        // Another file became current after the preview of this one.
        Some(ErrorCode::UnusualDrop) => {
            Some(button(t!("Replace the customers"), move || import.accept(true)))
        }
        // A retry with the same file would fail for the same reason.
        Some(
            ErrorCode::InvalidFile | ErrorCode::BodyTooLarge | ErrorCode::Forbidden | ErrorCode::NotFound,
        ) => None,
        _ => Some(button(t!("Retry"), move || import.retry())),
    };
    let dismiss = if is_drop { t!("Keep the current file") } else { t!("Dismiss") };
    let colours = if is_drop { "alert-warning" } else { "alert-error" };
    view! {
        <div role="alert" class=format!("alert flex flex-col items-start gap-2 {colours}")>
            <p class="font-medium wrap-anywhere">{title}</p>
            <p class="wrap-anywhere">{text}</p>
            <ul class="list-disc pl-5 empty:hidden">{lines}</ul>
            <div class="flex flex-wrap gap-2">{retry} {button(dismiss, move || import.cancel())}</div>
        </div>
    }
    .into_any()
}

/// The error of a file that the browser cannot read.
pub(super) fn unreadable(import: Import) -> AnyView {
    let name = import.name.get_untracked();
    view! {
        <div role="alert" class="alert flex flex-col items-start gap-2 alert-error">
            <p class="font-medium wrap-anywhere">{t!("{name} cannot be read", name = isolated(&name))}</p>
            <p>{t!("The file was moved or changed after you chose it, or it is a folder. Choose a file again.")}</p>
            <div>{button(t!("Dismiss"), move || import.cancel())}</div>
        </div>
    }
    .into_any()
}

fn button(text: &'static str, act: impl Fn() + Send + 'static) -> AnyView {
    fn boxed(text: &'static str, act: Box<dyn Fn() + Send>) -> AnyView {
        view! { <button type="button" class="btn btn-sm" on:click=move |_| act()>{text}</button> }.into_any()
    }
    boxed(text, Box::new(act))
}

fn line(error: &FieldError) -> AnyView {
    view! { <li class="wrap-anywhere">{place(&error.field)} {reason(&error.message)}</li> }.into_any()
}

/// Returns the message in the user's language. Of a rejected row, it begins with the name of a column.
fn reason(message: &str) -> String {
    match message.split_once(": ") {
        Some((column, reason)) if received(message) == message => {
            format!("{}: {}", isolated(column), received(reason))
        }
        _ => received(message),
    }
}

/// "Line 7: ", if the server names a place.
fn place(field: &str) -> String {
    if let Some(number) = field.strip_prefix("line ") {
        return format!("{}: ", t!("Line {number}", number));
    }
    let mut letters = field.chars();
    match letters.next() {
        Some(first) => format!("{}{}: ", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_starts_with_its_place() {
        assert_eq!(place("line 7"), "Line 7: ");
        assert_eq!(place("number"), "Number: ");
        assert_eq!(place(""), "");
    }
}
