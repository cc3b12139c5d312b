//! Debounced requests: sends a request once the user pauses typing, and uses only the response to the latest one.

use std::time::Duration;

use leptos::prelude::*;

use crate::{clock::pause, tasks::TaskScope};

const PAUSE: Duration = Duration::from_millis(200);

/// The debounced requests of one component. They are cancelled with the component that created this value.
#[derive(Clone, Copy)]
pub(crate) struct Debounced {
    scope: TaskScope,
    last: StoredValue<u32>,
}

impl Debounced {
    pub(crate) fn new() -> Self {
        Self { scope: TaskScope::current(), last: StoredValue::new(0) }
    }

    /// Sends the request after a pause. A later call replaces it: the request is not sent, or its response is ignored.
    pub(crate) fn run<T: 'static>(
        self,
        request: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.run_after(PAUSE, request, then);
    }

    /// Sends the request at once, when the input was not typed.
    pub(crate) fn run_now<T: 'static>(
        self,
        request: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.run_after(Duration::ZERO, request, then);
    }

    /// Cancels the pending request.
    pub(crate) fn cancel(self) {
        self.next();
    }

    fn next(self) -> Option<u32> {
        self.last.try_update_value(|last| {
            *last += 1;
            *last
        })
    }

    fn run_after<T: 'static>(
        self,
        wait: Duration,
        request: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        let number = self.next();
        // The values are gone when the page is.
        let is_last = move || number.is_some() && self.last.try_get_value() == number;
        // In the scope of `self`, because the caller can be disposed before the response arrives, for example a dialog.
        self.scope.spawn(async move {
            pause(wait).await;
            if !is_last() {
                return;
            }
            let response = request.await;
            if is_last() {
                then(response);
            }
        });
    }
}
