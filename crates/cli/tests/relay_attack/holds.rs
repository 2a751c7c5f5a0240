//! Connections that are held and not used as they should be.

use std::time::Duration;

use kuvert_wire::{Entry, RelayFrame};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::raw::{Raw, UPGRADE, framed, masked};
use crate::support::{Connection, Device, id};
use crate::target::{IDLE, Target};

/// Deposits numbered bodies of `len` bytes, without waiting for each answer.
async fn deposit_all(
    relay: std::net::SocketAddr,
    device: &Device,
    numbers: std::ops::Range<u64>,
    len: usize,
) {
    let mut sender = Connection::open(relay).await;
    let all: Vec<u64> = numbers.collect();
    for some in all.chunks(64) {
        for n in some {
            let mut body = vec![0; len];
            body[..8].copy_from_slice(&n.to_be_bytes());
            sender.send(&device.deposit(id(*n), &body)).await;
        }
        for n in some {
            assert_eq!(sender.receive().await, RelayFrame::Accepted { id: id(*n), seq: 0 });
        }
    }
}

fn number(entry: &Entry) -> u64 {
    let Entry::Deposit { body } = entry else { panic!("a deposit: {entry:?}") };
    u64::from_be_bytes(*body.first_chunk().expect("a number"))
}

#[tokio::test]
async fn who_does_not_read_slows_nobody_else_and_gets_everything_in_order_later() {
    // 48 MiB for somebody who does not read, of which the relay's memory may hold what has not moved to its tables.
    const COUNT: u64 = 3_000;
    const BOUND: u64 = IDLE + 2 * kuvert_wire::limits::MAX_LAYER as u64 / 1024;
    let relay = Target::new();
    let (alice, bob) = (Device::new(1), Device::new(2));
    let (mut silent, _) = alice.connect(relay.address, 0).await;
    deposit_all(relay.address, &alice, 0..COUNT, 16 * 1024).await;

    let (mut session, _) = bob.connect(relay.address, 0).await;
    deposit_all(relay.address, &bob, COUNT..COUNT + 200, 16).await;
    let found = bob.collect(&mut session, 1, 200).await;
    assert!(found.iter().map(number).eq(COUNT..COUNT + 200));

    let found = alice.collect(&mut silent, 1, COUNT as usize).await;
    assert!(found.iter().map(number).eq(0..COUNT), "in order, once each");
    relay.expect_calm(BOUND).await;
}

#[tokio::test]
async fn connections_that_are_given_up_half_way_leave_nothing_behind() {
    const EACH: usize = 100;
    let relay = Target::new();
    let alice = Device::new(1);
    drop(alice.connect(relay.address, 0).await);
    let deposit = framed(&alice.deposit(id(1), &[9; 4000]));
    let before = relay.memory();
    let mut held = Vec::new();
    for n in 0..EACH {
        // Nothing, half a TLS handshake's first bytes, half a head, a head without what was promised.
        let body = "PUT /v1/cards/x HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\nhalf";
        for begin in [&b""[..], &[0x16, 3, 1, 2, 0, 1], &UPGRADE.as_bytes()[..60], body.as_bytes()] {
            let mut stream = TcpStream::connect(relay.address).await.expect("connects");
            stream.write_all(begin).await.expect("written");
            held.push(stream);
        }
        // Half a frame, a fragment, and nothing at all.
        for begin in [&deposit[..deposit.len() / 2], &masked(0x02, b"begin")[..], b""] {
            let mut session = Raw::open(relay.address).await;
            session.write(begin).await;
            if n % 2 == 0 {
                // Gone without a word: the system says so for it, by a reset.
                session.stream.set_zero_linger().expect("set");
            }
            held.push(session.stream);
        }
    }
    // While they are held, others are served.
    let (mut session, _) = alice.connect(relay.address, 0).await;
    deposit_all(relay.address, &alice, 10..20, 100).await;
    assert_eq!(alice.collect(&mut session, 1, 10).await.len(), 10);
    let grown = relay.memory().saturating_sub(before);
    assert!(grown <= 7 * EACH as u64 * 32, "{grown} KiB for {} connections", 7 * EACH);
    drop(held);
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn ten_thousand_sessions_are_held_and_each_is_served() {
    // RSS per session without optimisation; what a release build takes is measured by `cargo xtask bench relay idle`.
    const SESSIONS: usize = 10_000;
    const KIB_EACH: u64 = 16;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let enough = SESSIONS as u64 + 500;
    if limit.maximum.is_some_and(|most| most < enough) {
        println!("not run: this machine lets a process open fewer than {enough} files");
        return;
    }
    let wanted = rustix::process::Rlimit { current: limit.current.map(|now| now.max(enough)), ..limit };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, wanted).expect("below the hard limit");
    let relay = Target::new();
    let mut opening = JoinSet::new();
    for begin in 0..20 {
        let address = relay.address;
        opening.spawn(async move {
            let mut some = Vec::new();
            for _ in 0..SESSIONS / 20 {
                some.push(Raw::open(address).await);
            }
            (begin, some)
        });
    }
    let mut sessions: Vec<Raw> = opening.join_all().await.into_iter().flat_map(|(_, some)| some).collect();
    assert_eq!(sessions.len(), SESSIONS);
    let alice = Device::new(1);
    let (mut owner, _) = alice.connect(relay.address, 0).await;
    for (n, session) in (0..).zip(&mut sessions) {
        assert!(session.write(&framed(&alice.deposit(id(n), &n.to_be_bytes()))).await);
        if n % 200 == 199 {
            assert_eq!(alice.collect(&mut owner, n - 198, 200).await.len(), 200);
        }
    }
    let memory = relay.memory();
    println!("{memory} KiB for {SESSIONS} sessions");
    drop(sessions);
    tokio::time::timeout(Duration::from_secs(60), relay.expect_calm(IDLE + SESSIONS as u64 * KIB_EACH))
        .await
        .expect("the relay recovers in time");
}
