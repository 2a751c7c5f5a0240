//! A history, written straight into a database: half of it in the first conversation, the rest in many others.

use anyhow::Result;
use kuvert_core::{ContactState, ConversationId, DatabaseKey, Location, MessageState, SenderKind};
use kuvert_store::{Database, MessageKind, NewMessage, StoreError, Tx};

/// Conversations beside the first one.
const OTHERS: u32 = 99;
/// Messages in one transaction.
const BATCH: u32 = 5_000;

/// Writes `messages` messages.
pub(super) fn write(path: &str, key: &DatabaseKey, messages: u32) -> Result<()> {
    let mut db = Database::open(Location::File(path), key)?;
    let first = db.read(|tx| tx.conversations(0))?[0].conversation.id;
    let (others, _) = db.transaction(|tx| {
        (0..OTHERS).map(|n| add_contact(tx, n)).collect::<Result<Vec<ConversationId>, StoreError>>()
    })?;
    let mut number = 0;
    while number < messages {
        let end = messages.min(number + BATCH);
        db.transaction(|tx| {
            for n in number..end {
                let other = others[(n / 2 % OTHERS) as usize];
                add_message(tx, if n % 2 == 0 { first } else { other }, n)?;
            }
            Ok::<_, StoreError>(())
        })?;
        number = end;
    }
    Ok(())
}

fn add_contact(tx: &Tx<'_>, n: u32) -> Result<ConversationId, StoreError> {
    let identity = spread(u64::from(n) + (1 << 40));
    Ok(tx.add_contact(&identity, &format!("Contact {n}"), ContactState::Accepted)?.1)
}

fn add_message(tx: &Tx<'_>, conversation: ConversationId, n: u32) -> Result<(), StoreError> {
    let author = [9; 32];
    let is_own = n % 4 < 2;
    tx.add_message(&NewMessage {
        sender: if is_own { SenderKind::Own } else { SenderKind::Contact },
        author: (!is_own).then_some(&author),
        kind: MessageKind::Text,
        state: if is_own { MessageState::Read } else { MessageState::Received },
        ..NewMessage::own(
            conversation,
            &spread(u64::from(n)),
            &text(n),
            b"",
            1_700_000_000_000 + i64::from(n) * 1000,
        )
    })?;
    Ok(())
}

/// Words as people use them: few often, many seldom.
fn text(n: u32) -> String {
    let word = |at: u32| {
        let bits = (u64::from(n) * 31 + u64::from(at) * 7919).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The smaller, the more frequent.
        let rank = (bits >> 40) % (1 + (bits >> 8) % 20_000);
        format!("wort{rank}")
    };
    (0..12).map(word).collect::<Vec<_>>().join(" ")
}

/// 32 bytes that look random.
fn spread(n: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut state = n;
    for chunk in bytes.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
    }
    bytes
}
