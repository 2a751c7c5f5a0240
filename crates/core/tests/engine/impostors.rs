//! Others in the place of who one means: a relay in league with somebody who has the link.

use kuvert_core::{Command, Event, MessageState};
use kuvert_mls::{Delivery, Device, DeviceCertificate, DeviceRole, EngineRng, Group, Identity, Provider};
use kuvert_store::{Database, DatabaseKey, Location, StoreError};
use kuvert_wire::{CardId, CardRecord, DepositKey, InboxId, SecretBoxKey, derive_key};
use openmls_rust_crypto::RustCrypto;

use crate::relay::ORIGIN;
use crate::world::{ALICE, BOB, World};

/// The introduction key on a card, as everybody reads it who has the link.
fn introduction_key(link: &str, record: &[u8]) -> [u8; 32] {
    let (address, secret) = link.split_once('#').expect("a secret");
    let id = CardId::from_text(address.rsplit('/').next().expect("a card")).expect("an id");
    let secret = data_encoding::BASE64URL_NOPAD.decode(secret.as_bytes()).expect("base64url");
    let record = CardRecord::verified(id, record).expect("a card");
    let key = SecretBoxKey::new(&derive_key(&secret, "kuvert card key v1", id.as_bytes()));
    let card = key.open(b"kuvert card v1", &record.ciphertext).expect("opens");
    // [identity, name, [[relay, inbox, token, introduction key]], signature]
    let mut card = minicbor::Decoder::new(&card);
    card.array().expect("a card");
    card.skip().expect("identity");
    card.skip().expect("name");
    card.array().expect("devices");
    card.array().expect("a device");
    for _ in 0..3 {
        card.skip().expect("relay, inbox, token");
    }
    card.bytes().expect("a key").try_into().expect("32 bytes")
}

/// A key package of Mallory, sealed as if Alice had made it.
fn package_of_mallory(introduction_key: &[u8; 32]) -> Vec<u8> {
    let mallory = Identity::from_seed(&[66; 32]);
    let key = [67; 32];
    let certificate =
        DeviceCertificate::sign(&mallory, Device::public_key(&key), DeviceRole::Owner, "", 0..u64::MAX);
    let device = Device::new(&key, &certificate.to_bytes()).expect("Mallory's own device");
    let delivery = Delivery {
        relay: ORIGIN.into(),
        inbox: InboxId::new([66; 16]),
        token: DepositKey::new([66; 32]).token([1; 16]),
        not_after: u64::MAX,
        relay_key: None,
        own_relay_only: None,
        renewed: None,
        recovery: device.recovery_key(),
        name: "Mallory".into(),
    };
    let mut db = Database::open(Location::Memory, &DatabaseKey::new([66; 32])).expect("opens");
    let (package, _) = db
        .transaction(|tx| {
            let (crypto, rng) = (RustCrypto::default(), EngineRng::new([66; 32]));
            let provider = Provider { crypto: &crypto, rng: &rng, storage: tx.mls() };
            Ok::<_, StoreError>(Group::make_package(&provider, &device, &delivery, false).expect("makes"))
        })
        .expect("commits");
    kuvert_mls::introduction_box(introduction_key, "kuvert key package v1").seal(
        &[1; 24],
        b"",
        &package.bytes,
    )
}

#[test]
fn a_key_package_of_somebody_else_gets_no_message() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let link = world.link(ALICE);
    let (address, _) = link.split_once('#').expect("a secret");
    let card = CardId::from_text(address.rsplit('/').next().expect("a card")).expect("an id");
    let record = world.relay.get_card(card).expect("stored");
    let inbox = world.devices[ALICE].inbox();
    world.relay.put_first(inbox, package_of_mallory(&introduction_key(&link, &record)));

    world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(BOB, Command::Request { link, text: "for Alice only".into() }).expect("requests");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
    assert!(world.devices[BOB].events.contains(&Event::Dropped("a key package is not the contact's")));
    assert!(world.relay.bodies.is_empty(), "nothing was posted");
}
