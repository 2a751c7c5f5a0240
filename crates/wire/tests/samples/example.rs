//! One short story in bytes: a device makes its inbox, somebody deposits an envelope, the device opens it. What
//! `docs/protocol/example.md` tells.

use ed25519_dalek::Signer;
use kuvert_wire::{
    Ack, ClientFrame, Deposit, DepositKey, Entries, Entry, EntrySealer, Generation, Hello, InboxId,
    InboxKeys, Own, Owned, OwnerProof, PostId, RelayFrame, SealKeyPair, SetPush, derive_key, encode, limits,
};
use x25519_dalek::{PublicKey, StaticSecret};

use super::{ORIGIN, Sample, challenge, owner, plain, sample, signing_key, subscription};

/// What the owner signs, put together as `docs/protocol/relay.md` says it.
fn signed() -> Vec<u8> {
    let length = (ORIGIN.len() as u64).to_be_bytes();
    [b"kuvert owner v1", length.as_slice(), ORIGIN.as_bytes(), challenge().as_bytes(), owner().as_bytes()]
        .concat()
}

pub(super) fn story() -> Vec<Sample> {
    let challenge = challenge();
    let signature = OwnerProof { origin: ORIGIN, challenge: &challenge }.sign(&signing_key());
    assert_eq!(signing_key().sign(&signed()).to_bytes(), *signature.as_bytes());
    let seal = SealKeyPair::from_bytes([0x0c; 32]);
    let deposit_key = DepositKey::new([0x0d; 32]);
    let inbox = InboxId::of(&owner());
    let keys = InboxKeys { seal_key: seal.public(), deposit_key: deposit_key.clone(), invite: None };
    let (owner, origin) = (owner(), ORIGIN.to_owned());
    let own = Own { owner, origin, signature, acknowledged: 0, create: Some(keys), generation: None };
    let generation = Generation::new([0x14; 8]);
    let owned = Owned {
        created: true,
        key_packages: 0,
        last_resort: false,
        acknowledged: 0,
        generation,
        relay_key: None,
        push_key: None,
        subscribed: None,
    };
    let token = deposit_key.token([0x04; 16]);
    let (id, body) = (PostId::new([0x01; 16]), b"envelope".to_vec());
    let deposit = Deposit { id, inbox, token: token.clone(), body: body.clone() };

    let entry = Entry::Deposit { body };
    let sealed = EntrySealer::new(&[0x10; 32], inbox, &seal.public()).seal(1, &entry);
    let mut ephemeral = [0; 32];
    ephemeral.copy_from_slice(&sealed.bytes[..32]);
    let shared = StaticSecret::from([0x0c; 32]).diffie_hellman(&PublicKey::from(ephemeral));
    let info = [ephemeral.as_slice(), seal.public().as_bytes()].concat();
    let key = derive_key(shared.as_bytes(), "kuvert entry v1", &info);
    assert_eq!(seal.open(1, &sealed).as_ref(), Ok(&entry));
    vec![
        sample("example_01_hello", RelayFrame::Hello(Hello { version: limits::PROTOCOL_VERSION, challenge })),
        plain("example_02_signed", signed()),
        sample("example_03_own", ClientFrame::Own(own)),
        sample("example_04_owned", RelayFrame::Owned(owned)),
        sample("example_05_live", RelayFrame::Live),
        plain("example_06_token", token.as_bytes().to_vec()),
        sample("example_07_deposit", ClientFrame::Deposit(deposit)),
        sample("example_08_accepted", RelayFrame::Accepted { id, seq: 0 }),
        sample("example_09_entries", RelayFrame::Entries(Entries { first: 1, sealed: vec![sealed] })),
        plain("example_10_shared", shared.as_bytes().to_vec()),
        plain("example_11_key", key.to_vec()),
        plain("example_12_entry", encode(&entry)),
        sample("example_13_ack", ClientFrame::Ack(Ack { seq: 1 })),
        sample(
            "example_14_set_push",
            ClientFrame::SetPush(SetPush { id, subscription: Some(subscription()) }),
        ),
    ]
}
