//! The one place where the app says that something went wrong, or well: a corner of the screen that is read out.
//!
//! What is wrong with a form is said beside its field, not here.

use std::time::Duration;

use leptos::prelude::*;

use crate::api::Fault;

const SHOWN_FOR: Duration = Duration::from_secs(6);

#[derive(Clone, PartialEq)]
struct Notice {
    number: u32,
    text: String,
    is_fault: bool,
}

/// The notices on screen.
#[derive(Clone, Copy)]
pub(crate) struct Notices {
    shown: RwSignal<Vec<Notice>>,
    last: StoredValue<u32>,
}

impl Notices {
    /// Makes the notices known to the components below.
    pub(crate) fn provide() -> Self {
        let notices = Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0) };
        provide_context(notices);
        notices
    }

    /// Says something that goes away by itself.
    pub(crate) fn say(self, text: &str) {
        let number = self.add(text.to_owned(), false);
        set_timeout(move || self.dismiss(number), SHOWN_FOR);
    }

    /// Says what went wrong; it stays until it is dismissed.
    pub(crate) fn fault(self, fault: &Fault) {
        // The sign-in page says that by itself.
        if *fault != Fault::SignedOut {
            self.add(fault.words(), true);
        }
    }

    fn add(self, text: String, is_fault: bool) -> u32 {
        let number = self.last.try_update_value(|last| {
            *last += 1;
            *last
        });
        let number = number.unwrap_or_default();
        self.shown.try_update(|shown| {
            // The same fault again (a retry, say) takes the place of the first.
            shown.retain(|notice| notice.text != text);
            shown.push(Notice { number, text, is_fault });
        });
        number
    }

    fn dismiss(self, number: u32) {
        self.shown.try_update(|shown| shown.retain(|notice| notice.number != number));
    }
}

/// The notices, inside the app.
pub(crate) fn use_notices() -> Notices {
    use_context().unwrap_or_else(Notices::provide)
}

/// Where notices appear.
#[component]
pub(crate) fn NoticeRegion() -> impl IntoView {
    let notices = use_notices();
    view! {
        <div class="toast toast-end z-50 max-w-full" role="region" aria-label="Notices">
            <div aria-live="polite" class="flex flex-col gap-2">
                {move || notices.shown.get().into_iter().map(|notice| draw(notices, notice)).collect_view()}
            </div>
        </div>
    }
}

fn draw(notices: Notices, notice: Notice) -> AnyView {
    let colours = if notice.is_fault { "alert-error" } else { "alert-info" };
    view! {
        <div class=format!("alert {colours} max-w-md whitespace-normal shadow-lg")>
            <span class="wrap-anywhere">{notice.text}</span>
            <button
                type="button"
                class="btn btn-sm"
                on:click=move |_| notices.dismiss(notice.number)
            >
                "Dismiss"
            </button>
        </div>
    }
    .into_any()
}
