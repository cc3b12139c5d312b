//! The origin of a request: the client's address, its browser and its device cookie.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap, HeaderName},
};

use super::{cookies::Purpose, user_agent};
use crate::config::TrustedProxies;

/// `X-Forwarded-For`. Each proxy appends the address of its client.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The origin of a request.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The client's address.
    pub(super) address: IpAddr,
    /// Browser and operating system in a few words; empty if unknown.
    pub(super) user_agent: String,
    /// The unverified device cookie.
    pub(super) device: Option<String>,
}

impl Origin {
    /// Reads the origin of a request. `secure`: browsers reach the server by HTTPS.
    pub(super) fn of(request: &HttpRequest, proxies: &TrustedProxies, secure: bool) -> Self {
        let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            address: client_address(request, proxies),
            user_agent: user_agent::summary(agent.unwrap_or_default()),
            device: request.cookie(Purpose::Device.name(secure)).map(|cookie| cookie.value().to_owned()),
        }
    }
}

/// Returns the address of the client that sent the request.
pub(crate) fn client_address(request: &HttpRequest, proxies: &TrustedProxies) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    client_behind(peer, request.headers(), proxies)
}

/// Returns the rightmost address that does not belong to a trusted proxy. A client can forge everything to its left.
///
/// A proxy appends to `X-Forwarded-For` or `Forwarded`, and forwards the other header as the client sent it. When both
/// are present and disagree, neither is trusted, and the limits apply to the proxy's own address.
fn client_behind(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> IpAddr {
    let peer = peer.to_canonical();
    let rightmost = |addresses: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for address in addresses.into_iter().rev() {
            match address {
                Some(address) if proxies.contains(client) => client = address,
                _ => break,
            }
        }
        client
    };
    let is_present = |name: &HeaderName| headers.contains_key(name);
    match (is_present(&X_FORWARDED_FOR), is_present(&header::FORWARDED)) {
        (false, false) => peer,
        (true, false) => rightmost(x_forwarded_for(headers)),
        (false, true) => rightmost(forwarded(headers)),
        (true, true) => {
            let (one, other) = (rightmost(x_forwarded_for(headers)), rightmost(forwarded(headers)));
            if one == other { one } else { peer }
        }
    }
}

/// The entries of all `X-Forwarded-For` headers from left to right; `None` for an invalid address.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    entries(headers, &X_FORWARDED_FOR).into_iter().map(parse_address).collect()
}

/// The `for` value of each entry of all `Forwarded` headers (RFC 7239, 4).
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let value = |entry: &str| {
        entry.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| parse_address(value.trim().trim_matches('"')))?
        })
    };
    entries(headers, &header::FORWARDED).into_iter().map(value).collect()
}

fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let values = headers.get_all(name).map(|value| value.to_str().unwrap_or_default());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}

/// Parses an address with or without a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The addresses that share one limit: a single IPv4 address, or the /64 network that a provider gives an IPv6
/// customer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                Self(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))))
            }
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn client(peer: &str, headers: &[(&HeaderName, &str)]) -> String {
        let proxies = "10.0.0.0/8,fd00::/8".parse().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append((*name).clone(), HeaderValue::from_str(value).unwrap());
        }
        client_behind(peer.parse().unwrap(), &map, &proxies).to_string()
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_not_a_trusted_proxy() {
        const X: HeaderName = X_FORWARDED_FOR;
        const F: HeaderName = header::FORWARDED;
        for (peer, headers, expected) in [
            ("192.0.2.9", vec![(&X, "203.0.113.1")], "192.0.2.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("::ffff:10.0.0.1", vec![(&X, "203.0.113.1")], "203.0.113.1"),
            ("10.0.0.1", vec![(&X, "1.1.1.1, 203.0.113.1, 10.9.9.9")], "203.0.113.1"),
            ("10.0.0.1", vec![(&X, "1.1.1.1"), (&X, "203.0.113.1")], "203.0.113.1"),
            ("10.0.0.1", vec![(&X, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", vec![(&X, "203.0.113.1:4711")], "203.0.113.1"),
            ("10.0.0.1", vec![(&X, "[2001:db8::1]:4711")], "2001:db8::1"),
            ("10.0.0.1", vec![(&X, "203.0.113.1, nonsense")], "10.0.0.1"),
            ("10.0.0.1", vec![(&X, "")], "10.0.0.1"),
            ("10.0.0.1", vec![(&F, "for=203.0.113.1;proto=https, For=\"[2001:db8::1]:80\"")], "2001:db8::1"),
            ("10.0.0.1", vec![(&F, "for=1.1.1.1, for=_hidden")], "10.0.0.1"),
            ("10.0.0.1", vec![(&F, "for=1.1.1.1, proto=https")], "10.0.0.1"),
            ("10.0.0.1", vec![(&X, "203.0.113.1"), (&F, "for=203.0.113.1")], "203.0.113.1"),
            ("10.0.0.1", vec![(&X, "203.0.113.1"), (&F, "for=1.1.1.1")], "10.0.0.1"),
            ("fd00::1", vec![(&X, "::ffff:203.0.113.1")], "203.0.113.1"),
        ] {
            assert_eq!(client(peer, &headers), expected, "{peer} {headers:?}");
        }
    }

    #[test]
    fn ipv6_addresses_are_limited_per_64_bit_network_and_mapped_addresses_as_ipv4() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8:0:1::1"), network("2001:db8:0:1:ffff::2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    proptest! {
        #[test]
        fn a_forged_header_never_overrides_the_address_that_the_proxy_appends(forged in "[ -~]{0,60}") {
            let header = format!("{forged}, 203.0.113.1");
            prop_assert_eq!(client("10.0.0.1", &[(&X_FORWARDED_FOR, &header)]), "203.0.113.1");
        }
    }
}
