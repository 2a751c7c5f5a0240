//! Sessions of a relay, fed arbitrary bytes and requests of devices that behave as badly as they can.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kuvert_relay::fuzzing::session(bytes);
});
