//! Blocking, declining, verifying.

use kuvert_core::{
    ClientError, Command, ContactState, Event, Familiarity, MessageState, Refusal, Trust, safety_words,
};

use crate::world::{ALICE, BOB, World};

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
