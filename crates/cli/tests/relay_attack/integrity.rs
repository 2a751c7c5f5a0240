//! Attempts at what belongs to others, and at having things twice.

use kuvert_wire::{ChannelId, ClientFrame, Entry, ErrorCode, Own, RelayFrame};

use crate::raw::{Came, Raw, framed};
use crate::support::{Connection, Conversation, Device, ack, id, origin};
use crate::target::{IDLE, Target};

#[tokio::test]
async fn a_proof_of_ownership_serves_nobody_a_second_time() {
    let relay = Target::new();
    let alice = Device::new(1);
    let mut session = Raw::open(relay.address).await;
    let mut other = Connection::open(relay.address).await;
    let mut eavesdropped = Connection::open(relay.address).await;
    let proof = alice.proof(&origin(relay.address), &eavesdropped.challenge, 0, true);
    assert!(matches!(eavesdropped.ask(&proof).await, RelayFrame::Owned(_)));
    let bad = RelayFrame::Error { code: ErrorCode::BadProof };
    assert_eq!(other.ask(&proof).await, bad, "another connection has another challenge");
    session.write(&framed(&proof)).await;
    assert_eq!(session.next().await, Came::Frame(bad.clone()));
    // A proof with somebody else's key in it.
    let ClientFrame::Own(own) = proof else { panic!("a proof") };
    let ClientFrame::Own(mallory) = Device::new(2).proof(&origin(relay.address), &other.challenge, 0, true)
    else {
        panic!("a proof")
    };
    let stolen = ClientFrame::Own(Own { owner: own.owner, ..mallory });
    assert_eq!(other.ask(&stolen).await, bad);
    // For another relay.
    let elsewhere = alice.proof("http://elsewhere", &other.challenge, 0, true);
    assert_eq!(other.ask(&elsewhere).await, bad);
    // The owner was not disturbed by any of it.
    assert_eq!(eavesdropped.receive().await, RelayFrame::Live);
    assert_eq!(eavesdropped.ask(&own_packages()).await, RelayFrame::Accepted { id: id(7), seq: 0 });
    relay.expect_calm(IDLE).await;
}

fn own_packages() -> ClientFrame {
    let one_time = vec![vec![1; 10].into()];
    ClientFrame::PutKeyPackages(kuvert_wire::PutKeyPackages {
        id: id(7),
        one_time,
        last_resort: None,
        replaces: None,
    })
}

#[tokio::test]
async fn nobody_acknowledges_what_is_another_inboxs_or_was_not_sent() {
    // RELAY-2
    let relay = Target::new();
    let (alice, mallory) = (Device::new(1), Device::new(2));
    drop(alice.connect(relay.address, 0).await);
    let mut sender = Connection::open(relay.address).await;
    for n in 1..=5 {
        sender.ask(&alice.deposit(id(n), &[n as u8])).await;
    }
    let (mut session, _) = mallory.connect(relay.address, u64::MAX).await;
    for seq in [1, 5, u64::MAX] {
        let _ = session.try_send(&ack(seq)).await;
    }
    drop(session);
    // An anonymous session, and one that has not proven anything.
    sender.send(&ack(5)).await;
    sender.expect_error(ErrorCode::WrongSession).await;
    let mut undecided = Connection::open(relay.address).await;
    undecided.send(&ack(5)).await;
    undecided.expect_error(ErrorCode::WrongSession).await;

    let (mut session, owned) = alice.connect(relay.address, 0).await;
    assert_eq!(owned.acknowledged, 0);
    let found: Vec<Entry> = alice.drain(&mut session).await.into_iter().map(|(_, entry)| entry).collect();
    assert!(found.iter().eq(&(1..=5).map(|n| Entry::Deposit { body: vec![n] }).collect::<Vec<_>>()));
    // Who claims to hold what never was does not make it go before it comes.
    drop(session);
    let (mut ahead, _) = mallory.connect(relay.address, u64::MAX).await;
    sender.ask(&mallory.deposit(id(9), b"later")).await;
    let found = mallory.collect_any(&mut ahead).await;
    assert_eq!(found, Entry::Deposit { body: b"later".to_vec() });
    relay.expect_calm(IDLE).await;
}

impl Device {
    /// The next entry, whatever its seq.
    async fn collect_any(&self, session: &mut Connection) -> Entry {
        loop {
            if let RelayFrame::Entries(entries) = session.receive().await {
                return self.seal.open(entries.first, &entries.sealed[0]).expect("opens for its owner");
            }
        }
    }
}

#[tokio::test]
async fn a_commit_counts_once_however_often_the_relay_is_killed_between_its_repeats() {
    // RELAY-1, RELAY-3
    const EPOCHS: u64 = 8;
    let dir = tempfile::tempdir().expect("a directory");
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    let (alice, conversation) = (Device::new(1), Conversation(ChannelId::new([9; 16])));
    let flags = ["--origin", "http://relay.test"];
    let own = async |relay: &Target, held| {
        let mut session = Connection::open(relay.address).await;
        let proof = alice.proof("http://relay.test", &session.challenge, held, true);
        assert!(matches!(session.ask(&proof).await, RelayFrame::Owned(_)));
        session
    };
    {
        let relay = Target::over(&data, &log, &flags);
        drop(own(&relay, 0).await);
        Connection::open(relay.address).await.ask(&conversation.create(id(0), &[&alice])).await;
    }
    for epoch in 0..EPOCHS {
        let commit = conversation.commit(id(1 + epoch), epoch, &[&alice]);
        let relay = Target::over(&data, &log, &flags);
        let mut sender = Connection::open(relay.address).await;
        sender.send(&commit).await;
        if epoch % 2 == 0 {
            assert!(matches!(sender.receive().await, RelayFrame::Accepted { .. }));
        }
        relay.kill();
        // Whether or not it was accepted, its repeat is; a rival is told where the channel is.
        let relay = Target::over(&data, &log, &flags);
        let mut sender = Connection::open(relay.address).await;
        let accepted = RelayFrame::Accepted { id: id(1 + epoch), seq: 1 + epoch };
        assert_eq!(sender.ask(&commit).await, accepted);
        let rival = conversation.commit(id(1000 + epoch), epoch, &[&alice]);
        let conflict =
            RelayFrame::Refused { id: id(1000 + epoch), code: ErrorCode::Conflict, epoch: Some(epoch + 1) };
        assert_eq!(sender.ask(&rival).await, conflict);
        relay.kill();
    }
    let relay = Target::over(&data, &log, &flags);
    let mut session = own(&relay, 0).await;
    let found = alice.drain(&mut session).await;
    assert_eq!(found.len() as u64, EPOCHS);
    for (place, (seq, entry)) in (0..).zip(&found) {
        assert_eq!(*seq, place + 1);
        assert!(matches!(entry, Entry::Commit { seq, epoch, .. } if (*seq, *epoch) == (place + 1, place)));
    }
    drop(session);
    tokio::task::spawn_blocking(|| relay.stop()).await.expect("stops");
}
