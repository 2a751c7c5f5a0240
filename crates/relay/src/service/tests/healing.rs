//! What a channel keeps for devices that heal.

use kuvert_wire::{ChannelId, ChannelInfo, ErrorCode, FetchChannel, PostId, PostSecret, RelayFrame, limits};

use super::super::Request;
use super::super::fixtures::{Bench, Conversation, Device, id, request};
use super::{accepted, refused};

const CHANNEL: ChannelId = ChannelId::new([9; 16]);

fn bench() -> (Bench, Conversation) {
    let (mut bench, alice, conversation) = (Bench::new(), Device::new(1), Conversation(CHANNEL));
    bench.apply(&alice.own(0));
    let state = conversation.state(0, &[&alice]);
    assert_eq!(bench.frame(&conversation.create(1, &alice, state)), accepted(1, 0));
    (bench, conversation)
}

/// Commits in `epoch` with a body of `size`, with or without a new GroupInfo.
fn commit(
    bench: &mut Bench,
    conversation: &Conversation,
    epoch: u64,
    size: usize,
    snapshot: bool,
) -> RelayFrame {
    let mut commit = conversation.commit(0, epoch, &[]);
    let mut id = [0xcc; 16];
    id[..8].copy_from_slice(&epoch.to_be_bytes());
    commit.post.id = PostId::new(id);
    commit.post.body = vec![epoch as u8; size];
    if !snapshot {
        commit.next.group_info = None;
    }
    bench.frame(&request(Request::Commit(Box::new(commit))))
}

fn fetch(bench: &mut Bench, channel: ChannelId, epoch: u64, secret: u8, after: u64) -> RelayFrame {
    let secret = PostSecret::new([secret; 32]);
    let fetch = FetchChannel { id: id(7), channel, epoch, secret, after };
    bench.frame(&request(Request::FetchChannel(fetch)))
}

fn info(frame: RelayFrame) -> ChannelInfo {
    match frame {
        RelayFrame::ChannelInfo(info) => info,
        other => panic!("not a channel: {other:?}"),
    }
}

#[test]
fn a_device_that_missed_commits_gets_the_last_snapshot_and_what_came_since() {
    let (mut bench, conversation) = bench();
    let first = info(fetch(&mut bench, CHANNEL, 0, 0, 0));
    assert_eq!(first.group_info, Some(vec![0; 8].into()));
    assert_eq!((first.epoch, first.access.as_slice(), first.handshakes.len()), (0, [0; 4].as_slice(), 0));
    for epoch in 0..3 {
        assert_eq!(commit(&mut bench, &conversation, epoch, 5, false), sequenced(epoch));
    }
    let later = info(fetch(&mut bench, CHANNEL, 0, 0, 0));
    assert_eq!(later.group_info, Some(vec![0; 8].into()), "the snapshot is of epoch 0");
    assert_eq!(later.handshakes, (0..3).map(|epoch| vec![epoch; 5].into()).collect::<Vec<_>>());
    assert_eq!((later.epoch, later.access.as_slice(), later.more), (3, [3; 4].as_slice(), false));

    assert_eq!(commit(&mut bench, &conversation, 3, 5, true), sequenced(3));
    let renewed = info(fetch(&mut bench, CHANNEL, 2, 2, 0));
    assert_eq!((renewed.epoch, renewed.group_info), (4, Some(vec![4; 8].into())));
    assert_eq!(renewed.handshakes, [], "what the snapshot holds went");
    assert_eq!(bench.store.keys(crate::store::Table::Handshakes, b"", 10).expect("reads").len(), 0);
}

fn sequenced(epoch: u64) -> RelayFrame {
    let mut id = [0xcc; 16];
    id[..8].copy_from_slice(&epoch.to_be_bytes());
    RelayFrame::Accepted { id: PostId::new(id), seq: epoch + 1 }
}

