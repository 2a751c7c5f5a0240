//! What a relay does with frames that are wrong, and with those that are missing.

use std::time::Duration;

use kuvert_wire::{
    ChannelId, ClientFrame, DeleteInbox, DepositKey, ErrorCode, PutKeyPackages, RelayFrame, RenewDepositKey,
    RevokeTokens, limits,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Connection, Conversation, Device, ack, id};
use crate::{relay_in, temp};

#[tokio::test]
async fn sending_and_receiving_are_never_one_session() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut owner, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(owner.receive().await, RelayFrame::Live);
    owner.send(&alice.deposit(id(1), b"x")).await;
    owner.expect_error(ErrorCode::WrongSession).await;
    let conversation = Conversation(ChannelId::new([9; 16]));
    for frame in [
        conversation.create(id(2), &[&alice]),
        ClientFrame::Post(conversation.post(id(3), 0, b"x")),
        conversation.commit(id(4), 0, &[&alice]),
        conversation.fetch(id(5), 0, 0),
    ] {
        owner.send(&frame).await;
        owner.expect_error(ErrorCode::WrongSession).await;
    }

    let mut anonymous = Connection::open(relay.local_addr()).await;
    anonymous.ask(&alice.deposit(id(1), b"x")).await;
    anonymous.send(&ack(1)).await;
    anonymous.expect_error(ErrorCode::WrongSession).await;
    let put = PutKeyPackages { id: id(2), one_time: Vec::new(), last_resort: None, replaces: None };
    anonymous.send(&ClientFrame::PutKeyPackages(put)).await;
    anonymous.expect_error(ErrorCode::WrongSession).await;
    for frame in owners_frames() {
        anonymous.send(&frame).await;
        anonymous.expect_error(ErrorCode::WrongSession).await;
    }
    let own = alice.proof(&crate::support::origin(relay.local_addr()), &anonymous.challenge, 0, true);
    anonymous.send(&own).await;
    anonymous.expect_error(ErrorCode::WrongSession).await;
    relay.stop().await;
}

/// What only an inbox's owner may ask.
fn owners_frames() -> [ClientFrame; 3] {
    [
        ClientFrame::RevokeTokens(RevokeTokens { id: id(3), nonces: Vec::new() }),
        ClientFrame::RenewDepositKey(RenewDepositKey { id: id(4), deposit_key: DepositKey::new([1; 32]) }),
        ClientFrame::DeleteInbox(DeleteInbox { id: id(5) }),
    ]
}

#[tokio::test]
async fn what_came_later_is_ignored_or_answered_and_the_session_stays() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let mut session = Connection::open(relay.local_addr()).await;
    // [99, [[5]]]: a frame that nobody knows yet.
    session.raw(Message::binary(vec![0x82, 0x18, 0x63, 0x81, 0x81, 0x05])).await.expect("taken");
    session.expect_error(ErrorCode::BadFrame).await;

    // A deposit of five fields instead of four: the array is one longer, and a value more is at its end.
    let mut longer = kuvert_wire::encode(&alice.deposit(id(1), b"x"));
    assert_eq!(longer[..4], [0x82, 0x03, 0x81, 0x84]);
    longer[3] = 0x85;
    longer.extend_from_slice(&[0x82, 0x01, 0xf6]);
    session.raw(Message::binary(longer)).await.expect("taken");
    assert_eq!(session.receive().await, RelayFrame::Accepted { id: id(1), seq: 0 });
    relay.stop().await;
}

#[tokio::test]
async fn too_many_bad_frames_end_the_session() {
    // RELAY-5: MAX_BAD_FRAMES
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let mut session = Connection::open(relay.local_addr()).await;
    session.raw(Message::text("hello")).await.expect("taken");
    session.expect_error(ErrorCode::BadFrame).await;
    for _ in 1..limits::MAX_BAD_FRAMES {
        session.raw(Message::binary(vec![0xff; 10])).await.expect("taken");
        session.expect_error(ErrorCode::BadFrame).await;
    }
    session.expect_end().await;
    relay.stop().await;
}

#[tokio::test]
async fn a_frame_beyond_the_bound_ends_the_session_and_nothing_else() {
    // RELAY-5: MAX_FRAME
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let mut session = Connection::open(relay.local_addr()).await;
    // The relay may close before all of it was written.
    let _ = session.raw(Message::binary(vec![0; limits::MAX_FRAME + 1])).await;
    while let Some(frame) = session.try_receive().await {
        assert_eq!(frame, RelayFrame::Error { code: ErrorCode::BadFrame });
    }
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    relay.stop().await;
}

#[test]
fn no_bytes_kill_the_relay() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let dir = temp();
    let relay = runtime.block_on(relay_in(dir.path()));
    let address = relay.local_addr();
    let alice = Device::new(1);
    runtime.block_on(async { drop(alice.connect(address, 0).await) });

    let good = kuvert_wire::encode(&alice.deposit(id(1), b"x"));
    let mutated = (0..good.len(), any::<u8>()).prop_map(move |(place, byte)| {
        let mut bytes = good.clone();
        bytes[place] = byte;
        bytes
    });
    let frames = prop_oneof![proptest::collection::vec(any::<u8>(), 0..300), mutated];
    let sessions = proptest::collection::vec(frames, 1..10);
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&sessions, |frames| {
        runtime.block_on(async {
            let mut session = Connection::open(address).await;
            for frame in frames {
                if session.raw(Message::binary(frame)).await.is_err() || session.try_receive().await.is_none()
                {
                    return;
                }
            }
        });
        Ok(())
    });
    outcome.expect("every frame is answered or ends its session");
    runtime.block_on(async {
        let (mut session, owned) = alice.connect(address, 0).await;
        assert!(!owned.created);
        alice.drain(&mut session).await;
        relay.stop().await;
    });
}

#[tokio::test]
async fn a_silent_session_is_pinged_and_then_closed() {
    // RELAY-5: PING_AFTER
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let mut dead = Connection::open(relay.local_addr()).await;
    // Nothing reads from the session meanwhile, and so nothing answers the ping.
    tokio::time::pause();
    tokio::time::sleep(limits::PING_AFTER * 2 + Duration::from_secs(1)).await;
    tokio::time::resume();
    assert!(matches!(dead.message().await, Some(Message::Ping(_))));
    dead.expect_error(ErrorCode::Timeout).await;
    dead.expect_end().await;
    relay.stop().await;
}
