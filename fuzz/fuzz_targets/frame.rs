//! What crosses a session: decoding never panics, and what was decoded encodes to something that decodes alike.

#![no_main]

use kuvert_wire::{ClientFrame, RelayFrame, decode, encode, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = decode::<ClientFrame>(bytes, limits::MAX_FRAME) {
        assert_eq!(decode::<ClientFrame>(&encode(&frame), usize::MAX), Ok(frame));
    }
    if let Ok(frame) = decode::<RelayFrame>(bytes, limits::MAX_FRAME) {
        assert_eq!(decode::<RelayFrame>(&encode(&frame), usize::MAX), Ok(frame));
    }
});
