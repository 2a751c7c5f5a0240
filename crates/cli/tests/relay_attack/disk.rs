//! A disk that is full.

use kuvert_wire::{ClientFrame, Entry, ErrorCode, Generation, RelayFrame};

use crate::small_disk::Small;
use crate::support::{Connection, Device, id};
use crate::target::Target;

const ORIGIN: &str = "http://relay.test";

/// Owns an inbox of which the device holds everything up to `held` in this generation, if it knows one.
async fn own(relay: &Target, device: &Device, held: u64, generation: &mut Option<Generation>) -> Connection {
    let mut session = Connection::open(relay.address).await;
    let mut proof = device.proof(ORIGIN, &session.challenge, held, true);
    if let ClientFrame::Own(own) = &mut proof {
        own.generation = *generation;
    }
    match session.ask(&proof).await {
        RelayFrame::Owned(owned) => *generation = Some(owned.generation),
        other => panic!("not owned: {other:?}"),
    }
    session
}

/// Deposits `numbers` of 32 KiB each until one is refused as busy; returns the next number.
async fn deposit_until_busy(relay: &Target, device: &Device, mut n: u64, end: u64) -> u64 {
    let mut sender = Connection::open(relay.address).await;
    while n < end {
        let mut body = vec![0; 32 * 1024];
        body[..8].copy_from_slice(&n.to_be_bytes());
        match sender.ask(&device.deposit(id(n), &body)).await {
            RelayFrame::Accepted { .. } => n += 1,
            RelayFrame::Refused { code: ErrorCode::Busy, .. } => return n,
            other => panic!("neither accepted nor busy: {other:?}"),
        }
    }
    n
}

fn numbers(found: &[(u64, Entry)]) -> Vec<u64> {
    let number = |entry: &Entry| match entry {
        Entry::Deposit { body } => u64::from_be_bytes(*body.first_chunk().expect("a number")),
        other => panic!("a deposit: {other:?}"),
    };
    found.iter().map(|(_, entry)| number(entry)).collect()
}

#[tokio::test]
async fn on_a_full_disk_posts_are_busy_and_the_rest_goes_on_and_nothing_is_lost() {
    // RELAY-1, on a real file system that is full. Where nobody may mount one, the relay's own tests of a store that fails
    // have to do.
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().join("small");
    std::fs::create_dir(&at).expect("made");
    let Some(small) = Small::mount(&at, 400) else {
        println!("not run: this user may not mount a file system");
        return;
    };
    let (data, log) = (at.join("data"), dir.path().join("log"));
    // Nothing is kept free, so that the disk is full to the last byte.
    let flags = ["--origin", ORIGIN, "--limits-free-disk", "0"];
    let (alice, bob) = (Device::new(1), Device::new(2));
    let (mut alices, mut bobs) = (None, None);
    let relay = Target::over(&data, &log, &flags);
    drop(own(&relay, &bob, 0, &mut bobs).await);
    drop(own(&relay, &alice, 0, &mut alices).await);
    let first = deposit_until_busy(&relay, &alice, 1, 50).await;
    assert_eq!(first, 50);
    small.fill();
    // What the journal claimed before is there to be used; at some point there is no more.
    let stuck = deposit_until_busy(&relay, &alice, first, 100_000).await;
    assert!(stuck < 100_000);

    // Reading goes on, from the first entry to the last accepted one.
    let mut session = own(&relay, &alice, 0, &mut alices).await;
    let found = numbers(&alice.drain(&mut session).await);
    assert_eq!(found, (1..stuck).collect::<Vec<_>>(), "everything accepted, nothing else, in order");
    drop(session);
    assert_eq!(deposit_until_busy(&relay, &bob, 200_000, 200_001).await, 200_000, "still full");

    // A restart on the full disk: the relay starts, or says why it does not.
    relay.kill();
    let restarted = Target::try_over(&data, &log, &flags);
    println!("restart on the full disk: {}", if restarted.is_some() { "starts" } else { "does not start" });
    let said = std::fs::read_to_string(&log).expect("a log");
    assert!(!said.contains("panicked"), "{said}");
    match &restarted {
        Some(relay) => drop(own(relay, &alice, stuck - 1, &mut alices).await),
        None => assert!(said.to_lowercase().contains("space"), "it says that the disk is full: {said}"),
    }
    small.free();
    let relay = restarted.unwrap_or_else(|| Target::over(&data, &log, &flags));

    // Without another restart, posts are taken again.
    let mut sender = Connection::open(relay.address).await;
    let mut tries = 0;
    while !matches!(sender.ask(&bob.deposit(id(300_000), &[0; 64])).await, RelayFrame::Accepted { .. }) {
        tries += 1;
        assert!(tries < 100, "it takes posts again once there is room");
        tokio::time::sleep(kuvert_wire::limits::REOPEN_AFTER / 4).await;
    }
    // Bob never acknowledged: what he has is what was accepted.
    let mut session = own(&relay, &bob, 0, &mut bobs).await;
    assert_eq!(bob.drain(&mut session).await.len(), 1);
    // Alice acknowledges nothing new, and still has nothing twice and nothing lost beyond what she acknowledged.
    let next = deposit_until_busy(&relay, &alice, 400_000, 400_010).await;
    assert_eq!(next, 400_010);
    let mut session = own(&relay, &alice, stuck - 1, &mut alices).await;
    let found = numbers(&alice.drain(&mut session).await);
    assert_eq!(found, (400_000..400_010).collect::<Vec<_>>());
    drop((session, sender));
    relay.kill();
    assert!(!std::fs::read_to_string(&log).expect("a log").contains("panicked"));
}
