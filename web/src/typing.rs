//! Asking while someone types: once a pause says that it is worth it, and only the last answer counts.
//!
//! It must never decide what is asked, nor what an answer means.

use std::time::Duration;

use leptos::prelude::*;

use crate::{clock::pause, tasks::Home};

const PAUSE: Duration = Duration::from_millis(200);

/// What is being asked in one place. It ends with the owner that made it, whoever asks.
#[derive(Clone, Copy)]
pub(crate) struct Typing {
    home: Home,
    last: StoredValue<u32>,
}

impl Typing {
    pub(crate) fn new() -> Self {
        Self { home: Home::here(), last: StoredValue::new(0) }
    }

    /// Asks after a pause. When something else is asked meanwhile, neither question nor answer matters any more.
    pub(crate) fn ask<T: 'static>(
        self,
        question: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.ask_after(PAUSE, question, then);
    }

    /// Asks now, for what was not typed.
    pub(crate) fn ask_now<T: 'static>(
        self,
        question: impl Future<Output = T> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.ask_after(Duration::ZERO, question, then);
    }

    /// Nothing is asked any more.
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
        // A page that is gone has no last question.
        let is_last = move || number.is_some() && self.last.try_get_value() == number;
        // Whoever asks may go away before the answer comes: a dialog that changed what is below it.
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
