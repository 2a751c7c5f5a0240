//! RELAY-4: what lies at the relay says nothing.

use std::fs;
use std::path::Path;

use crate::support::{Person, Relay};

/// Unused space is zero, and long.
const BLOCK: usize = 4096;

/// What is written in a file.
fn written(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("readable");
    let blocks: Vec<&[u8]> =
        bytes.chunks(BLOCK).filter(|block| *block != &[0; BLOCK][..block.len()]).collect();
    blocks.concat()
}

pub(crate) fn files(dir: &Path, into: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("an entry").path();
        let kind = fs::metadata(&path).expect("there").file_type();
        if kind.is_dir() {
            files(&path, into);
        } else if kind.is_file() {
            // The control socket holds nothing.
            into.push(written(&path));
        }
    }
}

#[test]
fn a_waiting_message_leaves_no_text_and_no_name_in_the_relays_files() {
    // RELAY-4
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("relay");
    let relay = Relay::start(&data, &[]);
    let alice = Person::new(&dir, "a", "Annabella Probe", &relay.origin());
    let bob = Person::new(&dir, "b", "Bertram Muster", &relay.origin());
    alice.befriend(&bob);
    alice.send(&bob, "meet me at the old lighthouse");
    let mut held = Vec::new();
    files(&data, &mut held);
    assert!(held.iter().map(Vec::len).sum::<usize>() > 10_000, "the envelopes are there");
    let (alice_id, bob_id) = (alice.id.as_str(), bob.id.as_str());
    let bare = [alice_id.replace('-', ""), bob_id.replace('-', "")];
    for secret in [
        "Annabella",
        "Bertram",
        "meet me at",
        "lighthouse",
        "I would like",
        alice_id,
        bob_id,
        &bare[0],
        &bare[1],
    ] {
        let is_held = |file: &Vec<u8>| file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!held.iter().any(is_held), "{secret}");
    }
    assert_eq!(bob.hear(2)[1], "meet me at the old lighthouse");
}
