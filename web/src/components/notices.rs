//! Notices of success and failure, in a corner of the screen. Screen readers announce them.
//!
//! Errors of a form are shown beside their field instead.

use std::time::Duration;

use leptos::prelude::*;

use crate::{api::RequestError, language::t};

const SHOWN_FOR: Duration = Duration::from_secs(6);

#[derive(Clone, PartialEq)]
struct Notice {
    number: u32,
    text: String,
    /// Where the text leads to.
    href: Option<String>,
    is_error: bool,
}

/// The notices on screen.
#[derive(Clone, Copy)]
pub(crate) struct Notices {
    shown: RwSignal<Vec<Notice>>,
    last: StoredValue<u32>,
}

impl Notices {
    /// Provides the notices as context.
    pub(crate) fn provide() -> Self {
        let notices = Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0) };
        provide_context(notices);
        notices
    }

    /// Shows a notice that disappears by itself.
    pub(crate) fn info(self, text: &str) {
        let number = self.add(text.to_owned(), None, false);
        set_timeout(move || self.dismiss(number), SHOWN_FOR);
    }

    /// Shows an error until it is dismissed.
    pub(crate) fn error(self, error: &RequestError) {
        // The sign-in page, which comes next, says that already.
        if *error != RequestError::SignedOut {
            self.add(error.message(), None, true);
        }
    }

    /// Shows a warning until it is dismissed.
    pub(crate) fn warning(self, text: &str) {
        self.add(text.to_owned(), None, true);
    }

    /// Shows a link until it is followed or dismissed.
    pub(crate) fn link(self, text: String, href: String) {
        self.add(text, Some(href), false);
    }

    fn add(self, text: String, href: Option<String>, is_error: bool) -> u32 {
        let number = self.last.try_update_value(|last| {
            *last += 1;
            *last
        });
        let number = number.unwrap_or_default();
        self.shown.try_update(|shown| {
            // A repeated error, for example after a retry, replaces the first.
            shown.retain(|notice| notice.text != text);
            shown.push(Notice { number, text, href, is_error });
        });
        number
    }

    /// Removes the notices with links, which concern the account that was signed in.
    pub(crate) fn drop_links(self) {
        self.shown.try_update(|shown| shown.retain(|notice| notice.href.is_none()));
    }

    fn dismiss(self, number: u32) {
        self.shown.try_update(|shown| shown.retain(|notice| notice.number != number));
    }
}

/// Returns the notices, inside the app.
pub(crate) fn use_notices() -> Notices {
    use_context().unwrap_or_else(Notices::provide)
}

/// The region of the screen that shows notices.
#[component]
pub(crate) fn NoticeRegion() -> impl IntoView {
    let notices = use_notices();
    view! {
        <div class="toast toast-end z-50 max-w-full" role="region" aria-label=t!("Notices")>
            <div aria-live="polite" class="flex flex-col gap-2">
                {move || notices.shown.get().into_iter().map(|notice| render(notices, notice)).collect_view()}
            </div>
        </div>
    }
}

fn render(notices: Notices, notice: Notice) -> AnyView {
    let colours = if notice.is_error { "alert-error" } else { "border-edge bg-raised" };
    let dismiss = move |_| notices.dismiss(notice.number);
    let text = match notice.href {
        Some(href) => view! { <a class="link" href=href on:click=dismiss>{notice.text}</a> }.into_any(),
        None => notice.text.into_any(),
    };
    view! {
        <div class=format!("alert {colours} max-w-md whitespace-normal shadow-lg")>
            <span class="wrap-anywhere" dir="auto">{text}</span>
            <button
                type="button"
                class="btn btn-sm"
                on:click=dismiss
            >
                {t!("Dismiss")}
            </button>
        </div>
    }
    .into_any()
}
