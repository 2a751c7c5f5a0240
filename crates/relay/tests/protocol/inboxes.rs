//! Owner sessions: proving, replaying, acknowledging, taking over.

use kuvert_wire::{
    ClientFrame, DeleteInbox, DepositKey, Entry, ErrorCode, Generation, PutKeyPackages, RelayFrame,
    RenewDepositKey, RevokeTokens, TakeKeyPackage, limits,
};

use crate::support::{Connection, Device, ack, id, origin};
use crate::{relay_in, temp};

fn accepted(n: u64) -> RelayFrame {
    RelayFrame::Accepted { id: id(n), seq: 0 }
}

#[tokio::test]
async fn an_envelope_waits_for_its_owner_and_then_comes_live() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut session, owned) = alice.connect(relay.local_addr(), 0).await;
    assert!(owned.created);
    assert_eq!(session.receive().await, RelayFrame::Live);
    drop(session);

    let mut sender = Connection::open(relay.local_addr()).await;
    assert_eq!(sender.ask(&alice.deposit(id(1), b"first")).await, accepted(1));
    let (mut session, owned) = alice.connect(relay.local_addr(), 0).await;
    assert!(!owned.created);
    assert_eq!(alice.collect(&mut session, 1, 1).await, [Entry::Deposit { body: b"first".to_vec() }]);
    assert_eq!(session.receive().await, RelayFrame::Live);
    assert_eq!(sender.ask(&alice.deposit(id(2), b"second")).await, accepted(2));
    assert_eq!(alice.collect(&mut session, 2, 1).await, [Entry::Deposit { body: b"second".to_vec() }]);
    relay.stop().await;
}

#[tokio::test]
async fn only_the_owner_owns_and_only_here_and_now() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let here = origin(relay.local_addr());
    let (alice, bob) = (Device::new(1), Device::new(2));
    let mut session = Connection::open(relay.local_addr()).await;
    let challenge = session.challenge;

    session.send(&alice.proof("https://elsewhere.example", &challenge, 0, true)).await;
    session.expect_error(ErrorCode::BadProof).await;
    session.send(&alice.proof(&here, &kuvert_wire::Challenge::new([0; 32]), 0, true)).await;
    session.expect_error(ErrorCode::BadProof).await;
    let (ClientFrame::Own(mut forged), ClientFrame::Own(other)) =
        (alice.proof(&here, &challenge, 0, true), bob.proof(&here, &challenge, 0, true))
    else {
        panic!("proofs");
    };
    forged.signature = other.signature;
    session.send(&ClientFrame::Own(forged)).await;
    session.expect_error(ErrorCode::BadProof).await;

    session.send(&alice.proof(&here, &challenge, 0, false)).await;
    session.expect_error(ErrorCode::NoSuchInbox).await;
    let owned = session.ask(&alice.proof(&here, &challenge, 0, true)).await;
    assert!(matches!(owned, RelayFrame::Owned(owned) if owned.created));
    relay.stop().await;
}

#[tokio::test]
async fn a_second_session_of_an_inbox_takes_over() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut first, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(first.receive().await, RelayFrame::Live);
    let (mut second, _) = alice.connect(relay.local_addr(), 0).await;
    first.expect_error(ErrorCode::TakenOver).await;
    first.expect_end().await;
    assert_eq!(second.receive().await, RelayFrame::Live);

    let mut sender = Connection::open(relay.local_addr()).await;
    assert_eq!(sender.ask(&alice.deposit(id(1), b"x")).await, accepted(1));
    assert_eq!(alice.collect(&mut second, 1, 1).await.len(), 1);
    relay.stop().await;
}

