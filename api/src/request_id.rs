//! The id of a request, by which an operator finds its log lines: in the log, in the header `X-Request-Id` of each
//! response, in the audit log, and in the problem of an internal error. With it, the address of the client.

use std::{fmt, net::IpAddr};

tokio::task_local! {
    static CURRENT: CurrentRequest;
}

/// The request that the current task handles.
#[derive(Clone, Copy)]
struct CurrentRequest {
    id: RequestId,
    client: IpAddr,
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
        Self::of_request().unwrap_or_else(Self::random)
    }

    /// Returns the id of the request that the current task handles, or `None` outside requests.
    pub(crate) fn of_request() -> Option<Self> {
        CURRENT.try_with(|current| current.id).ok()
    }

    /// Runs `work` as the handling of this request, which `client` sent.
    pub async fn scope<F: Future>(self, client: IpAddr, work: F) -> F::Output {
        CURRENT.scope(CurrentRequest { id: self, client }, work).await
    }
}

/// Returns the address of the client whose request the current task handles, or `None` outside requests.
pub(crate) fn client_address() -> Option<IpAddr> {
    CURRENT.try_with(|current| current.client).ok()
}

/// Prepares `work` for another thread: what it logs there belongs to the current request.
pub(crate) fn carried<A, T>(work: impl FnOnce(&mut A) -> T) -> impl FnOnce(&mut A) -> T {
    let current = CURRENT.try_with(|current| *current).ok();
    let span = tracing::Span::current();
    move |argument: &mut A| {
        let work = || span.in_scope(|| work(argument));
        match current {
            Some(current) => CURRENT.sync_scope(current, work),
            None => work(),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
