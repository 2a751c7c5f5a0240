//! The keys under which queue entries are sealed, one for each inbox and window. They live in memory only: once they are
//! gone, what was sealed under them opens for the inbox's owner alone.

use std::collections::HashMap;
use std::time::Instant;

use foldhash::fast::RandomState;
use kuvert_wire::{EntrySealer, InboxId, PlainEntry, SealKey, limits};
use zeroize::Zeroizing;

/// Seals entries. Under one key it must see every seq at most once, because the seq is the nonce: [`Self::renew`]
/// whenever a seq was used and its row was not stored, [`Self::forget`] where an inbox begins anew.
#[derive(Default)]
pub(crate) struct Sealing {
    window: Option<Window>,
}

struct Window {
    until: Instant,
    sealers: HashMap<InboxId, EntrySealer, RandomState>,
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
        entry: &PlainEntry,
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
        sealer.or_insert_with(|| EntrySealer::new(&random(), inbox, key)).seal_into(seq, entry, out);
    }

    /// Forgets the key of one inbox; what is sealed to it next uses another.
    pub(crate) fn forget(&mut self, inbox: InboxId) {
        if let Some(window) = &mut self.window {
            window.sealers.remove(&inbox);
        }
    }

    /// Seals under a key of its own an entry whose seq may have been used in this window before.
    pub(crate) fn seal_once(inbox: InboxId, key: &SealKey, seq: u64, entry: &PlainEntry, out: &mut Vec<u8>) {
        EntrySealer::new(&random(), inbox, key).seal_into(seq, entry, out);
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
    use kuvert_wire::{Entry, SealKeyPair, SealedEntry};

    use super::*;

    #[test]
    fn a_window_ends_and_the_next_uses_other_keys() {
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
}
