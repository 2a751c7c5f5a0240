//! What was said in a conversation before one more device of the same business line was let in.

use minicbor::{Decode, Encode};

use crate::MessageId;
use crate::limits::{MAX_CONTENT, MAX_HISTORY};

/// Messages of a conversation from before a device could read it, the oldest first: at most [`MAX_HISTORY`]. They are told by
/// another device of the same identity, which vouches for them; nobody else is believed.
///
/// `Debug` shows how many there are.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct History {
    /// The messages.
    #[n(0)]
    pub messages: Vec<Told>,
}

/// A message as it is told to a device that was not there. `Debug` shows nothing of what it says.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Told {
    /// The id that it has on all devices.
    #[n(0)]
    pub id: MessageId,
    /// The device of the own identity that wrote it; `None` for the contact.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub device: Option<[u8; 32]>,
    /// When it was written: milliseconds since 1970.
    #[n(2)]
    pub at: i64,
    /// The content, as it was edited last.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub content: Vec<u8>,
}

impl History {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let history: Self = kuvert_wire::decode(bytes, MAX_CONTENT).ok()?;
        (history.messages.len() <= MAX_HISTORY).then_some(history)
    }
}

impl Told {
    /// Upper bound of what it takes in an encoded history.
    pub fn size(&self) -> usize {
        self.content.len() + TOLD_SIZE
    }
}

/// Upper bound of what a message takes in an encoded history beside its content.
const TOLD_SIZE: usize = 96;

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "History({})", self.messages.len())
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Told({:?}, ..)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, Meaning};

    fn told(number: u8, device: Option<[u8; 32]>, content: Vec<u8>) -> Told {
        Told { id: MessageId::new([number; 32]), device, at: i64::MAX, content }
    }

    #[test]
    fn what_is_told_arrives_as_it_was() {
        let messages = vec![told(1, None, vec![1, 2]), told(2, Some([9; 32]), Vec::new())];
        let history = History { messages };
        let content = Content::history([0; 16], &history);
        let read = Content::decode(&content.encode()).expect("reads");
        assert_eq!(read.meaning(), Meaning::History(history));
    }

    #[test]
    fn a_message_is_never_larger_than_its_size_says() {
        for length in [0, 23, 24, 255, 256, 16_384, 65_000] {
            let one = told(255, Some([255; 32]), vec![0; length]);
            assert!(kuvert_wire::encode(&one).len() <= one.size());
        }
    }

    #[test]
    fn a_history_of_too_many_messages_is_not_read() {
        let history = |count| History { messages: vec![told(0, None, Vec::new()); count] };
        let meaning = |count| {
            let content = Content::history([0; 16], &history(count));
            matches!(content.meaning(), Meaning::History(_))
        };
        assert!(meaning(MAX_HISTORY));
        assert!(!meaning(MAX_HISTORY + 1));
    }
}
