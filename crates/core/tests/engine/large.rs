//! Groups too large for an envelope: their trees, and what changes much of them, travel as blobs.

use kuvert_core::{Command, GroupState};

use crate::groups::{Circle, NAMES};

const DAY: i64 = 86_400_000;

/// One writes, everybody else reads.
fn assert_heard(circle: &mut Circle, by: usize, text: &str) {
    circle.say(by, text);
    circle.world.settle(60);
    for (at, name) in NAMES.iter().enumerate().take(circle.size) {
        assert_eq!(circle.texts(at).last().map(String::as_str), Some(text), "{name}");
    }
}

#[test]
fn devices_beyond_one_envelope_make_a_group_in_one_commit_change_it_and_heal() {
    let mut circle = Circle::acquainted(35, None);
    circle.create(34);
    let channel = circle.channel();
    let commits = circle.world.relay.commits.iter().filter(|(at, _)| *at == channel).count();
    assert_eq!(commits, 1, "all are added together");
    assert!(circle.world.relay.blobs() > 0, "the tree does not fit into an envelope");
    circle.size = 34;
    assert_heard(&mut circle, 33, "all here");

    let (conversation, last) = (circle.group(0), circle.contact(0, 34));
    circle.command(0, Command::AddMembers { conversation, contacts: vec![last] }).expect("adds");
    circle.world.settle(60);
    circle.size = 35;
    assert_heard(&mut circle, 34, "and I");

    // One misses a removal and a message altogether.
    circle.world.go_offline(20);
    let last = circle.identity(34);
    circle.command(0, Command::RemoveMember { conversation, member: last }).expect("removes");
    circle.world.settle(60);
    circle.say(1, "who was not here?");
    circle.world.lose_waiting(20);
    circle.world.go_online(20);
    circle.world.settle(120);
    assert_eq!(circle.state(34), GroupState::Removed);
    assert_eq!(circle.members(20).len(), 34);
    circle.size = 34;
    assert_heard(&mut circle, 20, "I am back");
    assert_heard(&mut circle, 0, "good");
}

#[test]
fn a_large_group_whose_channel_was_forgotten_is_made_anew_with_its_tree_as_a_blob() {
    let mut circle = Circle::new(14);
    circle.world.relay.forget_channels();
    circle.world.relay.forget_blobs();
    circle.world.now = circle.world.now.plus_millis(91 * DAY);
    assert_heard(&mut circle, 3, "is anybody there?");
    assert!(circle.world.relay.blobs() > 0, "the tree is there again");
    assert_heard(&mut circle, 7, "yes");

    // The channel is whole: who misses everything comes back by it.
    circle.world.go_offline(5);
    let rename = Command::RenameGroup { conversation: circle.group(0), name: "Choir of Kiel".into() };
    circle.command(0, rename).expect("renames");
    circle.world.settle(60);
    circle.world.lose_waiting(5);
    circle.world.go_online(5);
    circle.world.settle(120);
    assert_heard(&mut circle, 5, "still singing");
}

#[test]
fn several_make_a_large_forgotten_channel_anew_at_once() {
    let mut circle = Circle::new(14);
    for at in [2, 11] {
        circle.world.go_offline(at);
        circle.say(at, &format!("from {}", NAMES[at]));
    }
    circle.world.relay.forget_channels();
    circle.world.relay.forget_blobs();
    circle.world.open_quietly(2);
    circle.world.open_quietly(11);
    circle.world.settle(120);
    for (at, name) in NAMES.iter().enumerate().take(14) {
        let mut heard = circle.texts(at);
        heard.sort();
        assert_eq!(heard, ["from Chris", "from Lena"], "{name}");
    }
    assert_heard(&mut circle, 0, "and on");
}

#[test]
fn a_blob_that_does_not_get_through_is_tried_again_without_a_new_session() {
    let mut circle = Circle::acquainted(14, None);
    circle.world.relay.no_blobs = true;
    let announced = circle.world.relay.announced;
    circle.create(14);
    circle.world.settle(1_200);
    let tries = circle.world.relay.announced - announced;
    // The tree and the commit, each after 2, 4, 8 ... seconds.
    assert!((16..=24).contains(&tries), "with pauses that double: {tries} tries in 20 minutes");
    assert_eq!(circle.summary(1), None, "nobody was added yet");
    circle.world.relay.no_blobs = false;
    circle.world.settle(700);
    assert_heard(&mut circle, 0, "there it was");

    // The same for those who are to fetch one.
    circle.world.go_offline(4);
    let conversation = circle.group(0);
    let nora = circle.identity(13);
    circle.command(0, Command::RemoveMember { conversation, member: nora }).expect("removes");
    circle.world.settle(60);
    circle.world.lose_waiting(4);
    circle.world.relay.no_blobs = true;
    circle.world.go_online(4);
    circle.world.settle(60);
    circle.world.relay.no_blobs = false;
    circle.world.settle(700);
    circle.size = 13;
    assert_heard(&mut circle, 4, "me too");
}
