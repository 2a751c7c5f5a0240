//! Where this relay may connect to. Origins come from members of channels, so that anybody can name one: without these
//! rules they could make the relay knock at doors that only it can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use kuvert_wire::limits;

/// A relay's origin, as in `https://relay.example`, in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(super) is_tls: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(super) port: u16,
    /// Host and port as they stand in the origin.
    pub(super) authority: String,
}

impl Origin {
    /// Reads an origin. Plain HTTP only where private addresses are allowed: elsewhere it is never needed.
    pub(crate) fn parse(text: &str, private_addresses: bool) -> Option<Self> {
        if text.len() > limits::MAX_ORIGIN {
            return None;
        }
        let (is_tls, authority) = match text.split_once("://")? {
            ("https", authority) => (true, authority),
            ("http", authority) if private_addresses => (false, authority),
            _ => return None,
        };
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let is_name = |name: &str| {
            name.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            })
        };
        if !authority.starts_with('[') && !is_name(host) {
            return None;
        }
        let port = match port {
            None if is_tls => 443,
            None => 80,
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
                port.parse().ok().filter(|&port| port > 0)?
            }
            Some(_) => return None,
        };
        Some(Self { is_tls, host: host.to_owned(), port, authority: authority.to_owned() })
    }

    /// Asks for the origin's addresses and returns those that may be connected to.
    pub(super) async fn resolve(&self, private_addresses: bool) -> std::io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
        Ok(found.filter(|address| private_addresses || is_public(address.ip())).collect())
    }
}

/// Whether an address belongs to the public Internet (the special-purpose registries of RFC 6890 and what came later).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3. What lies outside, mapped and translated IPv4 addresses included, is none.
    match address.segments() {
        // Protocol assignments (Teredo, benchmarks, ORCHID), documentation.
        [0x2001, 0..=0x01ff | 0x0db8, ..] => false,
        // IPv4 addresses in disguise (6to4), documentation.
        [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "2001:200::1",
            "3fff:1000::1",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff:fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_a_host_and_at_most_a_port() {
        // RELAY-5: MAX_ORIGIN
        let parts = |text| Origin::parse(text, false).map(|origin| (origin.host, origin.port));
        assert_eq!(parts("https://relay.example"), Some(("relay.example".into(), 443)));
        assert_eq!(parts("https://relay.example:8443"), Some(("relay.example".into(), 8443)));
        assert_eq!(parts("https://[2a00::1]:1"), Some(("2a00::1".into(), 1)));
        assert_eq!(parts("https://[2a00::1]"), Some(("2a00::1".into(), 443)));
        let long = format!("https://{}example", "a.".repeat(limits::MAX_ORIGIN / 2));
        for bad in [
            "",
            "relay.example",
            "https://",
            "http://relay.example",
            "ftp://relay.example",
            "HTTPS://relay.example",
            "https://Relay.example",
            "https://relay.example/",
            "https://relay.example?x",
            "https://relay.example#x",
            "https://user@relay.example",
            "https://user:password@relay.example",
            "https://relay.example:",
            "https://relay.example:0",
            "https://relay.example:65536",
            "https://relay.example:+1",
            "https://relay.example:1:2",
            "https://relay..example",
            "https://relay.example.",
            "https://-relay.example",
            "https://relay example",
            "https://relay\r\nexample",
            "https://[::1",
            "https://[relay.example]",
            "https://[2a00::1]x",
            "https://2a00::1",
            "https://[fe80::1%eth0]",
            long.as_str(),
        ] {
            assert_eq!(Origin::parse(bad, false), None, "{bad:?}");
        }
        assert!(Origin::parse("http://127.0.0.1:8787", true).is_some_and(|origin| !origin.is_tls));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_leads_nowhere() {
        for text in ["https://localhost", "https://127.0.0.1", "https://127.1", "https://[::1]"] {
            let origin = Origin::parse(text, false).expect("an origin");
            // Where there is no such name that is as good.
            assert!(origin.resolve(false).await.unwrap_or_default().is_empty(), "{text}");
        }
        let origin = Origin::parse("https://127.0.0.1:5", false).expect("an origin");
        assert_eq!(
            origin.resolve(true).await.expect("resolves"),
            ["127.0.0.1:5".parse().expect("an address")]
        );
    }
}
