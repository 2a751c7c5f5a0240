//! What could stop a conversation for good, and does not.

use kuvert_core::{Command, ContactState, Event, Input, Line, MessageState};
use kuvert_wire::{ClientFrame, ErrorCode, RelayFrame, encode};

use crate::relay::ORIGIN;
use crate::world::{ALICE, BOB, World, anonymous};

const WEEK: i64 = 8 * 86_400_000;

fn assert_texts(world: &mut World, expected: &[&str]) {
    assert_eq!(world.devices[ALICE].texts(), expected);
    assert_eq!(world.devices[BOB].texts(), expected);
}

#[test]
fn an_own_commit_that_won_is_merged_even_if_the_relay_forgot_the_request() {
    // MLS-1: only the inbox tells which commit was accepted when the answer was lost.
    let mut world = World::acquainted();
    world.now = world.now.plus_millis(WEEK);
    let conversation = world.devices[BOB].id();
    let send = Command::Send { conversation, text: "one".into() };
    world.input(BOB, Input::Command(send)).expect("sends");
    // The connection is lost before anything is heard, and for longer than the relay remembers requests.
    world.go_offline(BOB);
    world.relay.forget_requests();
    world.open_lines(BOB, &[anonymous()]);
    world.go_online(BOB);
    world.send(BOB, "two");
    world.send(ALICE, "three");
    assert_texts(&mut world, &["hello", "one", "two", "three"]);
}

#[test]
fn a_channel_that_the_relay_forgot_is_made_anew() {
    let mut world = World::acquainted();
    world.relay.forget_channels();
    world.now = world.now.plus_millis(WEEK);
    world.send(BOB, "one");
    world.send(BOB, "two");
    world.send(ALICE, "three");
    assert_texts(&mut world, &["hello", "one", "two", "three"]);
}

#[test]
fn both_make_a_forgotten_channel_anew() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.go_offline(BOB);
    world.send(BOB, "one");
    world.relay.forget_channels();
    world.send(ALICE, "two");
    world.go_online(BOB);
    world.go_online(ALICE);
    world.send(ALICE, "three");
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts
    };
    assert_eq!(sorted(world.devices[ALICE].texts()), ["hello", "one", "three", "two"]);
    assert_eq!(sorted(world.devices[BOB].texts()), ["hello", "one", "three", "two"]);
}

#[test]
fn a_commit_that_is_on_its_way_is_kept_when_its_channel_is_made_anew() {
    // MLS-1: what was sent may be accepted, whatever was answered to what was sent with it.
    let mut world = World::acquainted();
    world.now = world.now.plus_millis(WEEK);
    world.send(ALICE, "zero");
    world.relay.forget_channels();
    let conversation = world.devices[BOB].id();
    let send = Command::Send { conversation, text: "one".into() };
    world.input(BOB, Input::Command(send)).expect("sends");
    let answers = std::mem::take(&mut world.devices[BOB].inputs);
    let commit = world.devices[BOB].asked.last().cloned().expect("was asked");
    assert!(matches!(commit, ClientFrame::Commit(_)), "keys that are a week old are renewed");
    // Meanwhile Alice makes the channel anew, and the same commit comes once more, by an older connection.
    world.send(ALICE, "two");
    let (_, delivered) = world.relay.anonymous_frame(commit);
    assert!(!delivered.is_empty());
    world.notify(ORIGIN, delivered);
    let live = std::mem::replace(&mut world.devices[BOB].inputs, answers);
    world.devices[BOB].inputs.extend(live);
    world.run();
    world.settle(120);
    world.send(BOB, "three");
    world.send(ALICE, "four");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "zero", "two", "one", "three", "four"]);
    assert_eq!(world.devices[BOB].texts(), ["hello", "zero", "one", "two", "three", "four"]);
    let is_odd = |event: &Event| matches!(event, Event::Dropped(_) | Event::GroupLost(_));
    assert!(world.devices.iter().all(|device| !device.events.iter().any(is_odd)), "nothing had to be healed");
}

#[test]
fn a_commit_is_not_given_up_because_the_relay_was_away_for_long() {
    // MLS-1: it may have been accepted before, and the answer lost.
    let mut world = World::acquainted();
    world.now = world.now.plus_millis(WEEK);
    world.send_unanswered(BOB, "one");
    world.take_down(ORIGIN);
    world.now = world.now.plus_millis(31 * 86_400_000);
    let line = anonymous();
    world.input(BOB, Input::Disconnected(line)).expect("handles");
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Failed, "the user learns of it");
    world.bring_up(ORIGIN);
    world.go_online(BOB);
    world.go_online(ALICE);
    world.send(BOB, "two");
    world.send(ALICE, "three");
    assert_texts(&mut world, &["hello", "one", "two", "three"]);
    let delivered =
        world.devices[BOB].timeline().into_iter().filter(|m| m.2 == MessageState::Delivered).count();
    assert_eq!(delivered, 3, "also what had arrived though it counted as failed");
    let is_lost = |event: &Event| matches!(event, Event::GroupLost(_));
    assert!(!world.devices[BOB].events.iter().any(is_lost));
}

