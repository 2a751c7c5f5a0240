//! People at different relays: the channel is at one of them, and either can be away.

use kuvert_core::{Command, ContactState, Event, Input, Line, MessageState, Refusal};
use kuvert_store::{OutboxKind, OutboxRow};
use kuvert_wire::{ClientFrame, DepositKey, InboxId, PostId, TakeKeyPackage, encode};

use crate::relay::{ELSEWHERE, ORIGIN};
use crate::world::{ALICE, BOB, World, on_disk};

const CAROL: usize = 2;
const DAY: i64 = 86_400_000;
const WEEK: i64 = 8 * DAY;

/// Alice at one relay and Bob at another, not acquainted.
fn apart() -> World {
    let mut world = World::new(&["Alice"]);
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.go_online(ALICE);
    world.go_online(BOB);
    world
}

/// Alice and Bob in an accepted conversation that began with "hello", whose channel is at Bob's relay.
fn acquainted() -> World {
    let mut world = apart();
    world.meet();
    assert!(!world.elsewhere.commits.is_empty());
    assert!(world.relay.commits.is_empty());
    world
}

fn states(world: &mut World, at: usize) -> Vec<MessageState> {
    world.devices[at].timeline().into_iter().map(|message| message.2).collect()
}

fn unreachable(world: &World, at: usize) -> usize {
    let said = |event: &&Event| matches!(event, Event::Unreachable(relay) if relay.as_str() == ELSEWHERE);
    world.devices[at].events.iter().filter(said).count()
}

#[test]
fn people_at_two_relays_meet_and_write_to_each_other() {
    let mut world = acquainted();
    world.send(ALICE, "one");
    world.send(BOB, "two");
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].texts(), ["hello", "one", "two"]);
        assert_eq!(world.devices[device].state(), ContactState::Accepted);
    }
    let own =
        |at: usize| world.devices[at].asked.iter().filter(|f| matches!(f, ClientFrame::Post(_))).count();
    assert!(own(ALICE) > 0 && own(BOB) > 0);
    assert!(states(&mut world, BOB).contains(&MessageState::Delivered));
    assert!(world.relay.outbox.is_empty(), "what Alice posts goes to the channel's relay, not through hers");
}

#[test]
fn who_is_unblocked_at_another_relay_reaches_the_user_again() {
    for (at, other) in [(ALICE, BOB), (BOB, ALICE)] {
        let mut world = acquainted();
        let conversation = world.devices[at].id();
        world.command(at, Command::Block { conversation }).expect("blocks");
        world.send(other, "into the void");
        world.command(at, Command::Unblock { conversation }).expect("unblocks");
        world.settle(60);
        world.send(other, "back");
        world.send(at, "good");
        assert_eq!(world.devices[at].texts(), ["hello", "back", "good"]);
        assert_eq!(world.devices[other].texts(), ["hello", "into the void", "back", "good"]);
    }
}

#[test]
fn what_is_for_a_relay_that_is_down_waits_in_order_and_says_so_once() {
    let mut world = acquainted();
    world.take_down(ELSEWHERE);
    for n in 0..5 {
        world.send(ALICE, &format!("{n}"));
    }
    world.try_again(ALICE);
    world.try_again(ALICE);
    assert_eq!(unreachable(&world, ALICE), 1);
    assert!(states(&mut world, ALICE)[1..].iter().all(|state| *state == MessageState::Queued));
    world.bring_up(ELSEWHERE);
    assert_eq!(world.devices[BOB].texts(), ["hello", "0", "1", "2", "3", "4"]);
    assert!(states(&mut world, ALICE)[1..].iter().all(|state| *state == MessageState::Delivered));
    // The next time it is said again.
    world.take_down(ELSEWHERE);
    world.send(ALICE, "again");
    world.try_again(ALICE);
    assert_eq!(unreachable(&world, ALICE), 2);
}

#[test]
fn what_is_for_somebody_whose_relay_is_down_is_sent_and_comes_later_in_order() {
    let mut world = acquainted();
    world.take_down(ORIGIN);
    for n in 0..5 {
        world.send(BOB, &format!("{n}"));
    }
    assert!(states(&mut world, BOB)[1..].iter().all(|state| *state == MessageState::Sent));
    assert_eq!(world.elsewhere.outbox.len(), 5);
    world.bring_up(ORIGIN);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "0", "1", "2", "3", "4"]);
    assert!(states(&mut world, BOB)[1..].iter().all(|state| *state == MessageState::Delivered));
}

