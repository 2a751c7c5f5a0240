//! What goes wrong: lost answers, lost requests, killed processes, repeated and forged frames.

use kuvert_core::{
    Admission, ClientError, Command, ContactState, Event, Input, Line, MessageId, MessageState, Refusal,
    SenderKind,
};
use kuvert_wire::{Entries, ErrorCode, Invite, RelayFrame, SealedEntry, encode};

use crate::relay::Relay;
use crate::world::{ALICE, BOB, World, anonymous, on_disk};

#[test]
fn what_was_written_offline_is_sent_when_online() {
    let mut world = World::acquainted();
    world.go_offline(BOB);
    world.send(BOB, "one");
    world.send(BOB, "two");
    assert!(world.devices[BOB].timeline()[1..].iter().all(|m| m.2 == MessageState::Queued));
    world.go_online(BOB);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two"]);
    assert!(world.devices[BOB].timeline().iter().all(|m| m.2 == MessageState::Delivered));
}

#[test]
fn what_was_sent_to_an_absent_device_waits_for_it() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.send(BOB, "one");
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Sent);
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one"]);
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Delivered);
}

#[test]
fn a_process_killed_between_committed_and_sent_sends_after_restart() {
    // MLS-2: the ratchet state that sealed a message is durable before the message leaves.
    let (mut world, _dir) = on_disk();
    world.meet();
    for round in 0..20 {
        world.deaf = true;
        world.send(BOB, &format!("message {round}"));
        world.restart(BOB);
        world.deaf = false;
        world.go_online(BOB);
    }
    let expected: Vec<_> =
        std::iter::once("hello".to_owned()).chain((0..20).map(|n| format!("message {n}"))).collect();
    assert_eq!(world.devices[ALICE].texts(), expected);
    assert_eq!(world.devices[BOB].texts(), expected);
}

#[test]
fn a_lost_answer_doubles_nothing() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.relay.mute = true;
    world.send(BOB, "one");
    world.relay.mute = false;
    world.restart(BOB);
    world.go_online(BOB);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one"]);
    assert!(world.devices[BOB].timeline().iter().all(|m| m.2 == MessageState::Delivered));
}

#[test]
fn a_request_survives_a_kill_at_every_step() {
    for muted in [false, true] {
        let (mut world, _dir) = on_disk();
        world.go_online(ALICE);
        let link = world.link(ALICE);
        world.go_online(BOB);
        world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
        world.deaf = !muted;
        world.relay.mute = muted;
        world.command(BOB, Command::Request { link, text: "hello".into() }).expect("requests");
        for _ in 0..6 {
            world.restart(BOB);
            world.go_online(BOB);
            // From the third try on, everything works; before, either requests or answers are lost.
            world.deaf = false;
        }
        world.relay.mute = false;
        for _ in 0..4 {
            world.restart(BOB);
            world.go_online(BOB);
        }
        assert_eq!(world.devices[ALICE].texts(), ["hello"]);
        assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Sent);
    }
}

#[test]
fn own_commit_is_merged_only_after_it_was_accepted() {
    // MLS-1
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    let conversation = world.devices[ALICE].id();
    world.go_offline(ALICE);
    world.command(ALICE, Command::Accept { conversation }).expect("accepts");
    let commits = world.relay.commits.len();
    // The commit has not left, so the old epoch still holds: Alice opens what Bob's device says in it.
    world.go_online(ALICE);
    assert_eq!(world.relay.commits.len(), commits + 1);
    world.send(BOB, "in the new epoch");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "in the new epoch"]);
}

#[test]
fn an_own_commit_is_not_merged_before_what_came_before_it_was_read() {
    // MLS-1, in the channel's order: the answer to the commit is faster than the posts of the epoch that it ends.
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.send(BOB, "one");
    world.now = world.now.plus_millis(8 * 86_400_000);
    world.send(ALICE, "two");
    let commits = world.relay.commits.len();
    world.open_lines(ALICE, &[anonymous()]);
    assert_eq!(world.relay.commits.len(), commits + 1, "keys that are a week old are renewed");
    world.open_lines(ALICE, &[Line::Owner]);
    world.send(BOB, "three");
    let mut texts = world.devices[ALICE].texts();
    texts.sort();
    assert_eq!(texts, ["hello", "one", "three", "two"]);
    let is_odd = |event: &Event| matches!(event, Event::Gap { .. } | Event::Dropped(_));
    assert!(!world.devices[ALICE].events.iter().any(is_odd), "nothing was lost or dropped");
}

