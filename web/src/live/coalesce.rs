//! Fetching what is on screen after a burst of events.

use std::{pin::Pin, rc::Rc, time::Duration};

use leptos::prelude::*;

use crate::{clock::pause, tasks::Home};

/// Events come in bursts; what is on screen is fetched once for a burst.
const BURST: Duration = Duration::from_millis(120);

/// Wraps a fetch so that a burst of calls makes one, one is under way at most, and a call meanwhile makes another.
/// It ends with the current owner.
pub(crate) fn coalesced<Task>(fetch: impl Fn() -> Task + 'static) -> Callback<()>
where
    Task: Future<Output = ()> + 'static,
{
    coalesced_boxed(Rc::new(move || Box::pin(fetch())))
}

type Fetch = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

#[derive(Clone, Copy, PartialEq)]
enum Fetching {
    Idle,
    Running,
    Again,
}

fn coalesced_boxed(fetch: Fetch) -> Callback<()> {
    let home = Home::here();
    let fetch = StoredValue::new_local(fetch);
    let state = StoredValue::new(Fetching::Idle);
    Callback::new(move |()| {
        let Some(before) = state.try_get_value() else { return };
        if before != Fetching::Idle {
            state.set_value(Fetching::Again);
            return;
        }
        state.set_value(Fetching::Running);
        home.start(async move {
            loop {
                pause(BURST).await;
                let Some(fetch) = fetch.try_get_value() else { return };
                // What is asked for from here on may have missed the answer.
                state.try_set_value(Fetching::Running);
                fetch().await;
                if state.try_get_value() != Some(Fetching::Again) {
                    break;
                }
            }
            state.try_set_value(Fetching::Idle);
        });
    })
}
