//! Deposit tokens and the fan-out lists that hold them.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ids::{InboxId, RelayKey, TokenNonce, cbor_bytes, secret};
use crate::limits;

secret!(
    /// Makes and checks the tokens of one inbox. Known to its owner and its relay.
    DepositKey,
    32
);

secret!(
    /// The right to deposit into one inbox: `nonce (16) || HMAC-SHA256(deposit key, nonce) (32)`.
    ///
    /// The owner makes one per contact, link and group, offline, and can revoke it by its nonce.
    Token,
    48
);

impl Token {
    /// What names this token to its owner.
    pub fn nonce(&self) -> TokenNonce {
        let mut nonce = [0; TokenNonce::LEN];
        nonce.copy_from_slice(&self.as_bytes()[..TokenNonce::LEN]);
        TokenNonce::new(nonce)
    }
}

impl DepositKey {
    /// Makes the token that belongs to `nonce`, which the caller drew at random.
    pub fn token(&self, nonce: [u8; 16]) -> Token {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(&nonce);
        bytes[16..].copy_from_slice(&self.mac(&nonce).finalize().into_bytes());
        Token::new(bytes)
    }

    /// Whether `token` was made with this key, in constant time.
    pub fn made(&self, token: &Token) -> bool {
        let (nonce, mac) = token.as_bytes().split_at(16);
        self.mac(nonce).verify_slice(mac).is_ok()
    }

    fn mac(&self, nonce: &[u8]) -> Hmac<Sha256> {
        match Hmac::<Sha256>::new_from_slice(self.as_bytes()) {
            Ok(mac) => mac.chain_update(b"kuvert token v1").chain_update(nonce),
            Err(_) => unreachable!("HMAC takes keys of any length"),
        }
    }
}

/// One inbox that receives a channel's posts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FanoutTarget {
    /// The inbox.
    #[n(0)]
    pub inbox: InboxId,
    /// The right to deposit there.
    #[n(1)]
    pub token: Token,
    /// The inbox's relay, where it is not the channel's own.
    #[n(2)]
    pub relay: Option<RelayAddress>,
}

/// Another relay, as a channel's relay has to know it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RelayAddress {
    /// Where it is reached, as in `https://relay.example`.
    #[n(0)]
    pub origin: String,
    /// What waits to be handed to it is sealed to this key, so that a relay stores no inbox or token of elsewhere.
    #[n(1)]
    pub key: RelayKey,
}

/// Where a channel's posts go. Travels and rests sealed under the epoch's fan-out key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Fanout {
    /// At most [`limits::MAX_FANOUT_TARGETS`], at no more than [`limits::MAX_FANOUT_RELAYS`] other relays.
    #[n(0)]
    pub targets: Vec<FanoutTarget>,
}

impl Fanout {
    /// Whether the list keeps its bounds.
    pub fn is_within_limits(&self) -> bool {
        self.targets.len() <= limits::MAX_FANOUT_TARGETS
            && self
                .targets
                .iter()
                .all(|t| t.relay.as_ref().is_none_or(|r| r.origin.len() <= limits::MAX_ORIGIN))
            && self.relays() <= limits::MAX_FANOUT_RELAYS
    }

    /// How many relays it names. One that is named with two keys counts twice.
    fn relays(&self) -> usize {
        let named = self.targets.iter().filter_map(|target| target.relay.as_ref());
        named.map(|relay| (relay.origin.as_str(), relay.key.as_bytes())).collect::<BTreeSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_the_inbox_it_was_made_for() {
        let token = DepositKey::new([1; 32]).token([9; 16]);
        assert!(DepositKey::new([1; 32]).made(&token));
        assert!(!DepositKey::new([2; 32]).made(&token));
        let mut forged = *token.as_bytes();
        forged[0] ^= 1;
        assert!(!DepositKey::new([1; 32]).made(&Token::new(forged)));
    }
}
