//! Starting what takes time. Every future is boxed first: the machinery around it is then compiled once, not once
//! per future, which the download feels.

use std::pin::Pin;

use leptos::task::{spawn_local, spawn_local_scoped_with_cancellation};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Starts what ends with the current page or piece: its requests are aborted with it.
pub(crate) fn start(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Task) {
        spawn_local_scoped_with_cancellation(task);
    }
    boxed(Box::pin(task));
}

/// Starts what goes on whatever becomes of the page: sending, signing out.
pub(crate) fn start_detached(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Task) {
        spawn_local(task);
    }
    boxed(Box::pin(task));
}
