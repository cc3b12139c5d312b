//! Coalesces the fetches that a burst of events causes.

use std::{pin::Pin, rc::Rc, time::Duration};

use leptos::prelude::*;

use crate::{clock::pause, tasks::TaskScope};

/// Delay before a fetch, in which further events join it.
const BURST: Duration = Duration::from_millis(120);
/// The same for what the agent waits for. It joins the events of one change.
const SHORT_BURST: Duration = Duration::from_millis(20);

/// Wraps a fetch so that a burst of calls runs it once, at most one runs at a time, and a call while one runs causes
/// another afterwards. It is cancelled with the current owner.
pub(crate) fn coalesce<Task>(fetch: impl Fn() -> Task + 'static) -> Callback<()>
where
    Task: Future<Output = ()> + 'static,
{
    coalesce_boxed(BURST, Rc::new(move || Box::pin(fetch())))
}

/// The same with little delay, for the open conversation: only its few viewers fetch it.
pub(crate) fn coalesce_soon<Task>(fetch: impl Fn() -> Task + 'static) -> Callback<()>
where
    Task: Future<Output = ()> + 'static,
{
    coalesce_boxed(SHORT_BURST, Rc::new(move || Box::pin(fetch())))
}

type Fetch = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

#[derive(Clone, Copy, PartialEq)]
enum Fetching {
    Idle,
    Running,
    RunAgain,
}

fn coalesce_boxed(delay: Duration, fetch: Fetch) -> Callback<()> {
    let scope = TaskScope::current();
    let fetch = StoredValue::new_local(fetch);
    let state = StoredValue::new(Fetching::Idle);
    Callback::new(move |()| {
        let Some(before) = state.try_get_value() else { return };
        if before != Fetching::Idle {
            state.set_value(Fetching::RunAgain);
            return;
        }
        state.set_value(Fetching::Running);
        scope.spawn(async move {
            loop {
                pause(delay).await;
                let Some(fetch) = fetch.try_get_value() else { return };
                // The response may not include events from here on, so a call from now on runs the fetch again.
                state.try_set_value(Fetching::Running);
                fetch().await;
                if state.try_get_value() != Some(Fetching::RunAgain) {
                    break;
                }
            }
            state.try_set_value(Fetching::Idle);
        });
    })
}
