//! What a relay makes of what others bring.

use kuvert_relay::Relay;
use kuvert_wire::{
    ChannelId, DepositResults, Entry, ErrorCode, ForeignDeposit, ForeignSealer, ForeignTarget, SealedDeposit,
    SealedDeposits, decode, encode, limits,
};

use crate::support::{Device, id};
use crate::{address_of, http, relay_in, temp};

fn target(device: &Device) -> ForeignTarget {
    ForeignTarget { inbox: device.inbox, token: device.token() }
}

fn deposit(n: u64, targets: Vec<ForeignTarget>) -> ForeignDeposit {
    ForeignDeposit { id: id(n), targets, entry: Entry::Deposit { body: n.to_be_bytes().to_vec() } }
}

async fn bring(relay: &Relay, deposits: Vec<SealedDeposit>) -> Vec<Option<ErrorCode>> {
    let body = encode(&SealedDeposits { deposits });
    let answer = http::request(relay.local_addr(), "POST", "/v1/deposits", "", &body).await;
    assert_eq!(answer.status, 200);
    decode::<DepositResults>(&answer.body, limits::MAX_FOREIGN_ANSWER).expect("reads").results
}

#[tokio::test]
async fn each_deposit_is_answered_and_a_repeat_is_stored_once() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let (bob, carol, stranger) = (Device::new(2), Device::new(3), Device::new(4));
    for device in [&bob, &carol] {
        drop(device.connect(relay.local_addr(), 0).await);
    }
    let mut sealer = ForeignSealer::new([1; 32], &address_of(&relay).await.key);
    let wrong = || ForeignTarget { inbox: bob.inbox, token: carol.token() };
    let channel = ChannelId::new([9; 16]);
    let missed = Entry::Missed { channel, lost: 3 };
    let deposits = vec![
        sealer.seal(&deposit(1, vec![target(&bob)])),
        sealer.seal(&deposit(2, vec![wrong()])),
        sealer.seal(&deposit(3, vec![target(&stranger)])),
        SealedDeposit { bytes: vec![7; 200] },
        sealer.seal(&ForeignDeposit { entry: Entry::Gap { lost: 1 }, ..deposit(4, vec![target(&bob)]) }),
        sealer.seal(&deposit(5, Vec::new())),
        sealer.seal(&deposit(6, vec![wrong(), target(&carol), target(&stranger), target(&carol)])),
        sealer.seal(&ForeignDeposit { entry: missed.clone(), ..deposit(7, vec![target(&bob)]) }),
        sealer.seal(&deposit(1, vec![target(&carol)])),
    ];
    let expected = [
        None,
        Some(ErrorCode::BadToken),
        Some(ErrorCode::NoSuchInbox),
        Some(ErrorCode::BadFrame),
        Some(ErrorCode::BadFrame),
        Some(ErrorCode::NoSuchInbox),
        None,
        None,
        // An id names one deposit.
        Some(ErrorCode::BadFrame),
    ];
    for _ in 0..2 {
        assert_eq!(bring(&relay, deposits.clone()).await, expected);
    }
    // The same deposit sealed anew is the same.
    assert_eq!(bring(&relay, vec![sealer.seal(&deposit(1, vec![target(&bob)]))]).await, [None]);

    let body = |n: u64| Entry::Deposit { body: n.to_be_bytes().to_vec() };
    let (mut session, _) = bob.connect(relay.local_addr(), 0).await;
    assert_eq!(bob.drain(&mut session).await, [(1, body(1)), (2, missed)]);
    let (mut session, _) = carol.connect(relay.local_addr(), 0).await;
    assert_eq!(carol.drain(&mut session).await, [(1, body(6))]);
    relay.stop().await;
}

#[tokio::test]
async fn requests_beyond_their_bounds_are_refused_as_a_whole() {
    // RELAY-5: MAX_FOREIGN_BYTES, MAX_FOREIGN_DEPOSITS
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let status =
        async |body: &[u8]| http::request(relay.local_addr(), "POST", "/v1/deposits", "", body).await.status;
    let small = SealedDeposit { bytes: vec![0; 8] };
    let many = |count| encode(&SealedDeposits { deposits: vec![small.clone(); count] });
    assert_eq!(status(&many(limits::MAX_FOREIGN_DEPOSITS)).await, 200);
    assert_eq!(status(&many(limits::MAX_FOREIGN_DEPOSITS + 1)).await, 400);
    assert_eq!(status(&vec![0; limits::MAX_FOREIGN_BYTES + 1]).await, 413);
    assert_eq!(status(b"").await, 400);
    assert_eq!(status(b"\xff\xff\xff").await, 400);
    relay.stop().await;
}

#[tokio::test]
async fn a_restored_relay_opens_what_was_sealed_to_its_key_before() {
    let (dir, other) = (temp(), temp());
    let (data, restored, file) =
        (dir.path().join("data"), other.path().join("data"), dir.path().join("backup"));
    let bob = Device::new(2);
    let relay = relay_in(&data).await;
    drop(bob.connect(relay.local_addr(), 0).await);
    let mut sealer = ForeignSealer::new([1; 32], &address_of(&relay).await.key);
    let sealed = sealer.seal(&deposit(1, vec![target(&bob)]));
    let (from, to) = (data.clone(), file.clone());
    let made = tokio::task::spawn_blocking(move || {
        let mut backup = kuvert_relay::BackupFile::create(&to).expect("a file");
        kuvert_relay::admin::backup(&from, backup.writer()).expect("a backup");
        backup.finish().expect("whole");
    });
    made.await.expect("made while the relay ran");
    relay.stop().await;
    kuvert_relay::admin::restore(&file, &restored).expect("restored");
    let relay = relay_in(&restored).await;
    assert_eq!(bring(&relay, vec![sealed]).await, [None]);
    let (mut session, _) = bob.connect(relay.local_addr(), 0).await;
    assert_eq!(bob.drain(&mut session).await, [(1, Entry::Deposit { body: 1_u64.to_be_bytes().to_vec() })]);
    relay.stop().await;
}

#[tokio::test]
async fn the_relays_key_stays_the_same() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let key = address_of(&relay).await.key;
    relay.stop().await;
    let relay = relay_in(dir.path()).await;
    assert_eq!(address_of(&relay).await.key, key);
    relay.stop().await;
}
