//! Starting what takes time. Every future is boxed first: the machinery around it is then compiled once, not once
//! per future, which the download feels.

use std::pin::Pin;

use leptos::{
    prelude::*,
    reactive::owner::WeakOwner,
    task::{spawn_local, spawn_local_scoped_with_cancellation},
};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Starts what ends with the current page or piece: its requests are aborted with it.
pub(crate) fn start(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Task) {
        spawn_local_scoped_with_cancellation(task);
    }
    boxed(Box::pin(task));
}

/// A page or piece that ends what was started for it, whoever started it: a Retry is clicked inside the failure that it
/// takes away, and the answer must outlive that.
#[derive(Clone, Copy)]
pub(crate) struct Home(StoredValue<Option<WeakOwner>>);

impl Home {
    /// The current page or piece.
    pub(crate) fn here() -> Self {
        Self(StoredValue::new(Owner::current().map(|owner| owner.downgrade())))
    }

    /// Starts what ends with the page or piece; once that is gone, nothing.
    pub(crate) fn start(self, task: impl Future<Output = ()> + 'static) {
        fn boxed(home: Home, task: Task) {
            let owner = home.0.try_with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)).flatten();
            if let Some(owner) = owner {
                owner.with(|| spawn_local_scoped_with_cancellation(task));
            }
        }
        boxed(self, Box::pin(task));
    }
}

/// Starts what goes on whatever becomes of the page: sending, signing out.
pub(crate) fn start_detached(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Task) {
        spawn_local(task);
    }
    boxed(Box::pin(task));
}
