//! Groups, without engine and relay.

mod healing;
mod rules;

use kuvert_mls::{
    Blobs, ChannelAccess, Delivery, Device, DeviceCertificate, DeviceRole, EngineRng, Group, GroupData,
    Identity, IncomingMessage, JoinerPackage, Merged, MlsError, Plan, Provider, SealedCommit,
};
use kuvert_wire::{
    ChannelId, DepositKey, Fanout, FanoutKey, InboxId, RelayAddress, RelayKey, decode, limits,
};
use openmls_memory_storage::MemoryStorage;

const RELAY: &str = "https://relay.example";
const NOW: u64 = 1_800_000_000;

struct Party {
    provider: Provider<'static, MemoryStorage>,
    device: Device,
    seed: u8,
}

impl Party {
    fn new(seed: u8) -> Self {
        Self::valid(seed, 0..NOW + 1_000)
    }

    fn valid(seed: u8, validity: std::ops::Range<u64>) -> Self {
        Self::device_of(seed, seed, DeviceRole::Owner, validity)
    }

    /// One device of an identity.
    fn device_of(identity: u8, seed: u8, role: DeviceRole, validity: std::ops::Range<u64>) -> Self {
        let identity = Identity::from_seed(&[identity; 32]);
        let key = [seed + 100; 32];
        let certificate = DeviceCertificate::sign(&identity, Device::public_key(&key), role, "", validity);
        Self {
            provider: Provider {
                crypto: Box::leak(Box::default()),
                rng: Box::leak(Box::new(EngineRng::new([seed; 32]))),
                storage: MemoryStorage::default(),
            },
            device: Device::new(&key, &certificate.to_bytes()).expect("a valid certificate"),
            seed,
        }
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            relay: RELAY.to_owned(),
            inbox: InboxId::new([self.seed; 16]),
            token: DepositKey::new([self.seed; 32]).token([1; 16]),
            not_after: NOW + 100,
            relay_key: None,
            own_relay_only: None,
            renewed: None,
            recovery: self.device.recovery_key(),
            name: format!("device {}", self.seed),
        }
    }

    fn load(&self, group: &Group) -> Group {
        Group::load(&self.provider.storage, group.channel(), group.key().clone()).expect("loads")
    }

    fn update(&self, group: &mut Group) -> SealedCommit {
        group.stage(&self.provider, &self.device, Plan::default()).expect("stages")
    }

    fn process(&self, group: &mut Group, body: &[u8]) -> Result<Merged, MlsError> {
        group.process_commit(&self.provider, body, &Blobs::new(), NOW)
    }
}

fn pair() -> (Party, Group, Party, Group) {
    let (alice, bob) = (Party::new(1), Party::new(2));
    let data = GroupData::direct(RELAY.into(), [7; 32]);
    let channel = ChannelId::new([5; 16]);
    let mut of_alice =
        Group::create(&alice.provider, &alice.device, channel, data, &alice.delivery()).expect("creates");
    let package = Group::make_package(&bob.provider, &bob.device, &bob.delivery(), false).expect("makes");
    let joiner = JoinerPackage::verified(&alice.provider, &package.bytes, NOW).expect("holds");
    let plan = Plan { add: vec![joiner], ..Plan::default() };
    let commit = of_alice.stage(&alice.provider, &alice.device, plan).expect("stages");
    assert_eq!(of_alice.epoch(), 0, "a staged commit changes nothing");
    of_alice.accept_commit(&alice.provider).expect("accepts");
    let joined =
        Group::join(&bob.provider, &commit.joiners[0].invitation, &Blobs::new(), NOW).expect("joins");
    assert_eq!(joined.inviter, Identity::from_seed(&[1; 32]).key());
    assert_eq!(joined.inviter_name, "device 1");
    let of_bob = joined.group;
    assert_eq!((of_alice.epoch(), of_bob.epoch()), (1, 1));
    (alice, of_alice, bob, of_bob)
}

fn text(message: Result<IncomingMessage, MlsError>) -> String {
    match message.expect("opens") {
        IncomingMessage::Message { plain, .. } => String::from_utf8(plain.to_vec()).expect("text"),
        IncomingMessage::Own => panic!("an own message"),
    }
}

#[test]
fn what_one_seals_the_other_opens_once_and_knows_by_whom() {
    let (alice, mut of_alice, bob, mut of_bob) = pair();
    let sealed = of_alice.seal(&alice.provider, &alice.device, b"hello").expect("seals");
    assert!(matches!(of_alice.open(&alice.provider, &sealed.body), Ok(IncomingMessage::Own)));
    match of_bob.open(&bob.provider, &sealed.body).expect("opens") {
        IncomingMessage::Message { sender, plain, .. } => {
            assert_eq!(sender, Identity::from_seed(&[1; 32]).key());
            assert_eq!(plain.as_slice(), b"hello");
        }
        IncomingMessage::Own => panic!("not own"),
    }
    let again = of_bob.open(&bob.provider, &sealed.body);
    assert!(matches!(again, Err(MlsError::PeerFault(_))), "a message opens once");
}

#[test]
fn a_changed_or_foreign_body_is_refused() {
    let (alice, mut of_alice, bob, mut of_bob) = pair();
    let mut sealed = of_alice.seal(&alice.provider, &alice.device, b"hello").expect("seals");
    let at = sealed.body.len() / 2;
    sealed.body[at] ^= 1;
    for body in [sealed.body.as_slice(), b"", b"short", &[0; 300]] {
        assert!(matches!(of_bob.open(&bob.provider, body), Err(MlsError::PeerFault(_))));
        assert!(matches!(bob.process(&mut of_bob, body), Err(MlsError::PeerFault(_))));
    }
}

