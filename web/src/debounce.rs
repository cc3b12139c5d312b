//! Debounced requests: sends a request once the user pauses typing, and uses only the response to the latest one.

use std::time::Duration;

use leptos::prelude::*;

use crate::{clock::pause, tasks::TaskScope};

const PAUSE: Duration = Duration::from_millis(200);

/// The debounced requests of one component. They are cancelled with the component that created this value.
#[derive(Clone, Copy)]
pub(crate) struct Debounced {
    home: TaskScope,
    last: StoredValue<u32>,
}

impl Debounced {
    pub(crate) fn new() -> Self {
        Self { home: TaskScope::current(), last: StoredValue::new(0) }
    }

    /// Sends the request after a pause. A later call replaces it: the request is not sent, or its response is ignored.
    pub(crate) fn ask<T: 'static>(
        self,
        question: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.ask_after(PAUSE, question, then);
    }

    /// Sends the request at once, when the input was not typed.
    pub(crate) fn ask_now<T: 'static>(
        self,
        question: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.ask_after(Duration::ZERO, question, then);
    }

    /// Cancels the pending request.
    pub(crate) fn forget(self) {
        self.next();
    }

    fn next(self) -> Option<u32> {
        self.last.try_update_value(|last| {
            *last += 1;
            *last
        })
    }

    fn ask_after<T: 'static>(
        self,
        wait: Duration,
        question: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        let number = self.next();
        // The values are gone when the page is.
        let is_last = move || number.is_some() && self.last.try_get_value() == number;
        // In the scope of `self`, because the caller can be disposed before the response arrives, for example a dialog.
        self.home.start(async move {
            pause(wait).await;
            if !is_last() {
                return;
            }
            let answer = question.await;
            if is_last() {
                then(answer);
            }
        });
    }
}
