//! Starts asynchronous tasks. Each future is boxed first, so that the code around it is compiled once and not once per
//! future, which keeps the download small.

use std::pin::Pin;

use leptos::{
    prelude::*,
    reactive::owner::WeakOwner,
    task::{spawn_local, spawn_local_scoped_with_cancellation},
};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Starts a task that is cancelled, together with its requests, when the current component is disposed.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Task) {
        spawn_local_scoped_with_cancellation(task);
    }
    boxed(Box::pin(task));
}

/// Starts tasks that are cancelled with the component that created this scope, and not with the component that starts
/// them. A Retry button, for example, is part of the error message that its click removes, but the request continues.
#[derive(Clone, Copy)]
pub(crate) struct TaskScope(StoredValue<Option<WeakOwner>>);

impl TaskScope {
    /// Returns the scope of the current component.
    pub(crate) fn current() -> Self {
        Self(StoredValue::new(Owner::current().map(|owner| owner.downgrade())))
    }

    /// Starts a task that is cancelled with the scope's component. Does nothing if that component is already disposed.
    pub(crate) fn spawn(self, task: impl Future<Output = ()> + 'static) {
        fn boxed(scope: TaskScope, task: Task) {
            let owner = scope.0.try_with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)).flatten();
            if let Some(owner) = owner {
                owner.with(|| spawn_local_scoped_with_cancellation(task));
            }
        }
        boxed(self, Box::pin(task));
    }
}

/// Starts a task that continues when the page is closed, such as sending or signing out.
pub(crate) fn spawn_detached(task: impl Future<Output = ()> + 'static) {
    fn boxed(task: Task) {
        spawn_local(task);
    }
    boxed(Box::pin(task));
}