#[tokio::test]
async fn delivery_pauses_at_the_window_until_it_is_acknowledged() {
    // RELAY-5: DELIVERY_WINDOW
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let total = limits::DELIVERY_WINDOW * 2 + 10;
    let mut sender = Connection::open(relay.local_addr()).await;
    for n in 1..=total {
        sender.send(&alice.deposit(id(n), &n.to_be_bytes())).await;
    }
    for n in 1..=total {
        assert_eq!(sender.receive().await, accepted(n), "answers come in the order of the requests");
    }

    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    let mut received = 0;
    while received < limits::DELIVERY_WINDOW {
        match session.receive().await {
            RelayFrame::Entries(entries) => received += entries.sealed.len() as u64,
            other => panic!("not entries: {other:?}"),
        }
    }
    assert_eq!(received, limits::DELIVERY_WINDOW);
    assert!(session.is_quiet().await, "no more before an acknowledgement");
    session.send(&ack(10)).await;
    let RelayFrame::Entries(entries) = session.receive().await else { panic!("entries") };
    assert_eq!((entries.first, entries.sealed.len()), (limits::DELIVERY_WINDOW + 1, 10));
    session.send(&ack(limits::DELIVERY_WINDOW + 10)).await;
    let rest = alice.drain(&mut session).await;
    assert_eq!(rest.last().map(|(seq, _)| *seq), Some(total));
    relay.stop().await;
}

#[tokio::test]
async fn a_frame_of_entries_keeps_its_bound_in_bytes() {
    // RELAY-5: MAX_ENTRIES_BYTES
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let mut sender = Connection::open(relay.local_addr()).await;
    let body = vec![7; limits::MAX_BODY];
    for n in 1..=8 {
        assert_eq!(sender.ask(&alice.deposit(id(n), &body)).await, accepted(n));
    }
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    let mut received = 0;
    while received < 8 {
        let RelayFrame::Entries(entries) = session.receive().await else { panic!("entries") };
        let size: usize = entries.sealed.iter().map(|sealed| sealed.bytes.len()).sum();
        assert!(size <= limits::MAX_ENTRIES_BYTES);
        received += entries.sealed.len();
    }
    relay.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_never_sent_is_a_bad_frame() {
    // RELAY-2
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(session.receive().await, RelayFrame::Live);
    session.send(&ack(1)).await;
    session.expect_error(ErrorCode::BadFrame).await;
    relay.stop().await;
}

#[tokio::test]
async fn what_waits_survives_a_restart_and_what_was_acknowledged_does_not_come_back() {
    // RELAY-1, RELAY-2
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    let mut sender = Connection::open(relay.local_addr()).await;
    for n in 1..=20 {
        assert_eq!(sender.ask(&alice.deposit(id(n), &[n as u8])).await, accepted(n));
    }
    assert_eq!(session.receive().await, RelayFrame::Live);
    alice.collect(&mut session, 1, 20).await;
    for n in 21..=25 {
        assert_eq!(sender.ask(&alice.deposit(id(n), &[n as u8])).await, accepted(n));
    }
    relay.stop().await;
    sender.expect_error(ErrorCode::Stopping).await;
    sender.expect_end().await;

    let relay = relay_in(dir.path()).await;
    let mut sender = Connection::open(relay.local_addr()).await;
    assert_eq!(sender.ask(&alice.deposit(id(25), &[25])).await, accepted(25), "a repeat after a restart");
    let (mut session, owned) = alice.connect(relay.local_addr(), 0).await;
    assert!(!owned.created);
    let waiting = alice.drain(&mut session).await;
    let expected: Vec<_> = (21..=25).map(|n| (n, Entry::Deposit { body: vec![n as u8] })).collect();
    assert_eq!(waiting, expected);
    relay.stop().await;
}

#[tokio::test]
async fn own_acknowledges_what_the_device_holds_already() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (_, first) = alice.connect(relay.local_addr(), 0).await;
    let mut sender = Connection::open(relay.local_addr()).await;
    for n in 1..=3 {
        sender.ask(&alice.deposit(id(n), &[n as u8])).await;
    }
    for other in [None, Some(Generation::new([0; 8]))] {
        // RELAY-2: the seqs of another generation name other entries.
        let (_, owned) = alice.connect_in(relay.local_addr(), 2, other).await;
        assert_eq!((owned.acknowledged, owned.generation), (0, first.generation));
    }
    relay.stop().await;
    let relay = relay_in(dir.path()).await;
    let (mut session, owned) = alice.connect_in(relay.local_addr(), 2, Some(first.generation)).await;
    assert_eq!((owned.acknowledged, owned.generation), (2, first.generation));
    assert_eq!(alice.drain(&mut session).await, [(3, Entry::Deposit { body: vec![3] })]);
    relay.stop().await;
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_so_are_all_of_an_older_key() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(session.receive().await, RelayFrame::Live);
    let mut sender = Connection::open(relay.local_addr()).await;
    assert_eq!(sender.ask(&alice.deposit(id(1), b"x")).await, accepted(1));
    assert_eq!(alice.collect(&mut session, 1, 1).await.len(), 1);

    let revoke = RevokeTokens { id: id(2), nonces: vec![alice.token().nonce()] };
    assert_eq!(session.ask(&ClientFrame::RevokeTokens(revoke)).await, accepted(2));
    let refused = |n| RelayFrame::Refused { id: id(n), code: ErrorCode::BadToken, epoch: None };
    assert_eq!(sender.ask(&alice.deposit(id(3), b"x")).await, refused(3));

    let renewed = Device { deposit_key: DepositKey::new([9; 32]), ..Device::new(1) };
    let renew = RenewDepositKey { id: id(4), deposit_key: renewed.deposit_key.clone() };
    assert_eq!(session.ask(&ClientFrame::RenewDepositKey(renew)).await, accepted(4));
    assert_eq!(sender.ask(&alice.deposit(id(5), b"x")).await, refused(5));
    assert_eq!(sender.ask(&renewed.deposit(id(6), b"x")).await, accepted(6));
    assert_eq!(alice.collect(&mut session, 2, 1).await.len(), 1);
    relay.stop().await;
}

