//! Resolves host names to addresses that the policy allows. reqwest connects to the addresses that this returns, so what
//! was checked is what is used. It does not ask for the address of a host that is an address already: the attempt checks
//! those.

use std::{io, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::webhook_endpoints::address::AddressPolicy;

/// The name resolved to no address to which webhooks can be sent.
#[derive(Debug, thiserror::Error)]
#[error("the host name leads to no public address")]
pub(super) struct ForbiddenAddress;

/// A resolver that leaves out the addresses that are not allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckedResolver(pub(super) AddressPolicy);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| policy.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, ForbiddenAddress).into());
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        })
    }
}
