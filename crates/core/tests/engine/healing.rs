//! Devices that missed something, and come back by themselves.

use kuvert_core::{Command, Event, GroupState};

use crate::groups::Circle;
use crate::world::{ALICE, BOB, World, on_disk};

const WEEK: i64 = 8 * 86_400_000;

/// The other two renew their keys, one after the other, while Chris is away.
fn move_on(circle: &mut Circle) {
    for at in [0, 1] {
        circle.world.now = circle.world.now.plus_millis(WEEK);
        circle.say(at, &format!("week {at}"));
        circle.world.settle(60);
    }
}

#[test]
fn missed_commits_are_fetched_from_the_channel_and_what_can_still_be_read_is() {
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    move_on(&mut circle);
    circle.say(1, "read me");
    let inbox = circle.world.devices[2].inbox();
    let waiting = circle.world.relay.waiting(inbox) as u64;
    // All but the last post and what was reported of it have expired.
    circle.world.relay.lose_oldest(inbox, waiting - 2);
    circle.world.go_online(2);
    circle.world.settle(120);
    assert_eq!(circle.texts(2), ["read me"]);
    assert_eq!(circle.notices(2), ["Anna added you", "healed"]);
    let channel = circle.channel();
    let epoch = circle.world.relay.epoch(channel);
    assert_eq!(epoch, 3, "nobody had to commit for it");
    circle.assert_all_hear_all();
}

#[test]
fn a_device_that_missed_a_removal_comes_back_from_outside() {
    let mut circle = Circle::new(4);
    circle.world.go_offline(2);
    let (conversation, dora) = (circle.group(0), circle.identity(3));
    circle.command(0, Command::RemoveMember { conversation, member: dora }).expect("removes");
    circle.world.settle(60);
    circle.say(1, "lost for Chris");
    circle.world.lose_waiting(2);
    circle.world.go_offline(0);
    circle.world.go_offline(1);
    // Nobody else is online, and Chris writes before he knows.
    circle.say(2, "here I am");
    circle.world.go_online(2);
    circle.world.settle(120);
    assert_eq!(circle.notices(2), ["Anna added you", "healed"]);
    circle.world.go_online(0);
    circle.world.go_online(1);
    circle.world.settle(60);
    assert_eq!(circle.texts(0), ["lost for Chris", "here I am"]);
    assert_eq!(circle.texts(1), ["lost for Chris", "here I am"]);
    circle.size = 3;
    circle.assert_all_hear_all();
}

#[test]
fn a_direct_conversation_heals_as_well() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.now = world.now.plus_millis(WEEK);
    world.send(BOB, "lost");
    world.settle(60);
    world.lose_waiting(ALICE);
    world.go_online(ALICE);
    world.settle(120);
    world.send(BOB, "again");
    world.send(ALICE, "here");
    world.settle(60);
    assert_eq!(world.devices[ALICE].said(), ["hello", "again", "here"]);
    assert_eq!(world.devices[BOB].said(), ["hello", "lost", "again", "here"]);
}

#[test]
fn a_device_that_lost_its_own_commit_comes_back_from_outside() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.now = world.now.plus_millis(WEEK);
    world.send_unanswered(BOB, "one");
    let commit = |tx: &kuvert_store::Tx<'_>| {
        let row =
            tx.outbox().expect("reads").into_iter().find(|row| row.kind == kuvert_store::OutboxKind::Commit);
        row.and_then(|row| row.channel).expect("a commit waits")
    };
    world.tamper(BOB, |tx| tx.drop_commits(&commit(tx)).expect("writes"));
    world.go_online(BOB);
    world.settle(120);
    world.send(BOB, "two");
    world.send(ALICE, "three");
    world.settle(60);
    assert_eq!(world.devices[ALICE].said(), ["hello", "one", "two", "three"]);
    assert_eq!(world.devices[BOB].said(), ["hello", "one", "two", "three"]);
}

#[test]
fn a_relay_that_loses_a_commit_in_silence_is_asked_for_it() {
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    circle.world.now = circle.world.now.plus_millis(WEEK);
    circle.say(0, "before");
    circle.world.settle(10);
    circle.say(1, "after");
    circle.world.settle(10);
    let inbox = circle.world.devices[2].inbox();
    // The first is the post, the second the commit.
    circle.world.relay.lose_nth(inbox, 1);
    circle.world.go_online(2);
    circle.world.settle(60);
    assert_eq!(circle.texts(2), ["before", "after"]);
    circle.assert_all_hear_all();
}

#[test]
fn a_kill_while_healing_only_delays_it() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut circle = Circle::acquainted(4, Some(dir.path()));
    circle.create(4);
    circle.world.go_offline(2);
    let (conversation, dora) = (circle.group(0), circle.identity(3));
    circle.command(0, Command::RemoveMember { conversation, member: dora }).expect("removes");
    circle.world.settle(60);
    circle.world.lose_waiting(2);
    circle.world.relay.mute = true;
    for _ in 0..3 {
        circle.world.restart(2);
        circle.world.go_online(2);
    }
    circle.world.relay.mute = false;
    for _ in 0..3 {
        circle.world.restart(2);
        circle.world.go_online(2);
        circle.world.settle(60);
    }
    assert_eq!(circle.state(2), GroupState::Member);
    circle.size = 3;
    circle.assert_all_hear_all();
}

#[test]
fn who_was_removed_and_added_again_heals_without_the_welcome() {
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    let (conversation, chris) = (circle.group(0), circle.identity(2));
    circle.command(0, Command::RemoveMember { conversation, member: chris }).expect("removes");
    circle.world.settle(60);
    let contact = circle.contact(0, 2);
    circle.command(0, Command::AddMembers { conversation, contacts: vec![contact] }).expect("adds");
    circle.world.settle(60);
    circle.say(0, "lost for Chris");
    circle.world.lose_waiting(2);
    circle.world.go_online(2);
    circle.world.settle(120);
    assert_eq!(circle.state(2), GroupState::Member);
    circle.say(0, "here we are");
    circle.world.settle(60);
    assert_eq!(circle.texts(2), ["here we are"]);
    circle.assert_all_hear_all();
}

#[test]
fn who_was_leaving_and_lost_the_commit_that_lets_them_go_has_left() {
    let mut circle = Circle::new(3);
    let conversation = circle.group(2);
    circle.world.go_offline(0);
    circle.world.go_offline(1);
    circle.command(2, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.go_offline(2);
    circle.world.go_online(0);
    circle.world.settle(600);
    assert_eq!(circle.members(0), ["Anna", "Ben"]);
    circle.say(0, "without Chris");
    circle.world.lose_waiting(2);
    circle.world.go_online(2);
    circle.world.settle(120);
    assert_eq!(circle.state(2), GroupState::Left);
    assert!(!circle.world.devices[2].events.iter().any(|event| matches!(event, Event::GroupLost(_))));
}

#[test]
fn nothing_waits_for_an_answer_in_a_group_that_is_lost() {
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    // Chris renews his keys with what he writes.
    circle.world.now = circle.world.now.plus_millis(WEEK);
    circle.say(2, "anybody there?");
    let (conversation, chris) = (circle.group(0), circle.identity(2));
    circle.command(0, Command::RemoveMember { conversation, member: chris }).expect("removes");
    circle.world.settle(60);
    circle.world.lose_waiting(2);
    circle.world.go_online(2);
    circle.world.settle(120);
    assert_eq!(circle.state(2), GroupState::Broken);
    assert_eq!(circle.world.devices[2].client.waiting().expect("reads"), 0);
}
