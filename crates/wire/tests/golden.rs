//! The encoding, byte for byte. What stands in `vectors.json` was published and must be read for ever; after an
//! addition, `KUVERT_WRITE_VECTORS=1 cargo test -p kuvert-wire --test golden` writes the file anew: look at the difference.

mod samples;

use std::collections::BTreeMap;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use kuvert_wire::{
    Ack, CardRecord, CardRecordError, ClientFrame, DecodeError, DepositKey, OwnerProof, RelayFrame,
    SealKeyPair, SealedDeposit, SealedEntry, decode, limits, verify_owner_proof,
};
use samples::Sample;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.json")
}

fn vectors() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file()).expect("the vectors are in the repository");
    serde_json::from_str(&text).expect("names and hex")
}

fn vector(name: &str) -> Vec<u8> {
    HEXLOWER.decode(vectors()[name].as_bytes()).expect("hex")
}

#[test]
fn what_is_encoded_is_what_was_published() {
    let samples = samples::all();
    if std::env::var_os("KUVERT_WRITE_VECTORS").is_some() {
        let named: BTreeMap<_, _> = samples.iter().map(|s| (s.name, HEXLOWER.encode(&s.bytes))).collect();
        let text = serde_json::to_string_pretty(&named).expect("text") + "\n";
        std::fs::write(file(), text).expect("written");
    }
    let published = vectors();
    assert_eq!(samples.len(), published.len(), "every sample has its vector");
    for Sample { name, bytes, .. } in &samples {
        assert_eq!(HEXLOWER.encode(bytes), published[*name], "{name}");
    }
}

#[test]
fn the_worked_example_shows_what_was_published() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/example.md");
    let text = std::fs::read_to_string(path).expect("the example is in the repository");
    let text: String = text.split_whitespace().collect();
    for (name, hex) in vectors().iter().filter(|(name, _)| name.starts_with("example_")) {
        assert!(text.contains(hex.as_str()), "{name}");
    }
}

#[test]
fn what_was_published_is_read() {
    for Sample { name, reads, .. } in samples::all() {
        assert!(reads(&vector(name)), "{name}");
    }
}

#[test]
fn fields_that_came_later_are_ignored() {
    // [1, [[5]]] with another field at the end of the frame's content.
    let later = [0x82, 0x01, 0x81, 0x82, 0x05, 0xf5];
    assert_eq!(decode(&later, limits::MAX_FRAME), Ok(ClientFrame::Ack(Ack { seq: 5 })));
    let later = [0x82, 0x03, 0x81, 0x18, 0x2a];
    assert_eq!(decode(&later, limits::MAX_FRAME), Ok(RelayFrame::Live));
}

#[test]
fn a_frame_that_came_later_is_an_error() {
    let unknown = [0x82, 0x18, 0x63, 0x81, 0x81, 0x05];
    assert_eq!(decode::<ClientFrame>(&unknown, limits::MAX_FRAME), Err(DecodeError::Malformed));
    assert_eq!(decode::<RelayFrame>(&unknown, limits::MAX_FRAME), Err(DecodeError::Malformed));
}

#[test]
fn one_value_fills_a_frame() {
    let ack = vector("client_ack");
    let longer = [ack.as_slice(), &[0]].concat();
    assert_eq!(decode::<ClientFrame>(&longer, limits::MAX_FRAME), Err(DecodeError::Trailing));
    let too_large = Err(DecodeError::TooLarge { size: ack.len(), limit: ack.len() - 1 });
    assert_eq!(decode::<ClientFrame>(&ack, ack.len() - 1), too_large);
    assert_eq!(decode::<ClientFrame>(&ack[..ack.len() - 1], limits::MAX_FRAME), Err(DecodeError::Malformed));
}

#[test]
fn published_seals_proofs_and_tokens_hold() {
    let pair = SealKeyPair::from_bytes([0x0c; 32]);
    let sealed = SealedEntry { bytes: vector("sealed_entry") };
    assert_eq!(pair.open(7, &sealed), Ok(samples::deposit_entry()));

    let token = kuvert_wire::Token::from_slice(&vector("token")).expect("48 bytes");
    assert!(DepositKey::new([0x0d; 32]).made(&token));

    let signature = kuvert_wire::Signature::from_slice(&vector("owner_proof")).expect("64 bytes");
    let (owner, challenge) = (samples::owner(), samples::challenge());
    let proof = OwnerProof { origin: samples::ORIGIN, challenge: &challenge };
    assert!(verify_owner_proof(&proof, &owner, &signature));

    let deposit = SealedDeposit { bytes: vector("sealed_deposit") };
    assert_eq!(samples::relay_pair().open(&deposit), Ok(samples::foreign_deposit()));

    let card = vector("card_record");
    let id = kuvert_wire::CardId::of(&owner);
    assert!(CardRecord::verified(id, &card).is_ok());
    let mut changed = card;
    if let Some(byte) = changed.last_mut() {
        *byte ^= 1;
    }
    assert_eq!(CardRecord::verified(id, &changed), Err(CardRecordError::BadSignature));
}
