//! Channels: one order for all members, one winner per epoch.

use kuvert_wire::{ChannelId, ClientFrame, Entry, ErrorCode, RelayFrame};

use crate::support::{Connection, Conversation, Device, id};
use crate::{relay_in, temp};

#[tokio::test]
async fn all_members_see_the_same_posts_in_the_same_order() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let address = relay.local_addr();
    let members = [Device::new(1), Device::new(2), Device::new(3)];
    let mut sessions = Vec::new();
    for device in &members {
        sessions.push(device.connect(address, 0).await.0);
    }
    let conversation = Conversation(ChannelId::new([9; 16]));
    let everyone: Vec<&Device> = members.iter().collect();
    let mut creator = Connection::open(address).await;
    creator.ask(&conversation.create(id(0), &everyone)).await;

    let mut posters = Vec::new();
    for poster in 0..4u64 {
        let posts: Vec<_> = (1..=10u64)
            .map(|n| id(poster * 100 + n))
            .map(|id| ClientFrame::Post(conversation.post(id, 0, b"hello")))
            .collect();
        posters.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await;
            for post in &posts {
                assert!(matches!(connection.ask(post).await, RelayFrame::Accepted { .. }));
            }
        }));
    }
    for poster in posters {
        poster.await.expect("posts");
    }
    let mut views = Vec::new();
    for (device, session) in members.iter().zip(&mut sessions) {
        views.push(device.collect(session, 1, 40).await);
    }
    assert_eq!(views[0], views[1]);
    assert_eq!(views[0], views[2]);
    for (place, entry) in (1..).zip(&views[0]) {
        assert!(matches!(entry, Entry::Post { seq, .. } if *seq == place), "channel seqs have no hole");
    }
    relay.stop().await;
}

#[tokio::test]
async fn of_a_thousand_concurrent_commits_exactly_one_wins_each_epoch() {
    // RELAY-3
    const SESSIONS: u64 = 50;
    const EPOCHS: u64 = 20;
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let address = relay.local_addr();
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(address, 0).await;
    let channel = ChannelId::new([9; 16]);
    Connection::open(address).await.ask(&Conversation(channel).create(id(0), &[&alice])).await;

    let mut committers = Vec::new();
    for committer in 0..SESSIONS {
        committers.push(tokio::spawn(async move {
            let (alice, conversation) = (Device::new(1), Conversation(channel));
            let mut connection = Connection::open(address).await;
            // All are under way before the first answer is read.
            for epoch in 0..EPOCHS {
                let id = id(1000 * committer + epoch + 1);
                connection.send(&conversation.commit(id, epoch, &[&alice])).await;
            }
            let mut won = Vec::new();
            for epoch in 0..EPOCHS {
                match connection.receive().await {
                    RelayFrame::Accepted { seq, .. } => {
                        assert_eq!(seq, epoch + 1, "nobody else posted");
                        won.push(epoch);
                    }
                    RelayFrame::Refused { code: ErrorCode::Conflict, epoch: Some(current), .. } => {
                        assert!(
                            current > epoch && current <= EPOCHS,
                            "the loser learns where the channel is"
                        );
                    }
                    other => panic!("neither won nor lost: {other:?}"),
                }
            }
            won
        }));
    }
    let mut won = Vec::new();
    for committer in committers {
        won.extend(committer.await.expect("commits"));
    }
    won.sort_unstable();
    assert_eq!(won, (0..EPOCHS).collect::<Vec<_>>());

    let seen = alice.collect(&mut session, 1, EPOCHS as usize).await;
    for (place, entry) in (0..).zip(&seen) {
        assert!(
            matches!(entry, Entry::Commit { seq, epoch, .. } if *seq == place + 1 && *epoch == place),
            "the winners and nobody else were delivered"
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_device_that_heals_reads_what_the_channel_keeps() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let conversation = Conversation(ChannelId::new([9; 16]));
    let mut sender = Connection::open(relay.local_addr()).await;
    sender.ask(&conversation.create(id(0), &[&alice])).await;
    let ClientFrame::Commit(mut commit) = conversation.commit(id(1), 0, &[&alice]) else {
        panic!("a commit")
    };
    commit.next.group_info = None;
    commit.next.access = b"access".to_vec();
    assert_eq!(sender.ask(&ClientFrame::Commit(commit)).await, RelayFrame::Accepted { id: id(1), seq: 1 });
    for epoch in [0, 1] {
        let RelayFrame::ChannelInfo(info) = sender.ask(&conversation.fetch(id(2), epoch, 0)).await else {
            panic!("a channel")
        };
        assert_eq!((info.id, info.epoch, info.more), (id(2), 1, false));
        assert_eq!((info.group_info, info.access), (Some(Vec::new().into()), b"access".to_vec()));
        assert_eq!(info.handshakes, [b"commit".to_vec().into()]);
    }
    let stranger = RelayFrame::Refused { id: id(3), code: ErrorCode::BadSecret, epoch: None };
    assert_eq!(sender.ask(&conversation.fetch(id(3), 2, 0)).await, stranger);
    relay.stop().await;
}

#[tokio::test]
async fn a_repeated_post_gets_the_seq_of_the_first() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    let conversation = Conversation(ChannelId::new([9; 16]));
    let mut sender = Connection::open(relay.local_addr()).await;
    sender.ask(&conversation.create(id(0), &[&alice])).await;
    let post = |n, body| ClientFrame::Post(conversation.post(id(n), 0, body));
    assert_eq!(sender.ask(&post(1, b"a")).await, RelayFrame::Accepted { id: id(1), seq: 1 });
    assert_eq!(sender.ask(&post(2, b"b")).await, RelayFrame::Accepted { id: id(2), seq: 2 });
    let mut other = Connection::open(relay.local_addr()).await;
    assert_eq!(other.ask(&post(1, b"a")).await, RelayFrame::Accepted { id: id(1), seq: 1 });
    let misused = RelayFrame::Refused { id: id(1), code: ErrorCode::BadFrame, epoch: None };
    assert_eq!(other.ask(&post(1, b"c")).await, misused);
    assert_eq!(alice.collect(&mut session, 1, 2).await.len(), 2);
    assert!(session.is_quiet().await);

    let commit = conversation.commit(id(3), 0, &[&alice]);
    assert_eq!(sender.ask(&commit).await, RelayFrame::Accepted { id: id(3), seq: 3 });
    assert_eq!(sender.ask(&commit).await, RelayFrame::Accepted { id: id(3), seq: 3 });
    assert_eq!(
        other.ask(&post(1, b"a")).await,
        RelayFrame::Accepted { id: id(1), seq: 1 },
        "even in a later epoch"
    );
    relay.stop().await;
}
