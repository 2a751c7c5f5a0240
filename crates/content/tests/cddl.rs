//! The published shape: every vector is what `docs/protocol/content.cddl` says.

use cddl_cat::cbor::validate_cbor_bytes;
use data_encoding::HEXLOWER;
use kuvert_content::{Body, Content};
use serde_json::Value;

const CDDL: &str = include_str!("../../../docs/protocol/content.cddl");
const VECTORS: &str = include_str!("vectors.json");

#[test]
fn every_vector_is_what_the_cddl_file_says() {
    let file: Value = serde_json::from_str(VECTORS).expect("JSON");
    let mut parts = 0;
    for (name, vector) in file["vectors"].as_object().expect("vectors") {
        let hex = vector["content"].as_str().expect("hex");
        let bytes = HEXLOWER.decode(hex.as_bytes()).expect("hex");
        let valid = validate_cbor_bytes("content", CDDL, &bytes);
        assert!(valid.is_ok(), "{name}: {valid:?}");
        // What stands in parts of Kuvert's own has a rule, too.
        let Body::Single { content_type, content } = Content::decode(&bytes).expect("a content").part.body
        else {
            continue;
        };
        let rule = match content_type.as_str() {
            "application/mimi-message-status" => "report",
            "application/vnd.kuvert.profile+cbor" | "application/vnd.kuvert.acceptance+cbor" => "profile",
            _ => continue,
        };
        let valid = validate_cbor_bytes(rule, CDDL, &content);
        assert!(valid.is_ok(), "{rule} in {name}: {valid:?}");
        parts += 1;
    }
    assert!(parts >= 3, "a report, a profile, an acceptance");
}

#[test]
fn what_the_cddl_file_does_not_say_is_refused() {
    let whole = Content::text([5; 16], "text").encode();
    assert!(validate_cbor_bytes("content", CDDL, &whole).is_ok());
    assert!(validate_cbor_bytes("content", CDDL, &whole[..whole.len() - 1]).is_err());
    assert!(validate_cbor_bytes("report", CDDL, &whole).is_err());
    // A salt of fifteen bytes.
    let short = [&whole[..1], &[0x4f], &whole[3..]].concat();
    assert!(validate_cbor_bytes("content", CDDL, &short).is_err());
}
