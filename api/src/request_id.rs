//! The id of a request, by which an operator finds its log lines: in the log, in the header `X-Request-Id` of each
//! response, and in the problem of an internal error.

use std::fmt;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    /// Returns a new id.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// Returns the id of the request that the current task handles, or a new one outside requests.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(|id| *id).unwrap_or_else(|_| Self::random())
    }

    /// Runs `work` as the handling of this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }
}

/// Prepares `work` for another thread: what it logs there belongs to the current request.
pub(crate) fn carried<A, T>(work: impl FnOnce(&mut A) -> T) -> impl FnOnce(&mut A) -> T {
    let id = CURRENT.try_with(|id| *id).ok();
    let span = tracing::Span::current();
    move |argument: &mut A| {
        let work = || span.in_scope(|| work(argument));
        match id {
            Some(id) => CURRENT.sync_scope(id, work),
            None => work(),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
