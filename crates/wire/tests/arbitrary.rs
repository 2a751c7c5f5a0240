//! Decoding holds against any bytes, and gives back what was encoded.

mod samples;

use kuvert_wire::{
    CardDeletion, CardId, CardRecord, ClientFrame, Deposit, DepositResults, Entries, Entry, ErrorCode,
    Fanout, ForeignDeposit, InboxId, Post, PostId, RelayFrame, SealedDeposits, SealedEntry, decode, encode,
    limits,
};
use proptest::prelude::*;

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

fn any_client_frame() -> impl Strategy<Value = ClientFrame> {
    let deposit = (any::<[u8; 16]>(), any::<[u8; 16]>(), proptest::array::uniform32(any::<u8>()), bytes(600))
        .prop_map(|(id, inbox, key, body)| {
            let token = kuvert_wire::DepositKey::new(key).token(id);
            ClientFrame::Deposit(Deposit { id: PostId::new(id), inbox: InboxId::new(inbox), token, body })
        });
    let post = (any::<[u8; 16]>(), any::<u64>(), any::<[u8; 32]>(), bytes(600)).prop_map(
        |(id, epoch, secret, body)| {
            ClientFrame::Post(Post {
                id: PostId::new(id),
                channel: kuvert_wire::ChannelId::new(id),
                epoch,
                secret: kuvert_wire::PostSecret::new(secret),
                fanout_key: kuvert_wire::FanoutKey::new(secret),
                body,
            })
        },
    );
    prop_oneof![deposit, post]
}

fn any_relay_frame() -> impl Strategy<Value = RelayFrame> {
    let sealed = proptest::collection::vec(bytes(200).prop_map(|bytes| SealedEntry { bytes }), 0..20);
    let entries =
        (any::<u64>(), sealed).prop_map(|(first, sealed)| RelayFrame::Entries(Entries { first, sealed }));
    let refused = (any::<[u8; 16]>(), any::<Option<u64>>()).prop_map(|(id, epoch)| RelayFrame::Refused {
        id: PostId::new(id),
        code: ErrorCode::Conflict,
        epoch,
    });
    prop_oneof![entries, refused]
}

/// A published encoding with some bytes changed: gets deeper than chance would.
fn near_misses() -> impl Strategy<Value = Vec<u8>> {
    let published: Vec<Vec<u8>> = samples::all().into_iter().map(|sample| sample.bytes).collect();
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    (prop::sample::select(published), changes).prop_map(|(mut bytes, changes)| {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    })
}

fn decode_all(bytes: &[u8]) {
    let _ = decode::<ClientFrame>(bytes, limits::MAX_FRAME);
    let _ = decode::<RelayFrame>(bytes, limits::MAX_FRAME);
    let _ = decode::<Entry>(bytes, limits::MAX_FRAME);
    let _ = decode::<Fanout>(bytes, limits::MAX_FANOUT);
    let _ = SealedDeposits::from_bytes(bytes);
    let _ = decode::<DepositResults>(bytes, limits::MAX_FOREIGN_ANSWER);
    let _ = decode::<ForeignDeposit>(bytes, limits::MAX_FOREIGN_DEPOSIT);
    let _ = CardRecord::verified(CardId::new([0; 16]), bytes);
    let _ = CardDeletion::verified(CardId::new([0; 16]), bytes);
}

#[test]
fn what_the_fuzzer_found_worth_keeping_is_decoded_or_refused() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/frame");
    let mut replayed = 0;
    for file in std::fs::read_dir(corpus).expect("the corpus is kept") {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("a file");
        decode_all(&bytes);
        if let Ok(frame) = decode::<ClientFrame>(&bytes, limits::MAX_FRAME) {
            assert_eq!(decode::<ClientFrame>(&encode(&frame), usize::MAX), Ok(frame));
        }
        if let Ok(frame) = decode::<RelayFrame>(&bytes, limits::MAX_FRAME) {
            assert_eq!(decode::<RelayFrame>(&encode(&frame), usize::MAX), Ok(frame));
        }
        replayed += 1;
    }
    assert!(replayed > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_decoding_panic(bytes in bytes(1000)) {
        decode_all(&bytes);
    }

    #[test]
    fn no_nearly_right_bytes_make_decoding_panic(bytes in near_misses()) {
        decode_all(&bytes);
    }

    #[test]
    fn a_client_frame_comes_back_as_it_was(frame in any_client_frame()) {
        prop_assert_eq!(decode::<ClientFrame>(&encode(&frame), limits::MAX_FRAME), Ok(frame));
    }

    #[test]
    fn a_relay_frame_comes_back_as_it_was(frame in any_relay_frame()) {
        prop_assert_eq!(decode::<RelayFrame>(&encode(&frame), limits::MAX_FRAME), Ok(frame));
    }
}
