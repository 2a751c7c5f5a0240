//! The keys under which queue entries are sealed, one for each inbox and window. They live in memory only: once they are
//! gone, what was sealed under them opens for the inbox's owner alone.

use std::collections::HashMap;
use std::time::Instant;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use foldhash::fast::RandomState;
use kuvert_wire::{InboxId, PlainEntry, SealKey, SealingKey, limits};
use zeroize::Zeroizing;

/// Seals entries. Under one key it must see every seq at most once, because the seq is the nonce: [`Self::renew`]
/// whenever a seq was used and its row was not stored, [`Self::forget`] where an inbox begins anew.
#[derive(Default)]
pub(crate) struct Sealing {
    window: Option<Window>,
}

struct Window {
    until: Instant,
    sealers: HashMap<InboxId, Sealer, RandomState>,
}

/// The key of one inbox, for one window.
struct Sealer {
    ephemeral: [u8; 32],
    cipher: Cipher,
}

impl Sealer {
    /// Under a secret of its own.
    fn new(inbox: InboxId, key: &SealKey) -> Self {
        let SealingKey { ephemeral, key } = SealingKey::agree(&random(), inbox, key);
        Self { ephemeral, cipher: Cipher::new(&key) }
    }

    fn seal(&self, seq: u64, entry: &PlainEntry<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.ephemeral);
        let start = out.len();
        entry.append_to(out);
        self.cipher.seal(SealingKey::nonce(seq), &self.ephemeral, out, start);
    }
}

/// ChaCha20-Poly1305 (RFC 8439) under one key.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        match UnboundKey::new(&CHACHA20_POLY1305, key) {
            Ok(key) => Self(LessSafeKey::new(key)),
            Err(_) => unreachable!("the key has the cipher's length"),
        }
    }

    /// Encrypts what `bytes` hold from `start` on, and appends the tag. A nonce must not be used twice.
    pub(crate) fn seal(&self, nonce: [u8; 12], associated: &[u8], bytes: &mut Vec<u8>, start: usize) {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = &mut bytes[start..];
        match self.0.seal_in_place_separate_tag(nonce, Aad::from(associated), plain) {
            Ok(tag) => bytes.extend_from_slice(tag.as_ref()),
            Err(_) => unreachable!("what a relay seals stays far below the cipher's 256 GiB"),
        }
    }

    /// Decrypts `bytes`, tag included, where they lie. `None` if they were not sealed like that.
    pub(crate) fn open<'b>(
        &self,
        nonce: [u8; 12],
        associated: &[u8],
        bytes: &'b mut [u8],
    ) -> Option<&'b mut [u8]> {
        self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(associated), bytes).ok()
    }
}

impl Sealing {
    /// Forgets the window if its time is over.
    pub(crate) fn expire(&mut self, now: Instant) {
        if self.until().is_some_and(|until| until <= now) {
            self.renew();
        }
    }

    /// When the window ends, if there is one.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.window.as_ref().map(|window| window.until)
    }

    /// Forgets the window's keys; what is sealed next uses others.
    pub(crate) fn renew(&mut self) {
        self.window = None;
    }

    /// Seals the entry that gets `seq`, and appends it to `out`.
    pub(crate) fn seal(
        &mut self,
        inbox: InboxId,
        key: &SealKey,
        seq: u64,
        entry: &PlainEntry<'_>,
        out: &mut Vec<u8>,
    ) {
        let window = self.window.get_or_insert_with(|| Window {
            until: Instant::now() + limits::SEAL_WINDOW,
            sealers: HashMap::default(),
        });
        if window.sealers.len() >= limits::MAX_SEAL_CACHE && !window.sealers.contains_key(&inbox) {
            window.sealers.clear();
        }
        let sealer = window.sealers.entry(inbox);
        sealer.or_insert_with(|| Sealer::new(inbox, key)).seal(seq, entry, out);
    }

    /// Forgets the key of one inbox; what is sealed to it next uses another.
    pub(crate) fn forget(&mut self, inbox: InboxId) {
        if let Some(window) = &mut self.window {
            window.sealers.remove(&inbox);
        }
    }

    /// Seals under a key of its own an entry whose seq may have been used in this window before.
    pub(crate) fn seal_once(
        inbox: InboxId,
        key: &SealKey,
        seq: u64,
        entry: &PlainEntry<'_>,
        out: &mut Vec<u8>,
    ) {
        Sealer::new(inbox, key).seal(seq, entry, out);
    }
}

