//! The log of who did what: append-only, each entry chained to the one before it by SHA-256.
//!
//! It says what kind of thing was done, by which device, when, and in which conversation by a hash; never what was said. Who
//! changes, drops or moves an entry breaks the chain, and every device of the line has its head. The head is no secret: on
//! paper it proves later what stood here.

use std::collections::VecDeque;

use kuvert_wire::encode_into;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use super::ids::{DeviceKey, Hash};
use crate::limits::MAX_AUDIT;

/// That something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct AuditEntry {
    /// Counts the entries of the line from 0.
    #[n(0)]
    pub number: u64,
    /// [`super::Event::kind`] of what was done.
    #[n(1)]
    pub kind: u16,
    /// By whom.
    #[n(2)]
    pub by: DeviceKey,
    /// When.
    #[n(3)]
    pub at: i64,
    /// Hash of the conversation.
    #[n(4)]
    pub conversation: Option<Hash>,
    /// The hash of the entry before, zeros for the first.
    #[n(5)]
    pub previous: Hash,
    /// The hash over all of this.
    #[n(6)]
    pub hash: Hash,
}

/// The last entries of the log.
#[derive(Clone, Default, Encode, Decode)]
pub struct AuditLog {
    #[n(0)]
    entries: VecDeque<AuditEntry>,
}

/// The number of the first entry that does not fit to the one before it, or to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} of the audit log was not written like this")]
pub struct Tampered {
    /// Its number.
    pub number: u64,
}

impl AuditEntry {
    fn new(previous: Option<&Self>, kind: u16, by: DeviceKey, at: i64, conversation: Option<Hash>) -> Self {
        let number = previous.map_or(0, |entry| entry.number.saturating_add(1));
        let previous = previous.map_or(NOTHING, |entry| entry.hash);
        let mut entry = Self { number, kind, by, at, conversation, previous, hash: NOTHING };
        entry.hash = entry.digest();
        entry
    }

    /// SHA-256 over a label, the previous hash, and everything but the hashes as one CBOR array.
    fn digest(&self) -> Hash {
        let mut said = Vec::with_capacity(128);
        encode_into(&(self.number, self.kind, self.by, self.at, self.conversation), &mut said);
        let digest = Sha256::new()
            .chain_update(b"kuvert desk audit v1")
            .chain_update(self.previous.as_bytes())
            .chain_update(said);
        Hash::new(digest.finalize().into())
    }
}

const NOTHING: Hash = Hash::new([0; 32]);

/// Checks that entries stand as they were written, one behind the other. Returns the head: the hash of the last one. Whether
/// that is the line's, and the first one the first, is for the caller.
///
/// # Errors
/// [`Tampered`] if an entry was changed, or one is missing between two.
pub fn verify(entries: &[AuditEntry]) -> Result<Option<Hash>, Tampered> {
    verify_each(entries.iter())
}

fn verify_each<'a>(entries: impl Iterator<Item = &'a AuditEntry>) -> Result<Option<Hash>, Tampered> {
    let mut last: Option<&AuditEntry> = None;
    for entry in entries {
        let follows = match last {
            Some(last) => last.number.checked_add(1) == Some(entry.number) && last.hash == entry.previous,
            None => entry.number > 0 || entry.previous == NOTHING,
        };
        if !follows || entry.digest() != entry.hash {
            return Err(Tampered { number: entry.number });
        }
        last = Some(entry);
    }
    Ok(last.map(|entry| entry.hash))
}

impl AuditLog {
    /// The entries that are kept, oldest first: the last [`MAX_AUDIT`].
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &AuditEntry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// The hash of the last entry.
    pub fn head(&self) -> Option<Hash> {
        self.entries.back().map(|entry| entry.hash)
    }

    /// The entry with a number, if it is kept.
    pub fn entry(&self, number: u64) -> Option<&AuditEntry> {
        let first = self.entries.front()?.number;
        self.entries.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    /// Checks that the entries stand as they were written.
    ///
    /// # Errors
    /// [`Tampered`] if one was changed, or one is missing between two.
    pub fn verify(&self) -> Result<Option<Hash>, Tampered> {
        verify_each(self.entries())
    }

    /// Writes an entry. Returns its number, and that of one that is not kept any more.
    pub(super) fn append(
        &mut self,
        kind: u16,
        by: DeviceKey,
        at: i64,
        conversation: Option<Hash>,
    ) -> (u64, Option<u64>) {
        let entry = AuditEntry::new(self.entries.back(), kind, by, at, conversation);
        self.entries.push_back(entry);
        let gone = if self.entries.len() > MAX_AUDIT { self.entries.pop_front() } else { None };
        (entry.number, gone.map(|entry| entry.number))
    }

    /// Puts an entry behind the others, as it was written down.
    pub(super) fn restore(&mut self, entry: AuditEntry) {
        self.entries.push_back(entry);
    }

    pub(super) fn is_within_bounds(&self) -> bool {
        self.entries.len() <= MAX_AUDIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(count: usize) -> AuditLog {
        let mut log = AuditLog::default();
        for at in 0..count {
            log.append(257, DeviceKey::new([1; 32]), at as i64, Some(Hash::new([2; 32])));
        }
        log
    }

    fn entries(count: usize) -> Vec<AuditEntry> {
        log(count).entries().copied().collect()
    }

    #[test]
    fn what_was_written_is_found_intact() {
        assert_eq!(verify(&[]), Ok(None));
        assert_eq!(verify(&entries(5)), Ok(log(5).head()));
        assert_eq!(verify(&entries(5)[2..]), Ok(log(5).head()), "older ones may be gone");
    }

    #[test]
    fn every_change_of_an_entry_is_found() {
        let changes: [fn(&mut AuditEntry); 6] = [
            |entry| entry.number += 1,
            |entry| entry.kind += 1,
            |entry| entry.by = DeviceKey::new([9; 32]),
            |entry| entry.at -= 1,
            |entry| entry.conversation = None,
            |entry| entry.previous = Hash::new([9; 32]),
        ];
        for change in changes {
            let mut changed = entries(5);
            change(&mut changed[2]);
            assert!(verify(&changed).is_err());
            assert!(verify(&changed[2..]).is_err(), "also of the oldest one");
            // Who writes the entry's hash anew breaks the next one.
            changed[2].hash = changed[2].digest();
            assert!(verify(&changed).is_err());
        }
        let mut changed = entries(5);
        changed[4].hash = NOTHING;
        assert_eq!(verify(&changed), Err(Tampered { number: 4 }));
    }

    #[test]
    fn an_entry_that_was_dropped_moved_or_doubled_is_found() {
        let mut dropped = entries(5);
        dropped.remove(2);
        assert_eq!(verify(&dropped), Err(Tampered { number: 3 }));
        let mut moved = entries(5);
        moved.swap(1, 2);
        assert!(verify(&moved).is_err());
        let mut doubled = entries(5);
        doubled.insert(3, doubled[2]);
        assert!(verify(&doubled).is_err());
        assert_ne!(verify(&entries(4)), Ok(log(5).head()), "a shorter log has another head");
    }

    #[test]
    fn only_the_last_entries_are_kept() {
        let log = log(MAX_AUDIT + 2);
        assert_eq!(log.entries().len(), MAX_AUDIT);
        assert_eq!(log.entry(1), None);
        assert_eq!(log.entry(2).map(|entry| entry.number), Some(2));
        assert_eq!(log.entry(MAX_AUDIT as u64 + 2), None);
        assert_eq!(log.verify(), Ok(log.head()));
    }
}