#[test]
fn a_channel_is_shown_to_members_of_the_last_epochs_and_to_nobody_else() {
    // RELAY-5: MAX_RECENT_SECRETS
    let (mut bench, conversation) = bench();
    let recent = limits::MAX_RECENT_SECRETS as u64;
    for epoch in 0..=recent {
        assert_eq!(commit(&mut bench, &conversation, epoch, 1, true), sequenced(epoch));
    }
    let bad = refused(7, ErrorCode::BadSecret);
    assert_eq!(fetch(&mut bench, CHANNEL, 0, 0, 0), bad, "too long ago");
    assert_eq!(info(fetch(&mut bench, CHANNEL, 1, 1, 0)).epoch, recent + 1);
    assert_eq!(info(fetch(&mut bench, CHANNEL, recent + 1, (recent + 1) as u8, 0)).epoch, recent + 1);
    assert_eq!(fetch(&mut bench, CHANNEL, 2, 1, 0), bad, "the secret of another epoch");
    assert_eq!(fetch(&mut bench, CHANNEL, recent + 1, 77, 0), bad);
    assert_eq!(fetch(&mut bench, CHANNEL, recent + 2, (recent + 2) as u8, 0), bad, "not yet");
    let none = fetch(&mut bench, ChannelId::new([8; 16]), 0, 0, 0);
    assert_eq!(none, refused(7, ErrorCode::NoSuchChannel));
}

#[test]
fn commits_without_snapshot_are_bounded_in_number() {
    // RELAY-5: MAX_HANDSHAKES
    let (mut bench, conversation) = bench();
    for epoch in 0..limits::MAX_HANDSHAKES {
        assert_eq!(commit(&mut bench, &conversation, epoch, 1, false), sequenced(epoch));
    }
    let beyond = commit(&mut bench, &conversation, limits::MAX_HANDSHAKES, 1, false);
    assert!(matches!(beyond, RelayFrame::Refused { code: ErrorCode::TooLarge, epoch: None, .. }));
    let all = info(fetch(&mut bench, CHANNEL, 0, 0, 0));
    assert_eq!(all.handshakes.len() as u64, limits::MAX_HANDSHAKES);
    let rescued = commit(&mut bench, &conversation, limits::MAX_HANDSHAKES, 1, true);
    assert_eq!(rescued, sequenced(limits::MAX_HANDSHAKES));
}

#[test]
fn commits_without_snapshot_are_bounded_in_bytes_and_read_page_by_page() {
    // RELAY-5: MAX_HANDSHAKE_BYTES, MAX_HANDSHAKE_PAGE
    let (mut bench, conversation) = bench();
    let most = limits::MAX_HANDSHAKE_BYTES / limits::MAX_BODY as u64;
    for epoch in 0..most {
        assert_eq!(commit(&mut bench, &conversation, epoch, limits::MAX_BODY, false), sequenced(epoch));
    }
    let beyond = commit(&mut bench, &conversation, most, 1, false);
    assert!(matches!(beyond, RelayFrame::Refused { code: ErrorCode::TooLarge, .. }));

    let mut handshakes = Vec::new();
    loop {
        let page = info(fetch(&mut bench, CHANNEL, 0, 0, handshakes.len() as u64));
        assert_eq!(page.group_info.is_some(), handshakes.is_empty(), "once is enough");
        let size: usize = page.handshakes.iter().map(|body| body.len()).sum();
        assert!(size <= limits::MAX_HANDSHAKE_PAGE && !page.handshakes.is_empty());
        let more = page.more;
        assert!(kuvert_wire::encode(&RelayFrame::ChannelInfo(page.clone())).len() < limits::MAX_FRAME);
        handshakes.extend(page.handshakes);
        if !more {
            break;
        }
    }
    assert_eq!(handshakes.len() as u64, most);
    assert!((0..).zip(&handshakes).all(|(epoch, body)| body[0] == epoch));
    let past = info(fetch(&mut bench, CHANNEL, 0, 0, u64::MAX));
    assert_eq!((past.handshakes.len(), past.more), (0, false));
}

#[test]
fn what_is_shown_is_never_an_older_answer() {
    let (mut bench, conversation) = bench();
    assert_eq!(info(fetch(&mut bench, CHANNEL, 0, 0, 0)).epoch, 0);
    commit(&mut bench, &conversation, 0, 1, true);
    assert_eq!(info(fetch(&mut bench, CHANNEL, 0, 0, 0)).epoch, 1, "the same request id");
}