#[test]
fn while_the_own_relay_is_down_others_take_what_is_for_them() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut world = World::new(&[]);
    world.add_at(1, "Alice", ORIGIN, Some(dir.path().join("alice.db")));
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.meet();
    world.take_down(ORIGIN);
    // Also in a run that has not seen the own relay at all.
    world.restart(ALICE);
    world.go_online(ALICE);
    world.send(ALICE, "one");
    assert_eq!(world.devices[BOB].texts(), ["hello", "one"]);
    assert_eq!(states(&mut world, ALICE)[1], MessageState::Sent);
    world.bring_up(ORIGIN);
    world.send(BOB, "two");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two"]);
}

#[test]
fn a_relay_that_is_down_holds_up_nothing_that_is_for_others() {
    let mut world = acquainted();
    world.add(3, "Carol", None);
    world.go_online(CAROL);
    world.take_down(ELSEWHERE);
    world.send(ALICE, "for Bob");
    let link = world.link(CAROL);
    world.command(ALICE, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(ALICE, Command::Request { link, text: "for Carol".into() }).expect("requests");
    assert_eq!(world.devices[CAROL].texts(), ["for Carol"]);
    world.bring_up(ELSEWHERE);
    assert_eq!(world.devices[BOB].texts(), ["hello", "for Bob"]);
}

#[test]
fn a_link_of_a_relay_that_is_down_is_asked_for_a_key_package_later() {
    let mut world = apart();
    let link = world.link(ALICE);
    world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
    world.take_down(ORIGIN);
    world.command(BOB, Command::Request { link, text: "hello".into() }).expect("requests");
    assert_eq!(states(&mut world, BOB), [MessageState::Queued]);
    world.bring_up(ORIGIN);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
    assert_eq!(states(&mut world, BOB), [MessageState::Sent]);
}

#[test]
fn more_than_one_window_goes_out_complete_and_in_order() {
    let mut world = acquainted();
    world.take_down(ELSEWHERE);
    let expected: Vec<_> =
        std::iter::once("hello".to_owned()).chain((0..300).map(|n| format!("message {n}"))).collect();
    for text in &expected[1..] {
        world.send(ALICE, text);
    }
    world.bring_up(ELSEWHERE);
    assert_eq!(world.devices[BOB].texts(), expected);
}

#[test]
fn a_session_elsewhere_is_closed_when_it_is_not_needed_any_more() {
    let mut world = acquainted();
    world.send(ALICE, "one");
    assert_eq!(world.devices[ALICE].wanted.len(), 1);
    world.wake(ALICE);
    world.wake(ALICE);
    assert!(world.devices[ALICE].wanted.is_empty());
    world.send(ALICE, "two");
    assert_eq!(world.devices[BOB].texts(), ["hello", "one", "two"]);
}

#[test]
fn a_stranger_at_another_relay_makes_this_device_connect_nowhere() {
    let mut world = apart();
    world.request("hello");
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
    assert!(world.devices[ALICE].wanted.is_empty(), "not before the request is accepted");
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::Accept { conversation }).expect("accepts");
    assert_eq!(world.devices[ALICE].wanted.len(), 1);
    assert_eq!(world.devices[BOB].state(), ContactState::Accepted);
}

#[test]
fn who_stays_at_the_own_relay_is_met_there() {
    // WEB-1: a web page can be reached by people of all relays, and speaks to its own only.
    let mut world = World::new(&["Alice"]);
    world.devices[ALICE].client.stay_at_own_relay().expect("notes it");
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.meet();
    world.send(ALICE, "one");
    world.send(BOB, "two");
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].texts(), ["hello", "one", "two"]);
    }
    assert!(world.devices[ALICE].wanted.is_empty());
    assert!(world.elsewhere.commits.is_empty(), "the channel is at Alice's relay");
}

#[test]
fn who_stays_at_the_own_relay_writes_to_nobody_elsewhere() {
    // WEB-1
    let mut world = World::new(&["Alice"]);
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.devices[BOB].client.stay_at_own_relay().expect("notes it");
    world.go_online(ALICE);
    world.go_online(BOB);
    let link = world.link(ALICE);
    world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
    let refused = world.command(BOB, Command::Request { link, text: "hello".into() });
    assert!(matches!(refused, Err(kuvert_core::ClientError::Refused(Refusal::OtherRelay))));
    assert!(world.devices[BOB].wanted.is_empty());
}

