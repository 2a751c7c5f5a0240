//! Wakes devices that are not connected, through the push services of their browsers (RFC 8030).
//!
//! A push says that something waits, and nothing else: its body is empty, padded and encrypted to the browser (RFC 8291), and
//! every one looks the same. The service names inboxes that got entries; the [`Sender`] looks some moments later whether
//! their owners have acknowledged them, and pushes to those who have not: once, until they were here again. Deliveries do not
//! wait for any of this, and what is under way is bounded.

mod endpoint;
mod message;
mod sender;
mod vapid;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, UnparsedPublicKey};
use kuvert_wire::{InboxId, P256Key, PushSubscription, SecretBoxKey, decode, derive_key, encode, limits};
use tokio::sync::Notify;

pub(crate) use sender::Sender;

use crate::StartError;
use crate::config::{self, Config};
use crate::federation::client::Client;
use crate::key_file::{PUSH, Secret};
use crate::metrics::Metrics;
use crate::seal::random;
use crate::session::Sessions;
use crate::store::{RelayStore, StoreError};
use crate::writer::Writer;
use endpoint::Endpoint;
use vapid::Vapid;

/// Bytes of a subscription before it is sealed, so that its length does not tell the push service.
const PADDED: usize = 1200;
const _: () = assert!(limits::MAX_PUSH_ENDPOINT + 128 < PADDED);
/// Bytes in front of a subscription that say how long it is.
const LENGTH: usize = 2;

/// Inboxes that got entries, with the seq of the first since they were last asked for. They need not be durable yet.
#[derive(Default)]
pub(crate) struct Nominations {
    named: Mutex<HashMap<InboxId, u64>>,
    came: Notify,
}

impl Nominations {
    /// An entry was queued. Where too many wait already nobody more is noted: the next entry may find room.
    pub(crate) fn name(&self, inbox: InboxId, seq: u64) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = named.len() >= limits::MAX_PUSHES_WAITING;
        match named.entry(inbox) {
            Entry::Occupied(_) => return,
            Entry::Vacant(_) if is_full => return,
            Entry::Vacant(free) => free.insert(seq),
        };
        drop(named);
        self.came.notify_one();
    }

    /// Waits for inboxes to be named, and returns them.
    async fn next(&self) -> HashMap<InboxId, u64> {
        loop {
            let named = std::mem::take(&mut *self.named.lock().unwrap_or_else(PoisonError::into_inner));
            if !named.is_empty() {
                return named;
            }
            self.came.notified().await;
        }
    }
}

/// What a relay needs to push.
pub(crate) struct Push {
    vapid: Vapid,
    vault: SecretBoxKey,
    client: Arc<Client>,
    private_addresses: bool,
    /// Whose owners may want to know.
    pub(crate) nominations: Nominations,
}

impl Push {
    /// Reads the key for pushes, or makes it. Nothing if this relay does not push.
    ///
    /// # Errors
    /// If the key's file cannot be read or written, or TLS cannot be set up.
    pub(crate) fn open(config: &Config, origins: &[String]) -> Result<Option<Arc<Self>>, StartError> {
        let config::Push { enabled, contact, private_addresses } = &config.push;
        if !enabled {
            return Ok(None);
        }
        let secret = PUSH.load(&config.data, vapid::fresh_secret).map_err(StartError::RelayKey)?;
        // Who runs the relay can be found there, too.
        let contact = contact.clone().or_else(|| origins.iter().find(|o| o.starts_with("https://")).cloned());
        let client = Client::new(*private_addresses).map_err(StartError::TlsClient)?;
        Self::over(&secret, contact, client, *private_addresses).map(|push| Some(Arc::new(push)))
    }

    fn over(
        secret: &Secret,
        contact: Option<String>,
        client: Client,
        private_addresses: bool,
    ) -> Result<Self, StartError> {
        let vapid = Vapid::new(secret, contact).map_err(StartError::RelayKey)?;
        let vault = SecretBoxKey::new(&derive_key(secret.as_slice(), "kuvert push row v1", b""));
        let (client, nominations) = (Arc::new(client), Nominations::default());
        Ok(Self { vapid, vault, client, private_addresses, nominations })
    }

    /// The key that browsers bind their subscriptions to.
    pub(crate) fn key(&self) -> P256Key {
        self.vapid.public
    }

