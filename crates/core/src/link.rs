//! Links: `https://relay/c/<card id>#<secret>`.

use kuvert_wire::{CardId, limits};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A link to a card. Whoever has it can open the card; the relay never sees the part after `#`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Link {
    #[zeroize(skip)]
    origin: String,
    #[zeroize(skip)]
    card: CardId,
    secret: [u8; 32],
}

/// The text is not a link of Kuvert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Kuvert link")]
pub struct LinkError;

impl Link {
    pub(crate) fn new(origin: &str, card: CardId, secret: [u8; 32]) -> Self {
        Self { origin: origin.to_owned(), card, secret }
    }

    /// Reads a link.
    ///
    /// # Errors
    /// [`LinkError`] if any part is missing or malformed, or the relay would be spoken to without TLS.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let (address, secret) = text.trim().split_once('#').ok_or(LinkError)?;
        let (origin, card) = address.rsplit_once("/c/").ok_or(LinkError)?;
        if !is_origin(origin) {
            return Err(LinkError);
        }
        let card = CardId::from_text(card).ok_or(LinkError)?;
        let secret = data_encoding::BASE64URL_NOPAD
            .decode(secret.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(LinkError)?;
        Ok(Self { origin: origin.to_owned(), card, secret })
    }

    /// Origin of the relay that holds the card.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The card.
    pub fn card(&self) -> CardId {
        self.card
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = data_encoding::BASE64URL_NOPAD.encode(&self.secret);
        write!(f, "{}/c/{}#{secret}", self.origin, self.card.to_text())
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(..)")
    }
}

/// Whether `origin` is `https://host[:port]`, or `http://` with a host that is this machine.
pub(crate) fn is_origin(origin: &str) -> bool {
    let (host, tls) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(host), _) => (host, true),
        (_, Some(host)) => (host, false),
        _ => return false,
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => {
            if port.parse::<u16>().is_err() {
                return false;
            }
            name
        }
        _ => host,
    };
    let is_host = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    let is_this_machine = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    origin.len() <= limits::MAX_ORIGIN && is_host && (tls || is_this_machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_survives_its_text_form() {
        let link = Link::new("https://relay.example:8443", CardId::new([5; 16]), [9; 32]);
        assert_eq!(Link::parse(&link.to_string()), Ok(link.clone()));
        assert_eq!(Link::parse(&format!("  {link}\n")), Ok(link));
    }

    #[test]
    fn damaged_links_are_refused() {
        let text = Link::new("http://localhost:8787", CardId::new([5; 16]), [9; 32]).to_string();
        let no_secret = text.split('#').next().expect("address");
        for damaged in [no_secret, &text[1..], &text[..text.len() - 1], "", "https://relay.example/c/#"] {
            assert_eq!(Link::parse(damaged), Err(LinkError), "{damaged}");
        }
        let without_tls = text.replace("localhost", "relay.example");
        assert_eq!(Link::parse(&without_tls), Err(LinkError));
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host_and_nothing_else() {
        for good in ["https://a.example", "https://a.example:1", "http://[::1]:80", "http://127.0.0.1:8787"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "a.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://u@a",
            "http://a.example",
            "https://a:x",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
