//! Where webhooks can be sent. An account that manages a team chooses the URL, so a request must not reach the servers of
//! the internal network or the metadata service of a cloud (server-side request forgery). The check happens at each
//! connection, on the addresses to which the name resolved, because a name can resolve differently from time to time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The addresses to which webhooks can be sent.
#[derive(Clone, Copy, Debug)]
pub struct AddressPolicy {
    /// Whether private and loopback addresses, and HTTP without TLS, are allowed.
    pub private_addresses: bool,
}

impl AddressPolicy {
    /// Whether a request can go to this address.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match kind(address) {
            Kind::Public => true,
            Kind::Private => self.private_addresses,
            Kind::Never => false,
        }
    }

    /// Whether a request to this URL can go to its host. A name is checked when it is resolved.
    #[must_use]
    pub fn allows_host(self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(address)) => self.allows(address.into()),
            Some(Host::Ipv6(address)) => self.allows(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        }
    }
}

/// The kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Public,
    /// This machine, or a network that is not public.
    Private,
    /// Not the address of a server, or one at which clouds offer their metadata.
    Never,
}

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => kind_of_v4(address),
            None => kind_of_v6(address),
        },
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    match address.octets() {
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] => Kind::Private,
        // Shared by the customers of a provider (RFC 6598), and used inside clouds.
        [100, 64..=127, ..] => Kind::Private,
        // "This network", link-local, IETF protocols, documentation, benchmarks, multicast, reserved, broadcast.
        [0, ..] | [169, 254, ..] | [192, 0, 0 | 2, _] | [198, 18 | 19, ..] => Kind::Never,
        [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] | [224..=255, ..] => Kind::Never,
        _ => Kind::Public,
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Kind::Private,
        // The metadata service of AWS, inside the unique-local addresses.
        [0xfd00, 0x0ec2, ..] => Kind::Never,
        [0xfc00..=0xfdff, ..] => Kind::Private,
        // Documentation, Teredo, benchmarks, ORCHID.
        [0x2001, 0x0db8 | 0..=0x01ff, ..] | [0x3fff, 0..=0x0fff, ..] => Kind::Never,
        // Global unicast. All else is unspecified, link-local, site-local, multicast or reserved.
        [0x2000..=0x3fff, ..] => Kind::Public,
        _ => Kind::Never,
    }
}

/// Returns the IPv4 address to which an IPv6 address leads: mapped, compatible, NAT64 (RFC 6052) or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if (high, low) > (0, 1) => Some(from(high, low)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(addresses: &[&str]) -> Vec<Kind> {
        addresses.iter().map(|address| kind(address.parse().unwrap())).collect()
    }

    #[test]
    fn public_addresses_are_allowed() {
        let public =
            ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"];
        assert_eq!(kinds(&public), [Kind::Public; 6]);
    }

    #[test]
    fn private_and_loopback_addresses_are_allowed_only_by_the_setting() {
        let private = [
            "10.0.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fc00::1",
            "fd12::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
        ];
        assert_eq!(kinds(&private), [Kind::Private; 15]);
        let address = IpAddr::from([10, 0, 0, 1]);
        assert!(!AddressPolicy { private_addresses: false }.allows(address));
        assert!(AddressPolicy { private_addresses: true }.allows(address));
    }

    #[test]
    fn metadata_link_local_and_multicast_addresses_are_never_allowed() {
        let never = [
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "255.255.255.255",
            "224.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "::",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2001:db8::1",
            "100::1",
        ];
        assert_eq!(kinds(&never), [Kind::Never; 16]);
        assert!(!AddressPolicy { private_addresses: true }.allows(IpAddr::from([169, 254, 169, 254])));
    }

    #[test]
    fn a_url_with_an_address_is_checked_however_the_address_is_written() {
        let policy = AddressPolicy { private_addresses: false };
        for url in [
            "https://127.0.0.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::1]/",
            "https://017700000001/",
        ] {
            assert!(!policy.allows_host(&url.parse().unwrap()), "{url}");
        }
        assert!(policy.allows_host(&"https://example.com".parse().unwrap()));
    }
}