#[test]
fn a_message_of_an_epoch_that_ended_is_sealed_anew_and_comes_once() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    world.go_offline(BOB);
    // Alice accepts and moves to the next epoch; Bob knows neither, and Alice's answer comes while he is away.
    world.send(ALICE, "welcome");
    world.go_online(BOB);
    assert_eq!(world.devices[BOB].state(), ContactState::Accepted);
    world.go_offline(ALICE);
    world.send(BOB, "thanks");
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "welcome", "thanks"]);
    assert_eq!(world.devices[BOB].texts(), ["hello", "welcome", "thanks"]);
}

#[test]
fn frames_that_come_again_change_nothing() {
    // CORE-3
    let mut world = World::acquainted();
    world.send(BOB, "one");
    world.send(ALICE, "two");
    for device in [ALICE, BOB] {
        let before = world.devices[device].timeline();
        for frame in world.devices[device].heard.clone() {
            if matches!(minicbor_frame(&frame), RelayFrame::Entries(_)) {
                world.again(device, frame).expect("changes nothing");
            }
        }
        world.run();
        assert_eq!(world.devices[device].timeline(), before);
    }
    world.send(BOB, "three");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two", "three"]);
}

fn minicbor_frame(bytes: &[u8]) -> RelayFrame {
    kuvert_wire::decode(bytes, kuvert_wire::limits::MAX_FRAME).expect("a frame")
}

#[test]
fn a_relay_that_loses_entries_in_silence_is_told_on() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.send(BOB, "one");
    world.send(BOB, "two");
    let inbox = world.devices[ALICE].inbox();
    world.relay.lose_silently(inbox);
    world.go_online(ALICE);
    assert!(world.devices[ALICE].events.contains(&Event::Gap { lost: 1 }));
    world.send(BOB, "three");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "two", "three"]);
}

#[test]
fn an_entry_out_of_place_ends_the_session_and_changes_nothing() {
    let mut world = World::acquainted();
    let sealed = vec![SealedEntry { bytes: vec![0; 80] }];
    let frame = encode(&RelayFrame::Entries(Entries { first: 1_000, sealed }));
    let result = world.again(ALICE, frame);
    assert!(matches!(result, Err(ClientError::PeerFault(_))));
    world.send(BOB, "still works");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "still works"]);
}

#[test]
fn entries_that_were_lost_at_the_relay_are_said_and_stop_nothing() {
    // RELAY-2, seen from the device: a gap stands for itself and what was lost before it.
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    for text in ["one", "two", "three"] {
        world.send(BOB, text);
    }
    let inbox = world.devices[ALICE].inbox();
    world.relay.lose_oldest(inbox, 2);
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "three"]);
    assert!(world.devices[ALICE].events.contains(&Event::Gap { lost: 2 }));
    assert_eq!(world.relay.waiting(inbox), 0);
}

#[test]
fn posts_that_another_relay_could_not_hand_over_are_said() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    let inbox = world.devices[ALICE].inbox();
    world.relay.miss(inbox, kuvert_wire::ChannelId::new([5; 16]), 3);
    world.send(BOB, "after");
    world.go_online(ALICE);
    assert!(world.devices[ALICE].events.contains(&Event::Gap { lost: 3 }));
    assert_eq!(world.devices[ALICE].texts(), ["hello", "after"]);
}

#[test]
fn a_failed_input_leaves_no_output_and_no_change() {
    // CORE-1: outputs are visible only after the commit.
    let mut world = World::acquainted();
    let before = world.devices[ALICE].timeline();
    let result =
        world.devices[ALICE].client.handle(world.now, Input::Frame(Line::Owner, b"garbage".to_vec()));
    assert!(matches!(result, Err(ClientError::PeerFault(_))));
    assert!(world.devices[ALICE].client.poll_output().is_none());
    assert_eq!(world.devices[ALICE].timeline(), before);
}

#[test]
fn the_same_seed_and_inputs_give_the_same_outputs() {
    // CORE-2, but for the KEM's own randomness: what is sealed with it differs, what is decided does not.
    let run = || {
        let mut world = World::acquainted();
        world.send(BOB, "one");
        let state =
            (world.devices[ALICE].timeline(), world.devices[BOB].timeline(), world.relay.commits.len());
        (state, world.link(ALICE), world.devices[ALICE].contact().identity)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_forgotten_inbox_is_made_anew() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    let inbox = world.devices[ALICE].inbox();
    world.relay.forget(inbox);
    world.devices[ALICE].events.clear();
    world.go_online(ALICE);
    assert!(world.devices[ALICE].events.contains(&Event::Gap { lost: 0 }), "that is said");
    world.send(BOB, "still there?");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "still there?"]);
}

#[test]
fn a_commit_that_went_with_a_forgotten_inbox_is_made_up_for_at_once() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.now = world.now.plus_millis(8 * 86_400_000);
    // With a commit, since the keys are a week old.
    world.send(BOB, "nobody hears this");
    let inbox = world.devices[ALICE].inbox();
    world.relay.forget(inbox);
    world.go_online(ALICE);
    world.settle(60);
    // Nothing that Bob does shows Alice that she is behind.
    world.send(ALICE, "I am back");
    world.settle(60);
    assert_eq!(world.devices[BOB].said(), ["hello", "nobody hears this", "I am back"]);
    assert_eq!(world.devices[ALICE].said(), ["hello", "I am back"]);
}

