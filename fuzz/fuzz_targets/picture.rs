#![no_main]
//! Pictures of any kind: nothing panics, nothing grows, and what was cleaned once is clean.

use kuvert_content::{PictureKind, clean};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(kind) = PictureKind::of(bytes) else { return };
    if let Ok(cleaned) = clean(kind, bytes) {
        assert!(cleaned.bytes.len() <= bytes.len() + 64);
        assert_eq!(PictureKind::of(&cleaned.bytes), Some(kind));
        assert_eq!(clean(kind, &cleaned.bytes).as_ref(), Ok(&cleaned));
    }
});