#[test]
fn a_relay_that_keeps_to_itself_is_said_to() {
    // The own one: at once.
    let mut world = World::new(&["Alice"]);
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.elsewhere.is_alone = true;
    world.go_online(ALICE);
    world.go_online(BOB);
    let link = world.link(ALICE);
    world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
    let refused = world.command(BOB, Command::Request { link, text: "hello".into() });
    assert!(matches!(refused, Err(kuvert_core::ClientError::Refused(Refusal::OtherRelay))));
    // The contact's: when their key package has come.
    let mut world = World::new(&["Alice"]);
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.relay.is_alone = true;
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    assert_eq!(states(&mut world, BOB), [MessageState::Failed]);
}

#[test]
fn a_relay_that_is_gone_for_ever_ends_the_waiting() {
    let mut world = acquainted();
    world.take_down(ELSEWHERE);
    world.send(ALICE, "one");
    world.now = world.now.plus_millis(29 * DAY);
    world.try_again(ALICE);
    assert_eq!(states(&mut world, ALICE)[1], MessageState::Queued);
    world.now = world.now.plus_millis(2 * DAY);
    world.try_again(ALICE);
    assert_eq!(states(&mut world, ALICE)[1], MessageState::Failed);
    // It was not: the user tries again.
    world.bring_up(ELSEWHERE);
    let conversation = world.devices[ALICE].id();
    let failed = world.devices[ALICE].client.messages(conversation, None, 1).expect("reads").remove(0);
    world.command(ALICE, Command::Retry { message: failed.id }).expect("retries");
    assert_eq!(world.devices[BOB].texts(), ["hello", "one"]);
}

#[test]
fn a_relay_answers_for_itself_only() {
    let mut world = acquainted();
    world.take_down(ELSEWHERE);
    world.send(ALICE, "one");
    let posts = |f: &&ClientFrame| matches!(f, ClientFrame::Post(_));
    world.elsewhere.down = false;
    world.elsewhere.mute = true;
    world.bring_up(ELSEWHERE);
    let id = world.devices[ALICE].asked.iter().rev().find(posts).and_then(ClientFrame::id).expect("was sent");
    // The own relay says that it took what was meant for the other one, which has not answered.
    world.devices[ALICE].heard.clear();
    let forged = kuvert_wire::encode(&kuvert_wire::RelayFrame::Accepted { id, seq: 1 });
    let mut deaf = acquainted();
    deaf.take_down(ELSEWHERE);
    deaf.send(ALICE, "one");
    let line = Line::Anonymous(ORIGIN.into());
    deaf.input(ALICE, Input::Frame(line, forged)).expect("ignores it");
    assert_eq!(states(&mut deaf, ALICE)[1], MessageState::Queued);
}

#[test]
fn a_relay_that_was_set_back_gets_all_key_packages_anew() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    let inbox = world.devices[ALICE].inbox();
    let backup = world.relay.backup(inbox);
    world.go_online(BOB);
    world.request("hello");
    world.go_offline(ALICE);
    world.relay.restore(inbox, backup);
    world.relay.begin_generation();
    world.go_online(ALICE);
    // The key package that Bob got is not handed out a second time: Carol would write to nobody.
    world.add(3, "Carol", None);
    world.go_online(CAROL);
    let link = world.link(ALICE);
    world.command(CAROL, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(CAROL, Command::Request { link, text: "good day".into() }).expect("requests");
    assert_eq!(world.devices[ALICE].texts(), ["good day"]);
}

#[test]
fn a_relay_with_another_key_is_reached_by_the_key_packages_that_come_after() {
    let mut world = apart();
    world.go_offline(ALICE);
    world.relay.renew_key();
    world.go_online(ALICE);
    world.request("hello");
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
}

#[test]
fn sixteen_other_relays_have_a_session_at_once_and_those_that_do_not_greet_give_their_place_away() {
    let (mut world, _dir) = on_disk();
    world.meet();
    let conversation = world.devices[ALICE].id();
    world.go_offline(ALICE);
    // Something waits for twenty relays, none of which is there.
    world.tamper(ALICE, |tx| {
        for n in 0..20u8 {
            let take = TakeKeyPackage {
                id: PostId::new([100 + n; 16]),
                inbox: InboxId::new([n; 16]),
                token: DepositKey::new([n; 32]).token([n; 16]),
            };
            tx.push_outbox(&OutboxRow {
                id: [100 + n; 16],
                kind: OutboxKind::TakeKeyPackage,
                conversation,
                channel: None,
                message: None,
                frame: encode(&ClientFrame::TakeKeyPackage(take)),
                relay: format!("http://127.0.0.1:{}", 9_000 + u16::from(n)),
                since: 1_800_000_000_000,
            })
            .expect("writes");
        }
    });
    assert_eq!(world.devices[ALICE].wanted.len(), 16);
    world.go_online(ALICE);
    let mut tried = world.devices[ALICE].wanted.clone();
    for _ in 0..6 {
        world.settle(31);
        let wanted = &world.devices[ALICE].wanted;
        assert_eq!(wanted.len(), 16, "never more at once");
        tried.extend(wanted.iter().cloned());
    }
    assert_eq!(tried.len(), 20, "each had its turn");
    // The own relay is not held up by any of it.
    world.send(ALICE, "still here");
    assert_eq!(world.devices[BOB].texts().last().map(String::as_str), Some("still here"));
}

