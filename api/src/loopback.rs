//! Requests to the server on this machine, which the health check of a container and the watchdog make.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use hyper::{Client, Uri, http::uri::InvalidUri};

/// Why the server did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LoopbackError {
    /// The server's address and the path make no URL.
    #[error(transparent)]
    Url(#[from] InvalidUri),
    /// The connection failed.
    #[error(transparent)]
    Connection(#[from] hyper::Error),
    /// The answer did not arrive within this time.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
}

/// Requests a path of the server that listens on this address. Returns the status and the body of the answer.
///
/// # Errors
/// There was no complete answer in time.
pub async fn get(listen: SocketAddr, path: &str, timeout: Duration) -> Result<(u16, Vec<u8>), LoopbackError> {
    let url: Uri = format!("http://{}{path}", reachable(listen)).parse()?;
    let exchange = async {
        let response = Client::new().get(url).await?;
        let status = response.status().as_u16();
        Ok((status, hyper::body::to_bytes(response.into_body()).await?.to_vec()))
    };
    tokio::time::timeout(timeout, exchange).await.map_err(|_| LoopbackError::Timeout(timeout))?
}

/// Returns the address to connect to: the loopback address for a server that listens on all addresses.
#[must_use]
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_by_the_loopback_address() {
        for (listen, reached) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.1:9000", "192.0.2.1:9000"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), reached);
        }
    }
}
