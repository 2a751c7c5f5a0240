//! Blocking, declining, verifying.

use kuvert_core::{
    ClientError, Command, ContactState, Event, Familiarity, MessageState, Refusal, SenderKind, Trust,
    safety_words,
};

use crate::world::{ALICE, BOB, World, on_disk};

fn refused(result: Result<(), ClientError>) -> Refusal {
    match result {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn of_who_is_blocked_nothing_even_arrives() {
    let mut world = World::acquainted();
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::Block { conversation }).expect("blocks");
    assert!(world.devices[ALICE].contact().blocked);
    let (heard, inbox) = (world.devices[ALICE].heard.len(), world.devices[ALICE].inbox());
    world.send(BOB, "let me in");
    assert_eq!(world.devices[ALICE].heard.len(), heard);
    assert_eq!(world.relay.waiting(inbox), 0);
    // Bob learns nothing of it but that his message stays sent.
    assert_eq!(world.devices[BOB].timeline()[1].2, MessageState::Sent);
    let send = Command::Send { conversation, text: "x".into() };
    assert_eq!(refused(world.command(ALICE, send)), Refusal::Blocked);
}

#[test]
fn blocking_without_a_connection_is_made_up_for_with_the_next_one() {
    let mut world = World::acquainted();
    world.go_offline(ALICE);
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::Block { conversation }).expect("blocks");
    world.send(BOB, "before the relay knows");
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello"], "what came in between is dropped");
    let heard = world.devices[ALICE].heard.len();
    world.send(BOB, "after");
    assert_eq!(world.devices[ALICE].heard.len(), heard);
    let inbox = world.devices[ALICE].inbox();
    assert_eq!(world.relay.waiting(inbox), 0);
}

/// Blocks or unblocks.
#[test]
fn blocking_while_the_relay_is_busy_is_made_up_for_soon() {
    let mut world = World::acquainted();
    world.relay.busy = true;
    block(&mut world, ALICE, true);
    world.relay.busy = false;
    world.settle(10);
    let heard = world.devices[ALICE].heard.len();
    world.send(BOB, "let me in");
    assert_eq!(world.devices[ALICE].heard.len(), heard, "the relay keeps it out");
    assert_eq!(world.devices[ALICE].client.waiting().expect("reads"), 0);
}

fn block(world: &mut World, at: usize, blocked: bool) {
    let conversation = world.devices[at].id();
    let command = if blocked { Command::Block { conversation } } else { Command::Unblock { conversation } };
    world.command(at, command).expect("changes");
}

fn notices(world: &mut World, at: usize) -> usize {
    world.devices[at].timeline().iter().filter(|message| message.0 == SenderKind::System).count()
}

#[test]
fn who_is_unblocked_gets_another_token_and_reaches_the_user_again() {
    let mut world = World::acquainted();
    for round in 0..3 {
        block(&mut world, ALICE, true);
        let heard = world.devices[ALICE].heard.len();
        world.send(BOB, &format!("into the void {round}"));
        assert_eq!(world.devices[ALICE].heard.len(), heard);
        // Once with the relay, once without, and once with a relay that is reached only afterwards.
        match round {
            0 => block(&mut world, ALICE, false),
            1 => {
                world.go_offline(ALICE);
                block(&mut world, ALICE, false);
                world.go_online(ALICE);
            }
            _ => {
                block(&mut world, ALICE, false);
                block(&mut world, ALICE, true);
                world.go_offline(ALICE);
                block(&mut world, ALICE, false);
                world.go_online(ALICE);
            }
        }
        world.send(BOB, &format!("back {round}"));
        world.send(ALICE, &format!("yes {round}"));
        world.settle(60);
    }
    let heard = ["hello", "back 0", "yes 0", "back 1", "yes 1", "back 2", "yes 2"];
    assert_eq!(world.devices[ALICE].texts(), heard);
    let states: Vec<_> = world.devices[BOB].timeline().into_iter().map(|message| message.2).collect();
    use MessageState::{Delivered, Received, Sent};
    let told = [Delivered, Sent, Delivered, Received, Sent, Delivered, Received, Sent, Delivered, Received];
    assert_eq!(states, told);
    assert_eq!(world.devices[ALICE].client.waiting().expect("reads"), 0);
    assert_eq!(notices(&mut world, ALICE), 0);
}