/// Draws 32 bytes from the operating system.
pub(crate) fn random() -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    // A relay without randomness must not run: every key of it would be known.
    if let Err(error) = getrandom::fill(bytes.as_mut_slice()) {
        tracing::error!("the operating system gives no randomness: {error}");
        std::process::abort();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use kuvert_wire::{Entry, EntrySealer, SealKeyPair, SealedEntry};

    use super::*;

    #[test]
    fn a_window_ends_and_the_next_uses_other_keys() {
        // RELAY-5: SEAL_WINDOW
        let pair = SealKeyPair::from_bytes([1; 32]);
        let (inbox, key) = (InboxId::new([1; 16]), pair.public());
        let entry = Entry::Deposit { body: b"sealed".to_vec() };
        let plain = PlainEntry::of(&entry);
        let mut sealing = Sealing::default();
        let seal = |sealing: &mut Sealing, seq| {
            let mut bytes = Vec::new();
            sealing.seal(inbox, &key, seq, &plain, &mut bytes);
            SealedEntry { bytes }
        };
        let first = seal(&mut sealing, 1);
        assert_eq!(seal(&mut sealing, 2).bytes[..32], first.bytes[..32], "one window, one key");

        let until = sealing.until().expect("a window");
        sealing.expire(until - limits::SEAL_WINDOW / 2);
        assert_eq!(sealing.until(), Some(until));
        sealing.expire(until);
        assert_eq!(sealing.until(), None);
        let later = seal(&mut sealing, 1);
        assert_ne!(later.bytes[..32], first.bytes[..32]);
        assert_eq!(pair.open(1, &later), Ok(entry));
    }

    #[test]
    fn the_keys_in_memory_are_bounded_and_all_go_at_once() {
        // RELAY-5: MAX_SEAL_CACHE
        let key = SealKeyPair::from_bytes([1; 32]).public();
        let plain = PlainEntry::of(&Entry::Deposit { body: Vec::new() });
        let inbox = |n: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(n as u64).to_be_bytes());
            InboxId::new(id)
        };
        let mut sealing = Sealing::default();
        let mut seal = |n, seq| {
            sealing.seal(inbox(n), &key, seq, &plain, &mut Vec::new());
            let sealers = &mut sealing.window.as_mut().expect("a window").sealers;
            for n in sealers.len()..limits::MAX_SEAL_CACHE {
                // Keys that cost no agreement.
                sealers.insert(inbox(n), Sealer { ephemeral: [0; 32], cipher: Cipher::new(&[0; 32]) });
            }
            sealers.len()
        };
        assert_eq!(seal(0, 1), limits::MAX_SEAL_CACHE);
        assert_eq!(seal(0, 2), limits::MAX_SEAL_CACHE, "who is there needs no room");
        sealing.seal(inbox(limits::MAX_SEAL_CACHE), &key, 1, &plain, &mut Vec::new());
        assert_eq!(sealing.window.expect("a window").sealers.len(), 1);
    }

    #[test]
    fn what_the_relay_seals_is_what_the_protocol_says() {
        let pair = SealKeyPair::from_bytes([1; 32]);
        let (inbox, key) = (InboxId::new([1; 16]), pair.public());
        let SealingKey { ephemeral, key: secret } = SealingKey::agree(&[5; 32], inbox, &key);
        let sealer = Sealer { ephemeral, cipher: Cipher::new(&secret) };
        for len in [0, 1, 63, 64, 65, 600, 65_536] {
            let entry = Entry::Deposit { body: vec![7; len] };
            let mut bytes = Vec::new();
            sealer.seal(9, &PlainEntry::of(&entry), &mut bytes);
            assert_eq!(bytes, EntrySealer::new(&[5; 32], inbox, &key).seal(9, &entry).bytes);
        }
    }
}
