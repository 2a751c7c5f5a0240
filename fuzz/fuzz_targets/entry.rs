//! What waits in an inbox, and the fan-out lists that lead there.

#![no_main]

use kuvert_wire::{Entry, Fanout, SealKeyPair, SealedEntry, decode, encode, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = decode::<Entry>(bytes, limits::MAX_FRAME) {
        assert_eq!(decode::<Entry>(&encode(&entry), usize::MAX), Ok(entry));
    }
    if let Ok(fanout) = decode::<Fanout>(bytes, limits::MAX_FANOUT) {
        let _ = fanout.is_within_limits();
    }
    let _ = SealKeyPair::from_bytes([1; 32]).open(1, &SealedEntry { bytes: bytes.to_vec() });
});
