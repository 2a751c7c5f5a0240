//! The published shape: every golden vector is what `docs/protocol/wire.cddl` says.

mod samples;

use std::collections::{BTreeMap, BTreeSet};

use cddl_cat::cbor::validate_cbor_bytes;
use data_encoding::HEXLOWER;

const CDDL: &str = include_str!("../../../docs/protocol/wire.cddl");
const VECTORS: &str = include_str!("vectors.json");

fn vectors() -> BTreeMap<String, Vec<u8>> {
    let hex: BTreeMap<String, String> = serde_json::from_str(VECTORS).expect("names and hex");
    hex.into_iter().map(|(name, hex)| (name, HEXLOWER.decode(hex.as_bytes()).expect("hex"))).collect()
}

/// The rule that a vector follows; `None` for bytes that are not CBOR by themselves.
fn rule(name: &str) -> Option<&str> {
    Some(match name {
        "relay_info" => "relay-info",
        "fanout" => "fanout",
        "card_record" => "card-record",
        "card_deletion" => "card-deletion",
        "foreign_deposit" => "foreign-deposit",
        "sealed_deposits" => "sealed-deposits",
        "deposit_results" => "deposit-results",
        "example_12_entry" => "entry",
        "example_03_own" | "example_07_deposit" | "example_13_ack" | "example_14_set_push" => "client-frame",
        "example_01_hello"
        | "example_04_owned"
        | "example_05_live"
        | "example_08_accepted"
        | "example_09_entries" => "relay-frame",
        "blob_secret_hash" | "card_id" | "inbox_id" | "invite_hash" | "owner_proof" | "post_secret_hash"
        | "sealed_deposit" | "sealed_entry" | "token" | "example_02_signed" | "example_06_token"
        | "example_10_shared" | "example_11_key" => return None,
        name if name.starts_with("client_") => "client-frame",
        name if name.starts_with("relay_") => "relay-frame",
        name if name.starts_with("entry_") => "entry",
        name => panic!("{name} follows no rule of the CDDL file: say which"),
    })
}

/// The number in front of a frame or entry: `[number, [...]]`.
fn number(bytes: &[u8]) -> u8 {
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.array().expect("an array");
    decoder.u8().expect("a number")
}

/// The numbers of a choice of frames in the CDDL file.
fn numbers(rule: &str) -> BTreeSet<u8> {
    let from = CDDL.find(&format!("\n{rule} = ")).expect("a rule") + rule.len();
    let text = CDDL[from..].split("\n\n").next().expect("its text");
    let heads = text.lines().filter_map(|line| line.split_once('[')?.1.split_once(','));
    heads.map(|(number, _)| number.trim().parse().expect("a number")).collect()
}

#[test]
fn every_vector_is_what_the_cddl_file_says() {
    for (name, bytes) in vectors() {
        if let Some(rule) = rule(&name) {
            let valid = validate_cbor_bytes(rule, CDDL, &bytes);
            assert!(valid.is_ok(), "{name} as {rule}: {valid:?}");
        }
    }
}

#[test]
fn what_the_cddl_file_does_not_say_is_refused() {
    let all = vectors();
    let invalid = |rule: &str, bytes: &[u8]| validate_cbor_bytes(rule, CDDL, bytes).is_err();
    for (name, bytes) in &all {
        match rule(name) {
            Some("client-frame") => {
                assert!(invalid("relay-info", bytes) && invalid("entry", bytes), "{name}")
            }
            Some("relay-frame") => assert!(invalid("foreign-deposit", bytes), "{name}"),
            _ => {}
        }
    }
    // An id that is a byte short, and a number that no frame has.
    let post = &all["client_post"];
    let id = [[0x50].as_slice(), &[1; 16]].concat();
    let at = post.windows(id.len()).position(|bytes| bytes == id).expect("an id");
    let short = [&post[..at], &[0x4f], &post[at + 2..]].concat();
    assert!(invalid("client-frame", &short));
    let mut unknown = all["client_ack"].clone();
    unknown[1] = 0x17;
    assert!(invalid("client-frame", &unknown));
}

#[test]
fn every_frame_and_entry_of_the_cddl_file_has_a_vector() {
    for choice in ["client-frame", "relay-frame", "entry"] {
        let seen: BTreeSet<u8> = vectors()
            .iter()
            .filter(|(name, _)| rule(name) == Some(choice))
            .map(|(_, bytes)| number(bytes))
            .collect();
        assert_eq!(seen, numbers(choice), "{choice}");
    }
    assert_eq!(vectors().len(), samples::all().len(), "and every sample is one of them");
}
