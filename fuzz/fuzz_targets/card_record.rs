//! What anybody may put at a card's path.

#![no_main]

use kuvert_wire::{CardDeletion, CardId, CardRecord, decode, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = decode::<CardRecord>(bytes, limits::MAX_CARD) {
        let _ = CardRecord::verified(CardId::of(&record.owner), bytes);
    }
    if let Ok(deletion) = decode::<CardDeletion>(bytes, limits::MAX_CARD) {
        let _ = CardDeletion::verified(CardId::of(&deletion.owner), bytes);
    }
});