#[test]
fn a_relay_that_was_set_back_is_followed_and_nothing_comes_twice() {
    // CORE-3
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    world.send(BOB, "one");
    let inbox = world.devices[ALICE].inbox();
    let backup = world.relay.backup(inbox);
    world.go_online(ALICE);
    world.send(BOB, "two");
    world.send(BOB, "three");
    world.go_offline(ALICE);
    world.relay.restore(inbox, backup);
    world.go_online(ALICE);
    world.send(BOB, "four");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two", "three", "four"]);
    world.go_offline(ALICE);
    world.send(BOB, "five");
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two", "three", "four", "five"]);
    assert_eq!(world.relay.waiting(inbox), 0, "all was acknowledged");
}

#[test]
fn a_relay_that_was_restored_and_has_passed_the_cursor_again_loses_nothing() {
    // CORE-3, RELAY-2
    let mut world = World::acquainted();
    let inbox = world.devices[ALICE].inbox();
    world.go_offline(ALICE);
    let backup = world.relay.backup(inbox);
    world.go_online(ALICE);
    world.send(BOB, "one");
    world.send(BOB, "two");
    world.go_offline(ALICE);
    world.relay.restore(inbox, backup);
    world.relay.begin_generation();
    // The seqs of "one" and "two" are given out again, and more behind them.
    for text in ["three", "four", "five", "six"] {
        world.send(BOB, text);
    }
    world.go_online(ALICE);
    let all = ["hello", "one", "two", "three", "four", "five", "six"];
    assert_eq!(world.devices[ALICE].texts(), all);
    world.send(BOB, "seven");
    world.go_offline(ALICE);
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts()[7..], ["seven"]);
    assert_eq!(world.relay.waiting(inbox), 0, "all was acknowledged");
    let gaps = world.devices[ALICE].events.iter().filter(|event| matches!(event, Event::Gap { .. }));
    assert_eq!(
        gaps.collect::<Vec<_>>(),
        [&Event::Gap { lost: 0 }],
        "something may have been, nothing is known of"
    );
}

#[test]
fn nothing_goes_out_before_the_relay_holds_the_own_inbox() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.open_lines(BOB, &[anonymous()]);
    world.request("hello");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Queued);
    world.open_lines(BOB, &[Line::Owner]);
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Sent);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
}

#[test]
fn a_request_outlives_the_own_inbox_that_the_relay_forgot() {
    let (mut world, _dir) = on_disk();
    world.go_online(ALICE);
    world.go_online(BOB);
    let inbox = world.devices[BOB].inbox();
    world.relay.forget(inbox);
    world.restart(BOB);
    world.open_lines(BOB, &[anonymous()]);
    world.request("hello");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Queued);
    world.open_lines(BOB, &[Line::Owner]);
    world.wake(BOB);
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Sent);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
}

#[test]
fn a_relay_that_wants_an_invitation_gets_one_and_then_what_waited() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    let invite = Invite::new([7; 16]);
    world.relay.invite = Some(invite.clone());
    world.go_online(BOB);
    world.request("hello");
    assert!(world.devices[BOB].events.contains(&Event::NotAdmitted(Admission::InviteNeeded)));
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Queued);

    let show = |invite: &str| Command::UseInvite { invite: invite.to_owned() };
    let refused = world.command(BOB, show("too short"));
    assert!(matches!(refused, Err(ClientError::Refused(Refusal::InviteInvalid))));
    let refusals = |world: &World| {
        let refused = |event: &&Event| matches!(event, Event::NotAdmitted(_));
        world.devices[BOB].events.iter().filter(refused).count()
    };
    world.command(BOB, show(&Invite::new([8; 16]).to_text())).expect("shows");
    assert_eq!(refusals(&world), 2);
    world.command(BOB, show(&invite.to_text())).expect("shows");
    assert_eq!((refusals(&world), world.devices[ALICE].texts()), (2, vec!["hello".to_owned()]));
    world.command(BOB, show(&invite.to_text())).expect("changes nothing any more");
    assert_eq!(refusals(&world), 2);
}

#[test]
fn a_relay_of_another_version_is_refused() {
    let mut world = World::acquainted();
    let RelayFrame::Hello(mut hello) = Relay::hello() else { panic!("a greeting") };
    hello.version = 99;
    let result = world.again(ALICE, encode(&RelayFrame::Hello(hello)));
    assert!(matches!(result, Err(ClientError::PeerFault(_))));
}