/// Alice, on disk, and Bob, whose relay has the channel and rests before it hands over to Alice's: posts of three epochs, and the
/// commits between them. Alice is online, and knows of nothing.
fn overtaken(folder: &std::path::Path) -> World {
    let mut world = World::new(&[]);
    world.add_at(1, "Alice", ORIGIN, Some(folder.join("alice.db")));
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.meet();
    world.settle(60);
    world.elsewhere.rests = true;
    let before = world.elsewhere.commits.len();
    for text in ["one", "two"] {
        world.now = world.now.plus_millis(WEEK);
        world.send(BOB, text);
        world.settle(60);
    }
    world.send(BOB, "three");
    assert_eq!(world.elsewhere.commits.len(), before + 2);
    world
}

/// The relay that rested hands over what it held.
fn hand_over(world: &mut World) {
    world.elsewhere.rests = false;
    world.run();
    world.settle(60);
}

fn nothing_is_set_aside(world: &mut World, at: usize) {
    world.go_offline(at);
    world.tamper(at, |tx| {
        assert!(tx.past_since_before(i64::MAX).expect("reads").is_empty());
    });
    world.go_online(at);
}

#[test]
fn who_follows_a_channel_faster_than_the_inbox_loses_nothing_of_what_comes_later() {
    // CORE-3
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut world = overtaken(dir.path());
    world.send(ALICE, "mine");
    world.settle(60);
    assert_eq!(
        world.devices[BOB].said(),
        ["hello", "one", "two", "three", "mine"],
        "nothing waits for the inbox"
    );
    assert_eq!(world.devices[ALICE].said(), ["hello", "mine"]);
    // Also over another run.
    world.restart(ALICE);
    world.go_online(ALICE);
    hand_over(&mut world);
    assert_eq!(world.devices[ALICE].said(), ["hello", "mine", "one", "two", "three"]);
    world.send(BOB, "four");
    world.send(ALICE, "five");
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].said()[4..].last().map(String::as_str), Some("five"));
    }
    nothing_is_set_aside(&mut world, ALICE);
}

#[test]
fn an_own_commit_that_was_followed_opens_what_was_posted_before_and_after_it() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut world = World::new(&[]);
    world.add_at(1, "Alice", ORIGIN, Some(dir.path().join("alice.db")));
    world.add_at(2, "Bob", ELSEWHERE, None);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.meet();
    world.settle(60);
    world.elsewhere.rests = true;
    world.send(BOB, "one");
    // Alice renews her keys over the other relay; nothing of it comes back.
    world.now = world.now.plus_millis(WEEK);
    world.send(ALICE, "mine");
    world.settle(60);
    world.send(BOB, "two");
    world.settle(120);
    hand_over(&mut world);
    let texts = world.devices[ALICE].said();
    assert!(["one", "two", "mine"].iter().all(|text| texts.iter().any(|it| it == text)), "{texts:?}");
    world.send(ALICE, "again");
    assert_eq!(world.devices[BOB].said().last().map(String::as_str), Some("again"));
    nothing_is_set_aside(&mut world, ALICE);
}

#[test]
fn what_is_kept_of_a_past_epoch_goes_after_a_month() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut world = overtaken(dir.path());
    world.send(ALICE, "mine");
    world.settle(60);
    world.go_offline(ALICE);
    world.tamper(ALICE, |tx| {
        assert_eq!(tx.past_since_before(i64::MAX).expect("reads").len(), 1);
    });
    world.now = world.now.plus_millis(31 * DAY);
    world.go_online(ALICE);
    nothing_is_set_aside(&mut world, ALICE);
    hand_over(&mut world);
    assert_eq!(
        world.devices[ALICE].said(),
        ["hello", "mine", "three"],
        "of the epochs before, the keys are gone"
    );
    world.send(BOB, "four");
    assert_eq!(world.devices[ALICE].said(), ["hello", "mine", "three", "four"]);
}
