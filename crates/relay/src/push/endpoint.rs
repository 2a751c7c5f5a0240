//! Where a push goes. Endpoints come from devices, so that the rules for other relays' addresses hold here as well.

use std::net::IpAddr;

use kuvert_wire::limits;

use crate::federation::Origin;
use crate::federation::address::is_public;

/// An endpoint's URL in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The push service, as in `https://push.example`.
    pub(crate) origin: String,
    /// Its host alone.
    pub(crate) host: String,
    /// Path and query, from the first slash on.
    pub(crate) path: String,
}

impl Endpoint {
    /// Reads an endpoint. Plain HTTP and private addresses only where they are allowed; names are looked at again when they
    /// were resolved.
    pub(crate) fn parse(text: &str, private_addresses: bool) -> Option<Self> {
        if text.len() > limits::MAX_PUSH_ENDPOINT {
            return None;
        }
        let host = text.find("://")? + 3;
        let (origin, path) = text.split_at(host + text[host..].find('/')?);
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte));
        let parsed = Origin::parse(origin, private_addresses)?;
        let is_private = parsed.host.parse::<IpAddr>().is_ok_and(|address| !is_public(address));
        if !is_plain || (is_private && !private_addresses) {
            return None;
        }
        Some(Self { origin: origin.to_owned(), host: parsed.host, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_public_https_url() {
        // RELAY-5: MAX_PUSH_ENDPOINT
        let parts = |text: &str| Endpoint::parse(text, false).map(|read| (read.origin, read.path));
        let read = parts("https://push.example:8443/wpush/v2/gAAAA-b_c=?x=1%20&y");
        assert_eq!(read, Some(("https://push.example:8443".into(), "/wpush/v2/gAAAA-b_c=?x=1%20&y".into())));
        let longest = format!("https://a.example/{}", "a".repeat(limits::MAX_PUSH_ENDPOINT - 18));
        assert!(parts(&longest).is_some());
        let longer = format!("{longest}a");
        for bad in [
            "",
            "/path",
            "https://push.example",
            "http://push.example/x",
            "ftp://push.example/x",
            "https:///x",
            "https://user@push.example/x",
            "https://push.example/a b",
            "https://push.example/a\r\nhost: x",
            "https://push.example/a#b",
            "https://push.example/\u{e4}",
            "https://127.0.0.1/x",
            "https://10.0.0.1:8080/x",
            "https://[::1]/x",
            "https://[fd00::1]/x",
            "https://192.168.1.1/x",
            longer.as_str(),
        ] {
            assert_eq!(parts(bad), None, "{bad:?}");
        }
        assert!(Endpoint::parse("http://127.0.0.1:5/x", true).is_some());
    }
}
