//! What one session, all sessions and other relays may occupy.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kuvert_wire::{
    Entry, ErrorCode, ForeignDeposit, ForeignSealer, ForeignTarget, RelayFrame, RelayInfo, SealedDeposits,
    decode, encode, limits,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::config;
use crate::Relay;
use crate::data::DataDir;
use crate::store::Embedded;
use crate::store::faulty::Faulty;
use crate::support::{Connection, Device, id};

/// Longer than anything here takes, so that a broken relay fails a test instead of stopping it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A relay whose writes can be stalled.
async fn relay_that_stalls(data: &std::path::Path) -> (Relay, Arc<Faulty>) {
    let directory = DataDir::open(data).expect("opens");
    let store = Arc::new(Faulty::over(Arc::new(Embedded::open(data).expect("opens"))));
    let relay = Relay::start_over(Arc::clone(&store) as _, directory, config(data), Vec::new())
        .await
        .expect("starts");
    (relay, store)
}

/// Gives way until something is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it comes to that in time");
}

/// A connection that was upgraded to a session, for bytes that no client would send.
async fn bare_session(relay: &Relay) -> TcpStream {
    let mut stream = TcpStream::connect(relay.local_addr()).await.expect("connects");
    let head = "GET /v1/session HTTP/1.1\r\nhost: relay\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("written");
    read_until(&mut stream, b"\r\n\r\n").await;
    stream
}

/// Reads until these bytes came. Panics if the connection ends before.
async fn read_until(stream: &mut TcpStream, wanted: &[u8]) {
    let mut came = Vec::new();
    while !came.windows(wanted.len()).any(|window| window == wanted) {
        assert!(stream.read_buf(&mut came).await.expect("readable") > 0, "the connection ended");
    }
}