    /// Whether a subscription can be used: a public https address, and a point of the curve.
    pub(crate) fn takes(&self, subscription: &PushSubscription) -> bool {
        let key = UnparsedPublicKey::new(&ECDH_P256, subscription.key.as_bytes());
        let is_point = ParsedPublicKey::try_from(&key).is_ok();
        is_point && Endpoint::parse(&subscription.endpoint, self.private_addresses).is_some()
    }

    /// A subscription as it is stored: sealed, because its endpoint names its browser at the push service.
    pub(crate) fn seal(&self, inbox: InboxId, subscription: &PushSubscription) -> Vec<u8> {
        let bytes = encode(subscription);
        let mut plain = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        plain.extend_from_slice(&bytes);
        plain.resize(LENGTH + PADDED, 0);
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&random()[..24]);
        self.vault.seal(&nonce, inbox.as_bytes(), &plain)
    }

    /// Reads what [`Self::seal`] made.
    fn unseal(&self, inbox: InboxId, sealed: &[u8]) -> Result<PushSubscription, StoreError> {
        let plain = self.vault.open(inbox.as_bytes(), sealed).map_err(|_| StoreError::Corrupt)?;
        let (length, rest) = plain.split_first_chunk::<LENGTH>().ok_or(StoreError::Corrupt)?;
        let bytes = rest.get(..usize::from(u16::from_be_bytes(*length))).ok_or(StoreError::Corrupt)?;
        decode(bytes, PADDED).map_err(|_| StoreError::Corrupt)
    }

    /// Who pushes.
    pub(crate) fn sender(
        self: &Arc<Self>,
        store: Arc<dyn RelayStore>,
        writer: Arc<Writer>,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
    ) -> Sender {
        Sender::new(Arc::clone(self), store, writer, sessions, metrics)
    }
}

#[cfg(test)]
impl Push {
    /// One that reaches this machine, with a key of its own.
    pub(crate) fn for_tests() -> Self {
        let client = Client::new(true).expect("a client");
        Self::over(&vapid::fresh_secret(), None, client, true).expect("a key")
    }

    /// A subscription of a browser at this endpoint.
    pub(crate) fn subscription(endpoint: &str) -> PushSubscription {
        let browser = Vapid::new(&vapid::fresh_secret(), None).expect("a key");
        let auth = kuvert_wire::PushAuth::new([7; 16]);
        PushSubscription { endpoint: endpoint.to_owned(), key: browser.public, auth }
    }

    /// Whom the service named since this was last asked.
    pub(crate) fn named(&self) -> Vec<(InboxId, u64)> {
        let mut named: Vec<_> = self.nominations.named.lock().expect("not poisoned").drain().collect();
        named.sort();
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_stored_sealed_at_one_length_and_opens_for_its_inbox() {
        // RELAY-4
        let (push, inbox) = (Push::for_tests(), InboxId::new([1; 16]));
        let near = Push::subscription("https://push.example/near");
        let far = Push::subscription(&format!("https://push.example/{}", "f".repeat(900)));
        let sealed = [&near, &near, &far].map(|subscription| push.seal(inbox, subscription));
        assert!(sealed.iter().all(|row| row.len() == sealed[0].len()) && sealed[0] != sealed[1]);
        assert!(!sealed[0].windows(4).any(|window| window == b"push"));
        assert_eq!(push.unseal(inbox, &sealed[0]).expect("opens"), near);
        assert_eq!(push.unseal(inbox, &sealed[2]).expect("opens"), far);
        assert!(push.unseal(InboxId::new([2; 16]), &sealed[0]).is_err());
        assert!(Push::for_tests().unseal(inbox, &sealed[0]).is_err());
    }

    #[test]
    fn no_more_owners_are_noted_than_named() {
        // RELAY-5: MAX_PUSHES_WAITING
        let push = Push::for_tests();
        let inbox = |n: usize| InboxId::new((n as u128).to_be_bytes());
        for n in 0..limits::MAX_PUSHES_WAITING + 5 {
            push.nominations.name(inbox(n), 1);
        }
        push.nominations.name(inbox(0), 2);
        let named = push.named();
        assert_eq!(named.len(), limits::MAX_PUSHES_WAITING);
        assert_eq!(named[0], (inbox(0), 1), "the first entry counts");
    }
}
