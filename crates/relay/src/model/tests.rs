use ed25519_dalek::SigningKey;
use kuvert_wire::{
    Ack, ClientFrame, Deposit, DepositKey, Entry, InboxId, InboxKeys, Own, OwnerKey, OwnerProof, PostId,
    RelayFrame, SealKeyPair, decode, encode, limits,
};

use super::{ConnectionId, Disk, Fate, Model, Written};

const ORIGIN: &str = "http://here";
const DAY: u32 = 20_000;

fn started(disk: &Disk) -> Model {
    Model::start(ORIGIN, disk, DAY).expect("defaults")
}

struct Owner {
    key: SigningKey,
    seal: SealKeyPair,
    deposit: DepositKey,
}

impl Owner {
    fn new() -> Self {
        let (key, seal) = (SigningKey::from_bytes(&[1; 32]), SealKeyPair::from_bytes([1; 32]));
        Self { key, seal, deposit: DepositKey::new([1; 32]) }
    }

    fn inbox(&self) -> InboxId {
        InboxId::of(&OwnerKey::new(self.key.verifying_key().to_bytes()))
    }

    fn own(&self, model: &mut Model, acknowledged: u64) -> (ConnectionId, Vec<RelayFrame>) {
        let connection = model.connect();
        let frames = said(model, connection);
        let [RelayFrame::Hello(hello)] = frames.as_slice() else { panic!("no greeting: {frames:?}") };
        let owner = OwnerKey::new(self.key.verifying_key().to_bytes());
        let proof = OwnerProof { origin: ORIGIN, challenge: &hello.challenge };
        let signature = proof.sign(&self.key);
        let keys =
            InboxKeys { seal_key: self.seal.public(), deposit_key: self.deposit.clone(), invite: None };
        let own = Own {
            owner,
            origin: ORIGIN.into(),
            signature,
            acknowledged,
            create: Some(keys),
            generation: None,
        };
        model.receive(connection, encode(&ClientFrame::Own(own)));
        model.work();
        let frames = said(model, connection);
        (connection, frames)
    }

    fn deposit(&self, n: u8) -> Vec<u8> {
        let token = self.deposit.token([n; 16]);
        encode(&ClientFrame::Deposit(Deposit {
            id: PostId::new([n; 16]),
            inbox: self.inbox(),
            token,
            body: vec![n],
        }))
    }
}

fn said(model: &mut Model, connection: ConnectionId) -> Vec<RelayFrame> {
    let said = model.take(connection);
    said.frames.iter().map(|frame| decode(frame, limits::MAX_FRAME).expect("a frame")).collect()
}

fn deposits(model: &mut Model, frames: &[Vec<u8>]) -> Vec<RelayFrame> {
    let connection = model.connect();
    said(model, connection);
    for frame in frames {
        model.receive(connection, frame.clone());
    }
    model.work();
    said(model, connection)
}

#[test]
fn what_was_accepted_outlives_a_crash_and_what_was_not_worked_off_does_not() {
    // RELAY-1
    let (disk, owner) = (Disk::default(), Owner::new());
    let mut model = started(&disk);
    owner.own(&mut model, 0);
    let answers = deposits(&mut model, &[owner.deposit(1)]);
    assert!(matches!(answers.as_slice(), [RelayFrame::Accepted { .. }]), "{answers:?}");
    let connection = model.connect();
    model.receive(connection, owner.deposit(2));
    drop(model);

    let mut model = started(&disk);
    let (connection, frames) = owner.own(&mut model, 0);
    let [RelayFrame::Owned(owned), RelayFrame::Entries(entries), RelayFrame::Live] = frames.as_slice() else {
        panic!("not delivered: {frames:?}");
    };
    assert!(!owned.created && entries.first == 1 && entries.sealed.len() == 1);
    assert_eq!(owner.seal.open(1, &entries.sealed[0]), Ok(Entry::Deposit { body: vec![1] }));
    // What is acknowledged is not delivered again.
    model.receive(connection, encode(&ClientFrame::Ack(Ack { seq: 1 })));
    model.work();
    let (_, frames) = owner.own(&mut model, 0);
    assert!(matches!(frames.as_slice(), [RelayFrame::Owned(_), RelayFrame::Live]), "{frames:?}");
    let taken_over = model.take(connection);
    assert!(taken_over.closed && taken_over.frames.len() == 1);
}

#[test]
fn a_sweep_goes_by_the_day_that_it_is_told() {
    let (disk, owner) = (Disk::default(), Owner::new());
    let mut model = started(&disk);
    let (connection, _) = owner.own(&mut model, 0);
    model.disconnect(connection);
    deposits(&mut model, &[owner.deposit(1), owner.deposit(2)]);
    model.set_day(DAY + limits::ENTRY_DAYS);
    model.sweep();
    assert_eq!(model.entries_lost(), 0);
    model.set_day(DAY + limits::ENTRY_DAYS + 1);
    model.sweep();
    assert_eq!(model.entries_lost(), 2);
}

#[test]
fn a_full_disk_makes_the_relay_busy_and_a_lying_one_forgets() {
    let (disk, owner) = (Disk::default(), Owner::new());
    let mut model = started(&disk);
    let (connection, _) = owner.own(&mut model, 0);
    disk.set_full(true);
    let answers = deposits(&mut model, &[owner.deposit(1)]);
    assert!(matches!(answers.as_slice(), [RelayFrame::Refused { .. }]), "{answers:?}");
    // Owning works all the same.
    let (_, frames) = owner.own(&mut model, 0);
    assert!(matches!(frames.first(), Some(RelayFrame::Owned(_))), "{frames:?}");
    disk.set_full(false);
    model.disconnect(connection);
    disk.meddle(Box::new(|batch| {
        let fate = |written: &Written<'_>| if written.table == "repeats" { Fate::Lost } else { Fate::Kept };
        batch.iter().map(fate).collect()
    }));
    deposits(&mut model, &[owner.deposit(1)]);
    deposits(&mut model, &[owner.deposit(1)]);
    let (_, frames) = owner.own(&mut model, 0);
    let [_, RelayFrame::Entries(entries), _] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(entries.sealed.len(), 2, "without memory a repeat is stored twice");
}