#[test]
fn what_is_not_for_the_eyes_and_could_not_be_sent_goes_out_with_the_next_session() {
    let mut world = World::acquainted();
    world.send(BOB, "won");
    let message = world.devices[BOB].last().row.id;
    world.relay.refuse = Some(ErrorCode::TooLarge);
    world.command(BOB, Command::Edit { message, text: "one".into() }).expect("edits");
    world.relay.refuse = None;
    assert_eq!(world.devices[ALICE].texts(), ["hello", "won"]);
    world.go_offline(BOB);
    world.go_online(BOB);
    assert_texts(&mut world, &["hello", "one"]);
    assert_eq!(world.devices[BOB].client.waiting().expect("reads"), 0);
}

#[test]
fn a_request_to_who_was_away_for_too_long_fails_and_is_not_dropped_in_silence() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let link = world.link(ALICE);
    world.go_offline(ALICE);
    world.now = world.now.plus_millis(100 * 86_400_000);
    world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(BOB, Command::Request { link, text: "hello".into() }).expect("requests");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
    assert!(!world.devices[BOB].events.iter().any(|event| matches!(event, Event::Dropped(_))));
    world.go_online(ALICE);
    let message = world.devices[BOB].last().row.id;
    world.command(BOB, Command::Retry { message }).expect("retries");
    assert_texts(&mut world, &["hello"]);
}

#[test]
fn a_commit_that_is_refused_for_good_does_not_stop_what_follows() {
    let mut world = World::acquainted();
    world.now = world.now.plus_millis(WEEK);
    world.relay.refuse = Some(ErrorCode::TooLarge);
    world.send(BOB, "one");
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Failed);
    world.relay.refuse = None;
    let conversation = world.devices[BOB].id();
    let failed = world.devices[BOB].client.messages(conversation, None, 1).expect("reads").remove(0);
    world.command(BOB, Command::Retry { message: failed.id }).expect("retries");
    world.send(BOB, "two");
    assert_texts(&mut world, &["hello", "one", "two"]);
}

#[test]
fn a_relay_that_contradicts_itself_is_not_asked_for_ever() {
    let mut world = World::acquainted();
    world.relay.refuse = Some(ErrorCode::Conflict);
    // Ends at all.
    world.send(BOB, "one");
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Failed);
}

#[test]
fn a_contact_who_comes_by_an_own_link_is_reached_though_the_own_request_failed() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.relay.refuse = Some(ErrorCode::BadToken);
    world.request("hello");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
    world.relay.refuse = None;
    let link = world.link(BOB);
    world.command(ALICE, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(ALICE, Command::Request { link, text: "good day".into() }).expect("requests");
    world.send(BOB, "there you are");
    assert_eq!(world.devices[ALICE].texts(), ["good day", "there you are"]);
    assert_eq!(world.devices[ALICE].state(), ContactState::Accepted);
}

#[test]
fn an_answer_is_an_acceptance_even_if_the_acceptance_was_lost() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    world.go_offline(BOB);
    world.send(ALICE, "welcome");
    let inbox = world.devices[BOB].inbox();
    // The first entry is the acceptance.
    world.relay.lose_silently(inbox);
    world.go_online(BOB);
    world.send(BOB, "thanks");
    assert_texts(&mut world, &["hello", "welcome", "thanks"]);
}

#[test]
fn an_inbox_that_was_made_anew_is_read_from_its_begin_even_if_nobody_heard_of_it() {
    let mut world = World::acquainted();
    world.send(BOB, "one");
    world.go_offline(ALICE);
    let inbox = world.devices[ALICE].inbox();
    world.relay.forget(inbox);
    // The relay says that the inbox is gone, makes it as asked, and its answer is lost.
    world.open_lines(ALICE, &[]);
    for input in [
        Input::Connected(Line::Owner),
        Input::Frame(Line::Owner, encode(&crate::relay::Relay::hello())),
        Input::Frame(Line::Owner, encode(&RelayFrame::Error { code: ErrorCode::NoSuchInbox })),
    ] {
        world.input(ALICE, input).expect("handles");
    }
    world.go_offline(ALICE);
    world.send(BOB, "two");
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two"]);
}

#[test]
fn many_busy_answers_are_one_pause() {
    let mut world = World::acquainted();
    world.go_offline(BOB);
    for n in 0..20 {
        world.send(BOB, &format!("{n}"));
    }
    world.relay.busy = true;
    world.go_online(BOB);
    world.relay.busy = false;
    world.now = world.now.plus_millis(2_000);
    world.input(BOB, Input::Wake).expect("wakes");
    world.run();
    let numbers: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(world.devices[ALICE].texts()[1..], numbers);
    let said = world.devices[BOB].asked.iter().filter(|frame| **frame == ClientFrame::Resume).count();
    assert_eq!(said, 1, "the relay is told once that its refusals were heard");
}

#[test]
fn a_link_still_leads_somewhere_after_its_key_packages_have_ended() {
    const DAY: i64 = 86_400_000;
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    // Alice is there now and then, and nobody writes to her for long.
    for days in [40, 60] {
        world.go_offline(ALICE);
        world.now = world.now.plus_millis(days * DAY);
        world.go_online(ALICE);
    }
    world.request("hello");
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
}