#[test]
fn a_pending_commit_is_merged_or_dropped_by_verdict_only() {
    // MLS-1
    let (alice, mut of_alice, bob, mut of_bob) = pair();
    let lost = alice.update(&mut of_alice);
    assert!(of_alice.has_pending_commit());
    assert!(of_alice.seal(&alice.provider, &alice.device, b"x").is_err(), "the epoch may end");
    let won = bob.update(&mut of_bob);
    of_bob.accept_commit(&bob.provider).expect("merges");
    of_alice.drop_commit(&alice.provider).expect("drops");
    alice.process(&mut of_alice, &won.post.body).expect("processes");
    assert_eq!((of_alice.epoch(), of_bob.epoch()), (2, 2));
    assert!(bob.process(&mut of_bob, &lost.post.body).is_err(), "the loser is void");
    let sealed = of_bob.seal(&bob.provider, &bob.device, b"after").expect("seals");
    assert_eq!(text(of_alice.open(&alice.provider, &sealed.body)), "after");
}

#[test]
fn a_group_is_the_same_after_it_was_loaded_again() {
    let (alice, mut of_alice, bob, mut of_bob) = pair();
    for round in 0..3 {
        let said = format!("round {round}");
        let sealed = of_alice.seal(&alice.provider, &alice.device, said.as_bytes()).expect("seals");
        of_bob = bob.load(&of_bob);
        assert_eq!(text(of_bob.open(&bob.provider, &sealed.body)), said);
        of_alice = alice.load(&of_alice);
        let commit = alice.update(&mut of_alice);
        of_alice = alice.load(&of_alice);
        assert!(of_alice.has_pending_commit(), "a pending commit survives");
        of_alice.accept_commit(&alice.provider).expect("merges");
        bob.process(&mut of_bob, &commit.post.body).expect("processes");
    }
}

#[test]
fn the_next_epoch_at_the_relay_is_the_one_that_members_reach() {
    let (alice, mut of_alice, bob, mut of_bob) = pair();
    let commit = alice.update(&mut of_alice);
    bob.process(&mut of_bob, &commit.post.body).expect("processes");
    let post = of_bob.seal(&bob.provider, &bob.device, b"x").expect("seals");
    assert_eq!(commit.next.epoch, post.epoch);
    assert_eq!(commit.next.post_secret, post.secret.hash());
    let list = post.fanout_key.secret_box().open(FanoutKey::CONTEXT, &commit.next.fanout).expect("opens");
    let list: Fanout = decode(&list, limits::MAX_FANOUT).expect("a list");
    let inboxes: Vec<_> = list.targets.iter().map(|target| target.inbox).collect();
    assert_eq!(inboxes, [InboxId::new([1; 16]), InboxId::new([2; 16])]);

    let access = ChannelAccess::open(of_alice.key(), of_alice.channel(), &commit.next.access).expect("opens");
    assert_eq!((access.secret, access.fanout_key), (post.secret, post.fanout_key), "a member that missed it");
    let elsewhere = ChannelAccess::open(of_alice.key(), ChannelId::new([6; 16]), &commit.next.access);
    assert!(matches!(elsewhere, Err(MlsError::PeerFault(_))));
}

#[test]
fn a_leaf_on_another_relay_is_a_target_only_with_the_key_of_its_relay() {
    let mut delivery = Party::new(1).delivery();
    assert_eq!(delivery.target(RELAY).expect("here").relay, None);
    assert!(matches!(delivery.target("https://other.example"), Err(MlsError::PeerFault(_))));
    delivery.relay_key = Some(RelayKey::new([4; 32]));
    let address = RelayAddress { origin: RELAY.to_owned(), key: RelayKey::new([4; 32]) };
    assert_eq!(delivery.target("https://other.example").expect("there").relay, Some(address));
}

#[test]
fn a_key_package_that_is_too_old_or_damaged_is_refused() {
    let (alice, bob) = (Party::new(1), Party::new(2));
    let package = Group::make_package(&bob.provider, &bob.device, &bob.delivery(), true).expect("makes");
    let verified = |bytes: &[u8], now| JoinerPackage::verified(&alice.provider, bytes, now);
    assert!(verified(&package.bytes, NOW).is_ok());
    assert!(matches!(verified(&package.bytes, NOW + 101), Err(MlsError::Ended)));
    let not_yet = Party::valid(3, NOW + 10..NOW + 1_000);
    let early =
        Group::make_package(&not_yet.provider, &not_yet.device, &not_yet.delivery(), true).expect("makes");
    assert!(verified(&early.bytes, NOW).is_err(), "a certificate that is not valid yet");
    assert!(verified(&early.bytes, NOW + 10).is_ok());
    for at in (0..package.bytes.len()).step_by(97) {
        let mut damaged = package.bytes.clone();
        damaged[at] ^= 0x40;
        assert!(verified(&damaged, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn a_certificate_of_somebody_else_opens_no_door() {
    let mallory = Identity::from_seed(&[9; 32]);
    let alice = Identity::from_seed(&[1; 32]);
    let key = Device::public_key(&[50; 32]);
    let mut forged = DeviceCertificate::sign(&mallory, key, DeviceRole::Owner, "", 0..NOW);
    forged.identity = alice.key();
    assert!(Device::new(&[50; 32], &forged.to_bytes()).is_err());
    let of_another = DeviceCertificate::sign(&mallory, key, DeviceRole::Owner, "", 0..NOW);
    assert!(Device::new(&[51; 32], &of_another.to_bytes()).is_err());
}
