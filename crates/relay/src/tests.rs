//! A whole relay whose disk fails, or whose bounds are reached.

mod bounds;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use kuvert_wire::{ClientFrame, Entry, ErrorCode, RelayFrame, limits};

use crate::data::DataDir;
use crate::service::{Answer, Content, Op, Request};
use crate::store::Embedded;
use crate::store::faulty::Faulty;
use crate::support::{Connection, Device, id};
use crate::{Config, Relay};

fn config(data: &Path) -> Config {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Config { listen, ..Config::new(data).expect("defaults") }
}

async fn relay_in(data: &Path) -> Relay {
    Relay::start(config(data)).await.expect("starts")
}

#[tokio::test]
async fn a_session_beyond_the_bound_is_turned_away_until_another_ends() {
    // RELAY-5: MAX_SESSIONS, the default of this setting
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path());
    assert_eq!(config.limits.sessions, limits::MAX_SESSIONS);
    config.limits.sessions = 1;
    let relay = Relay::start(config).await.expect("starts");
    let first = Connection::open(relay.local_addr()).await;
    assert!(Connection::try_open(relay.local_addr()).await.is_none());
    drop(first);
    while Connection::try_open(relay.local_addr()).await.is_none() {
        tokio::task::yield_now().await;
    }
    relay.stop().await;
}

#[tokio::test]
async fn what_waits_for_the_writer_is_bounded_in_bytes() {
    // RELAY-5: MAX_WRITER_QUEUE, MAX_BATCH. Each request claims the room of the largest, so that most have to wait.
    let dir = tempfile::tempdir().expect("a directory");
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let total = 2 * limits::MAX_BATCH;
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..total {
        let ClientFrame::Deposit(request) = alice.deposit(id(n as u64), b"small") else {
            panic!("a deposit")
        };
        let content = Content::of(id(n as u64).as_bytes(), None);
        let writer = Arc::clone(&relay.writer);
        let op = Op::Request(Request::Deposit(request), content);
        waiting.spawn(async move { writer.perform(op, limits::MAX_FRAME).await });
    }
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Answer::Frame(RelayFrame::Accepted { .. })))));
    let row = relay.store.inbox(alice.inbox).expect("reads").expect("an inbox");
    assert_eq!(row.next - row.head, total as u64);
    relay.stop().await;
}

#[tokio::test]
async fn a_relay_that_cannot_write_refuses_posts_and_still_serves_owners() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = DataDir::open(dir.path()).expect("opens");
    let store = Arc::new(Faulty::over(Arc::new(Embedded::open(dir.path()).expect("opens"))));
    let relay = Relay::start_over(Arc::clone(&store) as _, data, config(dir.path()), Vec::new())
        .await
        .expect("starts");
    let alice = Device::new(1);
    let (_, first) = alice.connect(relay.local_addr(), 0).await;
    let mut sender = Connection::open(relay.local_addr()).await;
    let accepted = |n| RelayFrame::Accepted { id: id(n), seq: 0 };
    assert_eq!(sender.ask(&alice.deposit(id(1), b"one")).await, accepted(1));
    assert_eq!(sender.ask(&alice.deposit(id(2), b"two")).await, accepted(2));

    store.fails.store(true, Ordering::SeqCst);
    let busy = RelayFrame::Refused { id: id(3), code: ErrorCode::Busy, epoch: None };
    assert_eq!(sender.ask(&alice.deposit(id(3), b"three")).await, busy);
    let (mut session, owned) = alice.connect_in(relay.local_addr(), 1, Some(first.generation)).await;
    assert!(!owned.created);
    assert_eq!(alice.drain(&mut session).await, [(2, Entry::Deposit { body: b"two".to_vec() })]);

    store.fails.store(false, Ordering::SeqCst);
    let busy = RelayFrame::Refused { id: id(4), code: ErrorCode::Busy, epoch: None };
    assert_eq!(
        sender.ask(&alice.deposit(id(4), b"four")).await,
        busy,
        "it may have been sent behind the third"
    );
    sender.send(&ClientFrame::Resume).await;
    assert_eq!(sender.ask(&alice.deposit(id(3), b"three")).await, accepted(3));
    assert_eq!(alice.collect(&mut session, 3, 1).await, [Entry::Deposit { body: b"three".to_vec() }]);
    relay.stop().await;
}