#[tokio::test]
async fn a_deleted_inbox_ends_its_session_and_a_new_one_holds_nothing() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let address = relay.local_addr();
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(address, 0).await;
    assert_eq!(session.receive().await, RelayFrame::Live);
    let mut sender = Connection::open(address).await;
    assert_eq!(sender.ask(&alice.deposit(id(1), b"x")).await, accepted(1));
    assert!(matches!(session.receive().await, RelayFrame::Entries(_)));
    assert_eq!(session.ask(&ClientFrame::DeleteInbox(DeleteInbox { id: id(2) })).await, accepted(2));
    session.expect_end().await;

    let none = RelayFrame::Refused { id: id(3), code: ErrorCode::NoSuchInbox, epoch: None };
    assert_eq!(sender.ask(&alice.deposit(id(3), b"x")).await, none);
    let mut session = Connection::open(address).await;
    session.send(&alice.proof(&origin(address), &session.challenge, 1, false)).await;
    session.expect_error(ErrorCode::NoSuchInbox).await;
    let (mut session, owned) = alice.connect(address, 1).await;
    assert_eq!((owned.created, owned.acknowledged), (true, 0));
    assert_eq!(session.receive().await, RelayFrame::Live);
    relay.stop().await;
}

#[tokio::test]
async fn key_packages_travel_from_owner_to_inviter() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(session.receive().await, RelayFrame::Live);
    let put = PutKeyPackages {
        id: id(1),
        one_time: vec![b"one".to_vec().into()],
        last_resort: None,
        replaces: None,
    };
    assert_eq!(session.ask(&ClientFrame::PutKeyPackages(put)).await, accepted(1));

    let mut inviter = Connection::open(relay.local_addr()).await;
    let take =
        |n, token| ClientFrame::TakeKeyPackage(TakeKeyPackage { id: id(n), inbox: alice.inbox, token });
    let refused = |n, code| RelayFrame::Refused { id: id(n), code, epoch: None };
    let stranger = Device::new(2).token();
    assert_eq!(inviter.ask(&take(2, stranger)).await, refused(2, ErrorCode::BadToken));
    let RelayFrame::KeyPackage(reply) = inviter.ask(&take(3, alice.token())).await else {
        panic!("a package")
    };
    assert_eq!(reply.package, b"one");
    assert_eq!(inviter.ask(&take(4, alice.token())).await, refused(4, ErrorCode::NoKeyPackage));
    relay.stop().await;
}
