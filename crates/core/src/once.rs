//! A command that is given again, because its first answer may have been lost in a crash, is carried out once.
//!
//! Who gives commands numbers them. With the effect of a command, the same transaction writes down its number (CORE-1), so
//! that a crash at any moment leaves both or neither.

use kuvert_store::{MetaKey, Tx};

use crate::ClientError;

/// Askers that are remembered; the one that asked least recently is forgotten first. A user interface asks again within moments,
/// from the same page.
const ASKERS: usize = 8;
/// Length of one entry: the asker, and its last number.
const ENTRY: usize = 16 + 8;

/// Names one command of one user interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Random, and other for every user interface that is started.
    pub asker: [u8; 16],
    /// Counts up from command to command.
    pub number: u64,
}

impl Ticket {
    /// Notes that this command is carried out, in the transaction in which it is. False if it was before: then nothing is to be
    /// done.
    pub(crate) fn take(self, tx: &Tx<'_>) -> Result<bool, ClientError> {
        let stored = tx.meta(MetaKey::Tickets)?.map(|bytes| bytes.to_vec()).unwrap_or_default();
        let Some(bytes) = self.noted(&stored) else { return Ok(false) };
        tx.set_meta(MetaKey::Tickets, &bytes)?;
        Ok(true)
    }

    /// The entries with this ticket, the latest asker first; `None` if it was taken.
    fn noted(self, stored: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = [self.asker.as_slice(), &self.number.to_be_bytes()].concat();
        for entry in stored.chunks_exact(ENTRY) {
            let (asker, number) = entry.split_at(16);
            if asker != self.asker {
                bytes.extend_from_slice(entry);
            } else if number >= self.number.to_be_bytes().as_slice() {
                return None;
            }
        }
        bytes.truncate(ASKERS * ENTRY);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(asker: u8, number: u64) -> Ticket {
        Ticket { asker: [asker; 16], number }
    }

    #[test]
    fn a_number_is_taken_once_and_none_before_it_afterwards() {
        let stored = ticket(1, 7).noted(&[]).expect("the first");
        assert_eq!(ticket(1, 7).noted(&stored), None);
        assert_eq!(ticket(1, 6).noted(&stored), None);
        assert!(ticket(1, 8).noted(&stored).is_some());
        assert!(ticket(2, 1).noted(&stored).is_some(), "others count for themselves");
        assert!(ticket(1, 256).noted(&ticket(1, 255).noted(&stored).expect("later")).is_some());
    }

    #[test]
    fn the_least_recent_asker_is_forgotten_first() {
        let last = u8::try_from(ASKERS).expect("few");
        let stored =
            (0..=last).fold(Vec::new(), |stored, asker| ticket(asker, 1).noted(&stored).expect("new"));
        assert_eq!(stored.len(), ASKERS * ENTRY);
        assert!(ticket(0, 1).noted(&stored).is_some(), "the first one is forgotten");
        assert_eq!(ticket(1, 1).noted(&stored), None);
        assert_eq!(ticket(last, 1).noted(&stored), None);
    }
}
