//! What became of messages: delivered, read, and who is told.

use kuvert_core::{Command, MessageDetails, MessageState, SenderKind};
use kuvert_store::ReportKind;
use kuvert_wire::ClientFrame;

use crate::groups::Circle;
use crate::world::{ALICE, BOB, World};

fn details(world: &mut World, at: usize) -> MessageDetails {
    let id = world.devices[at].last().row.id;
    world.devices[at].client.message_details(id).expect("reads").expect("there")
}

fn mark_read(world: &mut World, at: usize) {
    let conversation = world.devices[at].id();
    world.command(at, Command::MarkRead { conversation }).expect("reads");
}

#[test]
fn a_message_goes_from_queued_to_sent_to_delivered_to_read() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.go_offline(BOB);
    world.send(BOB, "one");
    assert_eq!(details(&mut world, BOB).message.row.state, MessageState::Queued);
    world.go_online(BOB);
    assert_eq!(details(&mut world, BOB).message.row.state, MessageState::Sent);
    world.go_online(ALICE);
    let delivered = details(&mut world, BOB);
    assert_eq!(delivered.message.row.state, MessageState::Delivered);
    let [receipt] = delivered.receipts.as_slice() else { panic!("one person") };
    assert_eq!(receipt.identity, world.devices[BOB].contact().identity);
    assert_eq!(receipt.read, None);
    world.now = world.now.plus_millis(5_000);
    mark_read(&mut world, ALICE);
    let read = details(&mut world, BOB);
    assert_eq!(read.message.row.state, MessageState::Read);
    assert_eq!(read.receipts[0].delivered, receipt.delivered);
    assert!(read.receipts[0].read.expect("read") >= receipt.delivered + 5_000);
    // Read once is read: nothing more is reported.
    let asked = world.devices[ALICE].asked.len();
    mark_read(&mut world, ALICE);
    assert_eq!(world.devices[ALICE].asked.len(), asked);
}

#[test]
fn who_does_not_want_it_tells_nobody_what_was_read() {
    let mut world = World::acquainted();
    world.command(ALICE, Command::SetReadReports { on: false }).expect("decides");
    assert!(!world.devices[ALICE].client.sends_read_reports().expect("reads"));
    world.send(BOB, "one");
    mark_read(&mut world, ALICE);
    assert_eq!(details(&mut world, BOB).message.row.state, MessageState::Delivered);
    assert_eq!(world.devices[ALICE].conversation().conversation.unread, 0);
    // From now on they are told, and not of what was read before.
    world.command(ALICE, Command::SetReadReports { on: true }).expect("decides");
    mark_read(&mut world, ALICE);
    assert_eq!(details(&mut world, BOB).message.row.state, MessageState::Delivered);
    world.send(BOB, "two");
    mark_read(&mut world, ALICE);
    assert_eq!(details(&mut world, BOB).message.row.state, MessageState::Read);
}

#[test]
fn what_was_read_before_the_connection_was_there_is_reported_in_one() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    for n in 0..300 {
        world.send(BOB, &format!("message {n}"));
    }
    world.go_online(ALICE);
    let before = world.devices[ALICE].asked.len();
    world.go_offline(ALICE);
    mark_read(&mut world, ALICE);
    world.go_online(ALICE);
    let posts = world.devices[ALICE].asked.len() - before;
    assert!(posts <= 3, "two reports of at most 256 messages: {posts}");
    let states: Vec<_> = world.devices[BOB].timeline().into_iter().map(|message| message.2).collect();
    assert!(states.iter().all(|state| *state == MessageState::Read), "{states:?}");
}

/// How many posts a device made.
fn posts(circle: &Circle, at: usize) -> usize {
    circle.world.devices[at].asked.iter().filter(|frame| matches!(frame, ClientFrame::Post(_))).count()
}

fn states(circle: &mut Circle) -> Vec<MessageState> {
    let conversation = circle.group(0);
    let rows = circle.world.devices[0].client.messages(conversation, None, 100).expect("reads");
    rows.into_iter().filter(|row| row.sender == SenderKind::Own).map(|row| row.state).collect()
}

#[test]
fn in_a_group_one_report_covers_many_messages_and_a_message_is_read_when_all_have_read_it() {
    let mut circle = Circle::new(3);
    let before = [posts(&circle, 1), posts(&circle, 2)];
    for n in 0..30 {
        circle.say(0, &format!("message {n}"));
    }
    // Some are reported at once, the rest together.
    assert!(states(&mut circle).contains(&MessageState::Sent));
    circle.world.settle(60);
    assert!(states(&mut circle).iter().all(|state| *state == MessageState::Delivered));
    for (at, before) in [(1, before[0]), (2, before[1])] {
        let reports = posts(&circle, at) - before;
        assert!((1..=6).contains(&reports), "{reports} reports on 30 messages");
        assert!(states(&mut circle).iter().all(|state| *state == MessageState::Delivered));
        let conversation = circle.group(at);
        circle.command(at, Command::MarkRead { conversation }).expect("reads");
        circle.world.settle(60);
    }
    assert!(states(&mut circle).iter().all(|state| *state == MessageState::Read), "by all two others");
}

#[test]
fn in_a_large_group_nobody_reports_anything_not_even_what_was_owed_before_it_grew() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut circle = Circle::acquainted(3, Some(dir.path()));
    circle.create(3);
    let conversation = circle.group(1);
    circle.world.go_offline(1);
    circle.world.tamper(1, |tx| {
        tx.owe_report(conversation, &[7; 32], ReportKind::Delivered).expect("writes");
        let mut profile = tx.group_profile(conversation).expect("reads").expect("a group");
        profile.members = 17;
        tx.set_group_profile(conversation, &profile).expect("writes");
    });
    let before = posts(&circle, 1);
    circle.world.go_online(1);
    circle.say(0, "one");
    circle.command(1, Command::MarkRead { conversation }).expect("reads");
    circle.world.settle(60);
    assert_eq!(circle.texts(1), ["one"]);
    assert_eq!(posts(&circle, 1), before);
    assert_eq!(circle.world.devices[1].client.waiting().expect("reads"), 0);
    assert_eq!(states(&mut circle), [MessageState::Sent]);
}
