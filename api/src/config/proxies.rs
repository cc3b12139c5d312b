//! The proxies whose forwarding headers are trusted: a comma-separated list of addresses and networks (CIDR notation).

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;

/// Why a list of proxies is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// An entry cannot be parsed.
    #[error("contains {0:?}, which is neither an address nor a network")]
    NotANetwork(String),
    /// An entry includes every address.
    #[error("contains {0:?}, which would let every client choose its own address")]
    EveryAddress(String),
}

/// The networks of the proxies in front of the server; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether the address belongs to a proxy. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let networks = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        networks.map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, ProxyError> {
    let network: Result<IpNet, _> = text.parse();
    let network = network.or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| ProxyError::NotANetwork(text.to_owned()))?;
    if network.prefix_len() == 0 {
        return Err(ProxyError::EveryAddress(text.to_owned()));
    }
    Ok(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_single_addresses_are_parsed() {
        let proxies: TrustedProxies = " 10.0.0.7/8, 2001:db8::/32,192.0.2.1 ,".parse().unwrap();
        for (address, trusted) in [
            ("10.255.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(proxies.contains(address.parse().unwrap()), trusted, "{address}");
        }
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
    }

    #[test]
    fn the_error_quotes_an_invalid_network() {
        for bad in ["proxy.example.com", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "0.0.0.0/0", "::/0", "*"] {
            let problem = format!("10.0.0.0/8,{bad}").parse::<TrustedProxies>().unwrap_err().to_string();
            assert!(problem.contains(bad), "{problem}");
        }
    }
}
