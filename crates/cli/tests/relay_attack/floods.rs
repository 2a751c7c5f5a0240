//! Too much of everything.

use kuvert_wire::{ChannelId, ClientFrame, Commit, Deposit, ErrorCode, InboxId, RelayFrame, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::raw::{Came, Raw, framed, head, masked};
use crate::support::{Connection, Conversation, Device, ack, id, origin};
use crate::target::{IDLE, Target};

fn error(code: ErrorCode) -> Came {
    Came::Frame(RelayFrame::Error { code })
}

#[tokio::test]
async fn bad_frames_end_the_session_at_their_bound_however_many_come() {
    let relay = Target::new();
    for bad in [masked(0x82, &[0xff]), masked(0x81, b"text"), masked(0x82, &[])] {
        let mut session = Raw::open(relay.address).await;
        session.write(&bad.repeat(10_000)).await;
        let came = session.rest().await;
        let errors = came.iter().filter(|came| **came == error(ErrorCode::BadFrame)).count();
        assert_eq!(errors, limits::MAX_BAD_FRAMES as usize);
        assert_eq!(came.iter().filter(|came| **came == Came::Close).count(), 1, "it says goodbye once");
    }
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn frames_that_are_not_allowed_end_their_session_at_once() {
    let relay = Target::new();
    let over = limits::MAX_FRAME as u64 + 1;
    let mut grown = masked(0x02, &vec![0; limits::MAX_FRAME]);
    grown.extend(masked(0x80, b"1"));
    let bad =
        [head(0x82, over), head(0x82, u64::MAX), head(0x89, 126), head(0xf2, 1), vec![0x82, 1, 0], grown];
    for bytes in bad {
        let mut session = Raw::open(relay.address).await;
        session.write(&bytes).await;
        assert_eq!(session.rest().await, [error(ErrorCode::BadFrame), Came::Close]);
    }
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn fragments_without_end_and_frames_that_never_end_are_bounded_for_all_sessions_together() {
    // Twice over, because buffers grow by doubling.
    const BOUND: u64 = IDLE + 2 * limits::MAX_PARTIAL_FRAMES as u64 / 1024;
    let relay = Target::new();
    let nearly = vec![7; limits::MAX_FRAME - 64];
    let whole = [head(0x82, limits::MAX_FRAME as u64), nearly.clone()].concat();
    let fragments =
        [masked(0x02, &nearly[..limits::MAX_FRAME / 2]), masked(0x00, &nearly[..limits::MAX_FRAME / 2])];
    let fragments = fragments.concat();
    let mut held = Vec::new();
    for n in 0..300 {
        let mut session = Raw::open(relay.address).await;
        session.write(if n % 2 == 0 { &whole } else { &fragments }).await;
        held.push(session);
    }
    let mut refused = 0;
    for session in &mut held {
        // A ping behind a whole fragment is answered; in the midst of a frame it is part of it.
        session.write(&masked(0x89, b"")).await;
        let mut first = [0; 1];
        let came =
            tokio::time::timeout(std::time::Duration::from_millis(5), session.stream.peek(&mut first)).await;
        refused += usize::from(matches!(came, Ok(Ok(1))) && first[0] == 0x82);
    }
    assert!(refused >= 100, "{refused} sessions were told that there is no room");
    let mut empty = Raw::open(relay.address).await;
    empty.write(&masked(0x02, b"")).await;
    empty.write(&masked(0x00, b"").repeat(100_000)).await;
    drop(held);
    empty.write(&masked(0x80, &[0xff])).await;
    assert_eq!(empty.next().await, error(ErrorCode::BadFrame), "fragments of nothing make one frame");
    relay.expect_calm(BOUND).await;
}

#[tokio::test]
async fn a_frame_that_comes_byte_by_byte_is_worked_off() {
    let relay = Target::new();
    let alice = Device::new(1);
    drop(alice.connect(relay.address, 0).await);
    let mut session = Raw::open(relay.address).await;
    session.stream.set_nodelay(true).expect("set");
    for byte in framed(&alice.deposit(id(1), b"slowly")) {
        session.write(&[byte]).await;
    }
    assert_eq!(session.next().await, Came::Frame(RelayFrame::Accepted { id: id(1), seq: 0 }));
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn pings_and_acknowledgements_by_the_hundred_thousand_cost_no_memory() {
    let relay = Target::new();
    let mut pinger = Raw::open(relay.address).await;
    // Nothing of the answers is read.
    pinger.write(&masked(0x89, &[1; 125]).repeat(100_000)).await;

    let alice = Device::new(1);
    drop(alice.connect(relay.address, 0).await);
    let mut sender = Connection::open(relay.address).await;
    for n in 1..=20 {
        sender.ask(&alice.deposit(id(n), b"x")).await;
    }
    let (mut session, _) = alice.connect(relay.address, 0).await;
    for _ in 0..5_000 {
        for seq in [5, 3, 0, 10, 20] {
            session.send(&ack(seq.min(1))).await;
        }
    }
    assert_eq!(alice.collect(&mut session, 1, 20).await.len(), 20);
    // What was never sent cannot be acknowledged, and that is a bad frame.
    for _ in 0..limits::MAX_BAD_FRAMES {
        let _ = session.try_send(&ack(u64::MAX)).await;
    }
    while let Some(frame) = session.try_receive().await {
        assert!(
            matches!(frame, RelayFrame::Live | RelayFrame::Error { code: ErrorCode::BadFrame }),
            "{frame:?}"
        );
    }
    let (mut session, _) = alice.connect(relay.address, 20).await;
    assert_eq!(alice.drain(&mut session).await, []);
    // A relay that was busy for long may have asked by a ping whether anybody is there, before it answered.
    let answer = match pinger.next().await {
        Came::Ping => pinger.next().await,
        other => other,
    };
    assert_eq!(answer, Came::Pong);
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn who_speaks_another_version_is_told_so() {
    let relay = Target::new();
    for (request, status) in [
        ("GET /v2/session HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", "404"),
        ("GET /v1/session HTTP/1.1\r\nhost: x\r\n\r\n", "426"),
        (
            "GET /v1/session HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-key: x\r\nsec-websocket-version: 8\r\n\r\n",
            "426",
        ),
        ("GET /v1/session HTTP/9.9\r\nhost: x\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "400"),
    ] {
        let mut stream = TcpStream::connect(relay.address).await.expect("connects");
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer[9..], status.as_bytes(), "{request}");
    }
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn a_session_that_reads_no_answers_is_paused_and_then_gets_all_of_them() {
    const REQUESTS: u64 = 100_000;
    let relay = Target::new();
    let nobody = InboxId::new([0xee; 16]);
    let token = Device::new(1).token();
    let mut bytes = Vec::new();
    for n in 0..REQUESTS {
        let mut inbox = *nobody.as_bytes();
        inbox[..8].copy_from_slice(&n.to_be_bytes());
        let (inbox, token) = (InboxId::new(inbox), token.clone());
        bytes.extend(framed(&ClientFrame::Deposit(Deposit { id: id(n), inbox, token, body: vec![1; 100] })));
    }
    let mut session = Raw::open(relay.address).await;
    let written = session.write_until_stuck(&bytes).await;
    let (mut from, mut to) = {
        let Raw { stream, .. } = session;
        stream.into_split()
    };
    let rest = tokio::spawn(async move {
        to.write_all(&bytes[written..]).await.expect("taken");
        to
    });
    // Each answer: two bytes of head, and what a refusal encodes to.
    let refused = |n| RelayFrame::Refused { id: id(n), code: ErrorCode::NoSuchInbox, epoch: None };
    let one = kuvert_wire::encode(&refused(0)).len() + 2;
    let mut answer = vec![0; one];
    for n in 0..REQUESTS {
        from.read_exact(&mut answer).await.expect("an answer");
        let frame: RelayFrame = kuvert_wire::decode(&answer[2..], limits::MAX_FRAME).expect("a frame");
        assert_eq!(frame, refused(n), "answers come in order");
    }
    drop(rest.await.expect("all was written"));
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn large_answers_that_nobody_reads_are_not_piled_up() {
    // A channel keeps 128 KiB of GroupInfo and 256 KiB of commits per answer: a request of 100 bytes asks for all of it.
    // RELAY-5: MAX_ANSWER, MAX_LARGE_ANSWERS
    const SESSIONS: usize = 2 * limits::MAX_LARGE_ANSWERS / limits::MAX_ANSWER;
    const FETCHES: u64 = 10;
    let relay = Target::new();
    let alice = Device::new(1);
    drop(alice.connect(relay.address, 0).await);
    let conversation = Conversation(ChannelId::new([9; 16]));
    let mut sender = Connection::open(relay.address).await;
    let ClientFrame::CreateChannel(mut create) = conversation.create(id(0), &[&alice]) else {
        panic!("a creation")
    };
    create.state.group_info = Some(vec![5; limits::MAX_GROUP_INFO].into());
    let created = sender.ask(&ClientFrame::CreateChannel(create)).await;
    assert_eq!(created, RelayFrame::Accepted { id: id(0), seq: 0 });
    for epoch in 0..4 {
        let mut post = conversation.post(id(1 + epoch), epoch, &[]);
        post.body = vec![6; limits::MAX_BODY];
        let mut next = conversation.state(epoch + 1, &[&alice]);
        next.group_info = None;
        let commit = ClientFrame::Commit(Commit { post, next, welcomes: Vec::new() });
        assert!(matches!(sender.ask(&commit).await, RelayFrame::Accepted { .. }));
    }
    let fetches: Vec<u8> =
        (0..FETCHES).flat_map(|n| framed(&conversation.fetch(id(100 + n), 4, 0))).collect();
    let mut silent = JoinSet::new();
    for _ in 0..SESSIONS {
        let (mut session, fetches) = (Raw::open(relay.address).await, fetches.clone());
        silent.spawn(async move {
            session.write_until_stuck(&fetches).await;
            session
        });
    }
    let sessions = silent.join_all().await;
    // A barrier behind what they asked for.
    sender.ask(&alice.deposit(id(99), b"x")).await;
    let mut drained = JoinSet::new();
    for mut session in sessions {
        drained.spawn(async move {
            for n in 0..FETCHES {
                match session.next().await {
                    Came::Frame(RelayFrame::ChannelInfo(info)) => assert_eq!(info.id, id(100 + n)),
                    Came::Frame(RelayFrame::Refused { id: refused, code: ErrorCode::Busy, .. }) => {
                        assert_eq!(refused, id(100 + n));
                    }
                    other => panic!("not an answer in its place: {other:?}"),
                }
            }
        });
    }
    drained.join_all().await;
    // What is put together, what waits for the socket, and what was asked for.
    relay.expect_calm(IDLE + 3 * limits::MAX_LARGE_ANSWERS as u64 / 1024).await;
}

#[tokio::test]
async fn ids_and_channels_chosen_to_collide_change_nothing_of_others() {
    const RIVALS: u8 = 50;
    let relay = Target::new();
    let (alice, mallory) = (Device::new(1), Device::new(2));
    let (mut session, _) = alice.connect(relay.address, 0).await;
    drop(mallory.connect(relay.address, 0).await);
    let conversation = Conversation(ChannelId::new([9; 16]));
    let mut sender = Connection::open(relay.address).await;
    sender.ask(&conversation.create(id(0), &[&alice])).await;
    assert_eq!(sender.ask(&alice.deposit(id(1), b"first")).await, RelayFrame::Accepted { id: id(1), seq: 0 });
    let refused = |n, code| RelayFrame::Refused { id: id(n), code, epoch: None };
    let mut rivals = JoinSet::new();
    for _ in 0..RIVALS {
        let (address, inbox, token) = (relay.address, mallory.inbox, mallory.token());
        rivals.spawn(async move {
            let (alice, mallory) = (Device::new(1), Device::new(2));
            let conversation = Conversation(ChannelId::new([9; 16]));
            let mut rival = Connection::open(address).await;
            let other = ClientFrame::Deposit(Deposit { id: id(1), inbox, token, body: b"other".to_vec() });
            assert_eq!(
                rival.ask(&other).await,
                refused(1, ErrorCode::BadFrame),
                "the id is another request's"
            );
            assert_eq!(rival.ask(&alice.deposit(id(1), b"changed")).await, refused(1, ErrorCode::BadFrame));
            let create = conversation.create(id(2), &[&mallory]);
            assert_eq!(rival.ask(&create).await, refused(2, ErrorCode::Taken), "the channel is another's");
            let fake = Device::new(3).proof(&origin(address), &rival.challenge, 0, false);
            assert_eq!(rival.ask(&fake).await, RelayFrame::Error { code: ErrorCode::WrongSession });
        });
    }
    rivals.join_all().await;
    let post = ClientFrame::Post(conversation.post(id(3), 0, b"mine"));
    assert_eq!(sender.ask(&post).await, RelayFrame::Accepted { id: id(3), seq: 1 });
    assert_eq!(alice.collect(&mut session, 1, 2).await.len(), 2);
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn the_largest_posts_to_the_largest_channel_are_taken_one_after_the_other() {
    // A post of 64 KiB becomes 64 MiB of entries, whoever sends it, and eight of them come at once.
    const POSTS: u64 = 8;
    let relay = Target::new();
    let members: Vec<Device> = (0..limits::MAX_FANOUT_TARGETS as u32).map(Device::numbered).collect();
    for member in &members {
        drop(member.connect(relay.address, 0).await);
    }
    let before = relay.memory();
    let conversation = Conversation(ChannelId::new([9; 16]));
    let mut sender = Connection::open(relay.address).await;
    let everyone: Vec<&Device> = members.iter().collect();
    let created = sender.ask(&conversation.create(id(0), &everyone)).await;
    assert_eq!(created, RelayFrame::Accepted { id: id(0), seq: 0 });
    let mut all = Vec::new();
    for n in 1..=POSTS {
        let post = conversation.post(id(n), 0, &vec![n as u8; limits::MAX_BODY]);
        all.extend(framed(&ClientFrame::Post(post)));
    }
    let mut attacker = Raw::open(relay.address).await;
    attacker.write(&all).await;
    for n in 1..=POSTS {
        assert_eq!(attacker.next().await, Came::Frame(RelayFrame::Accepted { id: id(n), seq: n }));
    }
    println!("{before} KiB before, {} KiB at most", relay.peak());
    let last = members.last().expect("members");
    let (mut session, _) = last.connect(relay.address, 0).await;
    assert_eq!(last.collect(&mut session, 1, POSTS as usize).await.len(), POSTS as usize);
    let layers = limits::MAX_LAYER + limits::MAX_FANOUT_TARGETS * limits::MAX_BODY;
    relay.expect_calm(IDLE + 6 * layers as u64 / 1024).await;
}

impl Device {
    /// A device of a large crowd.
    fn numbered(n: u32) -> Self {
        let mut secret = [0x3c; 32];
        secret[..4].copy_from_slice(&n.to_le_bytes());
        let owner = ed25519_dalek::SigningKey::from_bytes(&secret);
        let inbox = InboxId::of(&kuvert_wire::OwnerKey::new(owner.verifying_key().to_bytes()));
        Self { owner, inbox, ..Self::new(1) }
    }
}