#[test]
fn what_was_committed_while_a_contact_was_blocked_is_made_up_for() {
    let mut world = World::acquainted();
    block(&mut world, ALICE, true);
    for _ in 0..3 {
        // With the first message after a week come fresh keys, in a commit that Alice does not get.
        world.now = world.now.plus_millis(8 * 86_400_000);
        world.send(BOB, "into the void");
    }
    let commits = world.relay.commits.len();
    block(&mut world, ALICE, false);
    world.settle(60);
    assert!(world.relay.commits.len() > commits);
    world.send(BOB, "back");
    world.send(ALICE, "good");
    assert_eq!(
        world.devices[ALICE].texts(),
        ["hello", "back", "good"],
        "without a line about what was missed"
    );
    assert_eq!(world.devices[BOB].texts().last().map(String::as_str), Some("good"));
    assert_eq!(world.devices[ALICE].client.waiting().expect("reads"), 0);
}

#[test]
fn a_lost_answer_or_a_kill_only_delays_that_a_contact_is_let_in_again() {
    for forgetful in [false, true] {
        let (mut world, _dir) = on_disk();
        world.meet();
        block(&mut world, ALICE, true);
        world.relay.mute = true;
        block(&mut world, ALICE, false);
        world.restart(ALICE);
        world.relay.mute = false;
        if forgetful {
            world.relay.forget_requests();
        }
        world.go_online(ALICE);
        world.settle(60);
        world.send(BOB, "back");
        world.send(ALICE, "good");
        assert_eq!(world.devices[ALICE].texts(), ["hello", "back", "good"]);
        assert_eq!(world.devices[BOB].texts(), ["hello", "back", "good"]);
    }
}

#[test]
fn who_is_blocked_again_before_the_other_token_is_there_does_not_keep_it() {
    let mut world = World::acquainted();
    block(&mut world, ALICE, true);
    world.deaf = true;
    block(&mut world, ALICE, false);
    block(&mut world, ALICE, true);
    world.deaf = false;
    world.go_offline(ALICE);
    world.go_online(ALICE);
    world.settle(60);
    let heard = world.devices[ALICE].heard.len();
    world.send(BOB, "let me in");
    assert_eq!(world.devices[ALICE].heard.len(), heard);
    block(&mut world, ALICE, false);
    world.settle(60);
    world.send(BOB, "thank you");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "thank you"]);
}

#[test]
fn a_gap_lets_nobody_in_who_is_blocked() {
    let mut world = World::acquainted();
    block(&mut world, ALICE, true);
    world.now = world.now.plus_millis(8 * 86_400_000);
    world.send(BOB, "with a commit");
    // Something else waits for Alice and is lost, so that any channel may be further than she knows.
    world.add(3, "Carol", None);
    world.go_offline(ALICE);
    world.go_online(2);
    let link = world.link(ALICE);
    world.command(2, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(2, Command::Request { link, text: "lost".into() }).expect("requests");
    world.lose_waiting(ALICE);
    world.go_online(ALICE);
    world.settle(120);
    let heard = world.devices[ALICE].heard.len();
    world.send(BOB, "let me in");
    assert_eq!(world.devices[ALICE].heard.len(), heard);
}

#[test]
fn a_declined_request_leaves_nothing_and_can_be_made_again() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("buy this");
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::Decline { conversation }).expect("declines");
    assert!(world.devices[ALICE].client.conversations().expect("reads").is_empty());
    assert!(world.devices[ALICE].client.search("buy", None, None, 9).expect("searches").is_empty());
    // Bob is not told, and knows nothing.
    assert_eq!(world.devices[BOB].state(), ContactState::Requested);
    world.go_offline(ALICE);
    world.go_online(ALICE);
    assert!(world.devices[ALICE].client.conversations().expect("reads").is_empty());
}

#[test]
fn only_a_request_can_be_declined() {
    let mut world = World::acquainted();
    let conversation = world.devices[ALICE].id();
    assert_eq!(refused(world.command(ALICE, Command::Decline { conversation })), Refusal::NothingToDecline);
}