#[tokio::test]
async fn a_session_is_not_read_further_while_too_much_of_it_is_in_work() {
    // RELAY-5: MAX_IN_FLIGHT
    let dir = tempfile::tempdir().expect("a directory");
    let (relay, store) = relay_that_stalls(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let mut sender = Connection::open(relay.local_addr()).await;
    let read_before = relay.metrics.frames_received.get();
    let read = || usize::try_from(relay.metrics.frames_received.get() - read_before).expect("few");
    store.stalls.store(true, Ordering::SeqCst);
    let total = limits::MAX_IN_FLIGHT as u64 + 50;
    for n in 1..=total {
        sender.send(&alice.deposit(id(n), b"x")).await;
    }
    until(|| read() >= limits::MAX_IN_FLIGHT).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(read(), limits::MAX_IN_FLIGHT);
    store.stalls.store(false, Ordering::SeqCst);
    for n in 1..=total {
        assert_eq!(sender.receive().await, RelayFrame::Accepted { id: id(n), seq: 0 });
    }
    assert_eq!(read(), limits::MAX_IN_FLIGHT + 50);
    relay.stop().await;
}

/// Begins a frame of the largest size and leaves its last byte out; returns when the relay says that it is busy.
async fn hold_a_frame(mut stream: TcpStream) -> TcpStream {
    let mut frame = vec![0; 14 + limits::MAX_FRAME];
    frame[..2].copy_from_slice(&[0x82, 0xff]);
    frame[2..10].copy_from_slice(&(limits::MAX_FRAME as u64).to_be_bytes());
    // A relay that is out of room closes before all of it came.
    let _ = stream.write_all(&frame[..frame.len() - 1]).await;
    read_until(&mut stream, &encode(&RelayFrame::Error { code: ErrorCode::Busy })).await;
    stream
}

#[tokio::test]
async fn incomplete_frames_of_all_sessions_together_are_bounded() {
    // RELAY-5: MAX_PARTIAL_FRAMES
    let dir = tempfile::tempdir().expect("a directory");
    let relay = Relay::start(config(dir.path())).await.expect("starts");
    let mut sessions = JoinSet::new();
    // One more than fit: each claims its frame and the frame's head.
    for _ in 0..limits::MAX_PARTIAL_FRAMES / limits::MAX_FRAME {
        sessions.spawn(hold_a_frame(bare_session(&relay).await));
    }
    let refused = tokio::time::timeout(PATIENCE, sessions.join_next()).await.expect("in time");
    drop(refused.expect("one").expect("it is told"));
    assert!(sessions.try_join_next().is_none(), "the others go on");
    sessions.shutdown().await;
    // What they held is free again.
    until(|| relay.metrics.other_sessions.get() == 0).await;
    let mut session = Connection::open(relay.local_addr()).await;
    let nobody = Device::new(9);
    let refused = session.ask(&nobody.deposit(id(1), &vec![0; limits::MAX_BODY])).await;
    assert_eq!(refused, RelayFrame::Refused { id: id(1), code: ErrorCode::NoSuchInbox, epoch: None });
    relay.stop().await;
}

#[tokio::test]
async fn a_session_that_ended_waits_for_its_client_only_for_a_moment() {
    // RELAY-5: LINGER
    let dir = tempfile::tempdir().expect("a directory");
    let relay = Relay::start(config(dir.path())).await.expect("starts");
    let mut stream = bare_session(&relay).await;
    // A close, masked with zeros, after which the client keeps its side open.
    stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.expect("written");
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.expect("the relay ends its side");
    assert!(said.ends_with(&[0x88, 2, 0x03, 0xe8]), "with a close");
    tokio::time::pause();
    let waited = tokio::time::timeout(limits::LINGER * 2, async {
        while relay.metrics.other_sessions.get() > 0 {
            tokio::time::sleep(limits::LINGER / 10).await;
        }
    });
    waited.await.expect("then it gives the connection up");
    tokio::time::resume();
    relay.stop().await;
}

/// Sends a request of another relay and returns the status.
async fn bring(relay: std::net::SocketAddr, body: Vec<u8>) -> u16 {
    crate::http_client::request(relay, "POST", "/v1/deposits", "", &body).await.status
}

#[tokio::test]
async fn so_many_requests_of_other_relays_are_in_work_and_more_come_again() {
    // RELAY-5: MAX_FOREIGN_REQUESTS
    let dir = tempfile::tempdir().expect("a directory");
    let (relay, store) = relay_that_stalls(dir.path()).await;
    let (at, alice) = (relay.local_addr(), Device::new(1));
    let (mut session, _) = alice.connect(at, 0).await;
    let about = crate::http_client::get(at, "/v1/relay").await;
    let info: RelayInfo = decode(&about.body, 4096).expect("reads");
    let mut sealer = ForeignSealer::new([1; 32], &info.key);
    let mut deposits = |n: usize| {
        let targets = vec![ForeignTarget { inbox: alice.inbox, token: alice.token() }];
        let entry = Entry::Deposit { body: n.to_be_bytes().to_vec() };
        let deposit = ForeignDeposit { id: id(n as u64), targets, entry };
        encode(&SealedDeposits { deposits: vec![sealer.seal(&deposit)] })
    };
    store.stalls.store(true, Ordering::SeqCst);
    let mut under_way = JoinSet::new();
    for n in 0..limits::MAX_FOREIGN_REQUESTS {
        let body = deposits(n);
        // The question below may have taken its place for a moment.
        under_way.spawn(async move {
            loop {
                match bring(at, body.clone()).await {
                    503 => tokio::task::yield_now().await,
                    status => break status,
                }
            }
        });
    }
    let waited = tokio::time::timeout(PATIENCE, async {
        // Until all of them are there.
        loop {
            match bring(at, b"nonsense".to_vec()).await {
                400 => tokio::task::yield_now().await,
                status => break status,
            }
        }
    });
    assert_eq!(waited.await.expect("in time"), 503);
    store.stalls.store(false, Ordering::SeqCst);
    assert_eq!(under_way.join_all().await, [200; limits::MAX_FOREIGN_REQUESTS]);
    assert_eq!(bring(at, b"nonsense".to_vec()).await, 400, "there is room again");
    alice.collect(&mut session, 1, limits::MAX_FOREIGN_REQUESTS).await;
    relay.stop().await;
}
