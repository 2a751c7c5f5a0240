//! What a message says, as a member may send it.

#![no_main]

use kuvert_content::Content;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(content) = Content::decode(bytes) {
        let _ = content.meaning();
        let _ = content.id("kuvert:a", "kuvert:direct:a:b");
        assert_eq!(content.encode(), bytes, "what is decoded encodes to the same bytes");
    }
});