#[test]
fn contacts_verify_each_other_by_code_and_by_words() {
    let mut world = World::acquainted();
    let (at_alice, at_bob) = (world.devices[ALICE].id(), world.devices[BOB].id());
    let words = world.devices[ALICE].client.safety_words(at_alice).expect("words");
    assert_eq!(words, world.devices[BOB].client.safety_words(at_bob).expect("words"));
    let of_alice = world.devices[ALICE].client.verification_code(at_alice).expect("a code");
    let of_bob = world.devices[BOB].client.verification_code(at_bob).expect("a code");
    let verify = |conversation, code: &str| Command::Verify { conversation, code: code.into() };
    assert_eq!(refused(world.command(BOB, verify(at_bob, "https://x.example"))), Refusal::CodeUnreadable);
    assert_eq!(refused(world.command(BOB, verify(at_bob, &of_bob))), Refusal::CodeOfAnother);
    assert_eq!(world.devices[BOB].contact().trust, Trust::New);
    world.command(BOB, verify(at_bob, &of_alice)).expect("verifies");
    world.command(ALICE, verify(at_alice, &of_bob)).expect("verifies");
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].contact().trust, Trust::Verified);
    }
    world.command(ALICE, Command::Unverify { conversation: at_alice }).expect("takes back");
    assert_eq!(world.devices[ALICE].contact().trust, Trust::New);
    world.command(ALICE, Command::ConfirmWords { conversation: at_alice }).expect("verifies");
    assert_eq!(world.devices[ALICE].contact().trust, Trust::Verified);
}

#[test]
fn a_code_that_was_shown_to_another_key_verifies_nobody() {
    let mut world = World::acquainted();
    let at_bob = world.devices[BOB].id();
    let alice = world.devices[ALICE].client.identity().expect("an identity");
    let other = kuvert_core::IdentityKey([9; 32]);
    // What Alice would show to somebody between the two who calls himself Bob.
    let code = kuvert_core::verification_code(&alice, &other);
    let verify = Command::Verify { conversation: at_bob, code };
    assert_eq!(refused(world.command(BOB, verify)), Refusal::CodeForAnother);
    let bob = world.devices[BOB].client.identity().expect("an identity");
    assert_ne!(safety_words(&alice, &other), safety_words(&alice, &bob));
}

#[test]
fn familiarity_grows_with_the_days_on_which_both_write() {
    let mut world = World::acquainted();
    let familiarity = |world: &mut World| Familiarity::of(&world.devices[ALICE].contact(), world.now);
    assert_eq!(familiarity(&mut world), Familiarity::Stranger, "only Bob has written");
    for day in 0..5 {
        world.now = world.now.plus_millis(86_400_000);
        world.send(BOB, &format!("day {day}"));
        world.send(ALICE, "yes");
    }
    assert_eq!(familiarity(&mut world), Familiarity::Familiar);
    let odd = |event: &Event| matches!(event, Event::Dropped(_));
    assert!(!world.devices[ALICE].events.iter().any(odd));
    world.now = world.now.plus_millis(200 * 86_400_000);
    assert_eq!(familiarity(&mut world), Familiarity::Stranger);
}

#[test]
fn a_commit_that_is_pending_when_its_contact_is_blocked_does_not_wait_for_ever() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.settle(60);
    world.now = world.now.plus_millis(8 * 86_400_000);
    // Both renew their keys; Bob's commit wins, and Alice does not hear of it before she blocks him.
    world.go_offline(ALICE);
    world.send(ALICE, "one");
    world.send(BOB, "two");
    world.settle(60);
    block(&mut world, ALICE, true);
    world.go_online(ALICE);
    world.settle(60);
    world.go_offline(ALICE);
    world.tamper(ALICE, |tx| assert!(tx.outbox().expect("reads").is_empty()));
    world.go_online(ALICE);
    block(&mut world, ALICE, false);
    world.settle(60);
    world.send(BOB, "back");
    world.send(ALICE, "good");
    world.settle(60);
    for at in [ALICE, BOB] {
        let texts = world.devices[at].texts();
        assert!(texts.ends_with(&["back".to_owned(), "good".to_owned()]), "{texts:?}");
    }
}
