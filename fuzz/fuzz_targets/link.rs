//! What people paste, and what stands in credentials and on the bridge to the page.

#![no_main]

use kuvert_core::Link;
use kuvert_core::moving::MoveLink;
use kuvert_mls::{DeviceCertificate, KuvertId, unpad};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(link) = Link::parse(text) {
            assert_eq!(Link::parse(&link.to_string()), Ok(link));
        }
        if let Ok(link) = MoveLink::parse(text) {
            assert_eq!(MoveLink::parse(&link.to_string()), Ok(link));
        }
        if let Ok(id) = KuvertId::parse(text) {
            assert_eq!(KuvertId::parse(&id.to_string()), Ok(id));
        }
    }
    let _ = DeviceCertificate::verified(bytes, &[1; 32]);
    let _ = kuvert_view::decode_command(bytes);
    let _ = kuvert_view::decode_update(bytes);
    let _ = unpad(bytes);
});