#[test]
fn no_bytes_from_a_relay_stop_the_engine() {
    let mut world = World::acquainted();
    world.send(ALICE, "one");
    let heard = world.devices[BOB].heard.clone();
    // A small linear generator: the same bytes in every run.
    let mut state = 42_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..2_000 {
        let mut frame = heard[random(heard.len())].clone();
        for _ in 0..=random(4) {
            match round % 3 {
                0 => {
                    let at = random(frame.len());
                    frame[at] = random(256) as u8;
                }
                1 => frame.truncate(random(frame.len()) + 1),
                _ => frame = (0..random(200) + 1).map(|_| random(256) as u8).collect(),
            }
        }
        let line = if round % 2 == 0 { Line::Owner } else { anonymous() };
        // Refused or without effect; neither ends the engine nor shows anything.
        let _ = world.devices[BOB].client.handle(world.now, Input::Frame(line, frame));
        while world.devices[BOB].client.poll_output().is_some() {}
    }
    assert_eq!(world.devices[BOB].texts(), ["hello", "one"]);
    world.go_offline(BOB);
    world.go_online(BOB);
    // Forged entries may have taken the place of a few real ones, as any relay can withhold what it likes.
    for n in 0..40 {
        world.send(ALICE, &format!("message {n}"));
    }
    let last = world.devices[BOB].texts().pop();
    assert_eq!(last.as_deref(), Some("message 39"));
}

#[test]
fn of_two_commits_one_wins_and_the_other_is_made_again() {
    let mut world = World::acquainted();
    let before = world.relay.commits.len();
    world.go_offline(ALICE);
    world.go_offline(BOB);
    world.now = world.now.plus_millis(8 * 86_400_000);
    // Both renew their keys, in the same epoch, and wait with more messages behind it.
    for device in [ALICE, BOB] {
        for n in 0..3 {
            world.send(device, &format!("{device} says {n}"));
        }
    }
    world.go_online(ALICE);
    world.go_online(BOB);
    let epochs: Vec<_> = world.relay.commits[before..].iter().map(|(_, epoch)| *epoch).collect();
    assert_eq!(epochs, [2, 3], "one commit per epoch, and both devices have renewed their keys");
    for device in [ALICE, BOB] {
        let mut texts = world.devices[device].texts();
        assert_eq!(texts.len(), 7);
        texts.retain(|text| text.starts_with("0 says"));
        assert_eq!(texts, ["0 says 0", "0 says 1", "0 says 2"]);
        let own = world.devices[device].timeline().into_iter().filter(|m| m.0 == SenderKind::Own);
        assert!(own.into_iter().all(|message| message.2 == MessageState::Delivered));
    }
    world.send(BOB, "after");
    assert_eq!(world.devices[ALICE].texts().pop().as_deref(), Some("after"));
}

#[test]
fn a_busy_relay_is_asked_again_later() {
    let mut world = World::acquainted();
    world.relay.busy = true;
    world.send(BOB, "one");
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Queued);
    world.relay.busy = false;
    world.wake(BOB);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one"]);
}

#[test]
fn a_request_that_was_refused_can_be_retried_or_made_anew() {
    for with_new_text in [false, true] {
        let mut world = World::new(&["Alice", "Bob"]);
        world.go_online(ALICE);
        world.go_online(BOB);
        world.relay.refuse = Some(ErrorCode::NoKeyPackage);
        world.request("first");
        assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
        world.relay.refuse = None;
        if with_new_text {
            world.request("second");
            assert_eq!(world.devices[ALICE].texts(), ["second"]);
        } else {
            let message = first(&mut world);
            world.command(BOB, Command::Retry { message }).expect("retries");
            assert_eq!(world.devices[ALICE].texts(), ["first"]);
        }
    }
}

fn first(world: &mut World) -> MessageId {
    let conversation = world.devices[BOB].id();
    world.devices[BOB].client.messages(conversation, None, 9).expect("reads").remove(0).id
}

#[test]
fn a_request_that_was_followed_by_another_is_not_sent_before_that_is_accepted() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.relay.refuse = Some(ErrorCode::NoKeyPackage);
    world.request("first");
    world.relay.refuse = None;
    world.request("second");
    // Nobody is pressed: Bob keeps it, and sees that it did not go out.
    let message = first(&mut world);
    let retried = world.command(BOB, Command::Retry { message });
    assert!(matches!(retried, Err(ClientError::Refused(Refusal::NotAccepted))), "{retried:?}");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::Accept { conversation }).expect("accepts");
    world.command(BOB, Command::Retry { message }).expect("retries");
    assert_eq!(world.devices[ALICE].texts(), ["second", "first"]);
    assert!(!world.devices[ALICE].events.iter().any(|event| matches!(event, Event::Dropped(_))));
}
