//! The own link: when it is there, and that it can be taken back.

use kuvert_core::{Command, Event, FetchOutcome, Input, Line, LinkFailure, MessageState};

use crate::world::{ALICE, BOB, World};

fn count(world: &World, wanted: &Event) -> usize {
    world.devices[ALICE].events.iter().filter(|event| *event == wanted).count()
}

#[test]
fn a_link_waits_for_the_inbox_without_which_the_relay_keeps_no_card() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.command(ALICE, Command::ShowLink).expect("asks");
    assert!(!world.devices[ALICE].events.iter().any(|event| matches!(event, Event::OwnLink(_))));
    world.input(ALICE, Input::Disconnected(Line::Owner)).expect("handles");
    let failed = Event::LinkFailed { link: String::new(), reason: LinkFailure::Unreachable };
    assert_eq!(count(&world, &failed), 1);

    world.command(ALICE, Command::ShowLink).expect("asks");
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
    assert_eq!(count(&world, &failed), 1);
}

#[test]
fn a_card_whose_arrival_nobody_told_of_is_there_all_the_same() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.input(ALICE, Input::Command(Command::ShowLink)).expect("asks");
    for input in &mut world.devices[ALICE].inputs {
        if let Input::Fetched(_, outcome) = input {
            *outcome = FetchOutcome::Failed;
        }
    }
    world.run();
    let is_shown =
        |world: &World| world.devices[ALICE].events.iter().any(|event| matches!(event, Event::OwnLink(_)));
    assert!(!is_shown(&world));
    world.command(ALICE, Command::ShowLink).expect("asks again");
    assert!(is_shown(&world), "{:?}", world.devices[ALICE].events);
}

#[test]
fn a_link_that_was_taken_back_leads_nowhere_and_the_next_one_is_another() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let old = world.link(ALICE);
    // Bob has read the card, and so holds its token.
    world.command(BOB, Command::OpenLink { link: old.clone() }).expect("opens");
    world.command(ALICE, Command::RevokeLink).expect("takes it back");
    assert_eq!(count(&world, &Event::LinkRevoked), 1);
    world.command(BOB, Command::Request { link: old.clone(), text: "hello".into() }).expect("asks");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
    world.command(BOB, Command::OpenLink { link: old.clone() }).expect("opens");
    let gone = Event::LinkFailed { link: old.clone(), reason: LinkFailure::Gone };
    assert!(world.devices[BOB].events.contains(&gone));

    let new = world.link(ALICE);
    assert_ne!(new, old);
    world.command(BOB, Command::OpenLink { link: new.clone() }).expect("opens");
    world.command(BOB, Command::Request { link: new, text: "good day".into() }).expect("asks");
    assert_eq!(world.devices[ALICE].texts(), ["good day"]);
    world.command(ALICE, Command::RevokeLink).expect("takes it back");
    world.send(ALICE, "contacts stay");
    assert_eq!(world.devices[BOB].texts().pop().as_deref(), Some("contacts stay"));
}

#[test]
fn a_link_that_was_taken_back_offline_is_revoked_as_soon_as_the_relay_hears_of_it() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let old = world.link(ALICE);
    world.command(BOB, Command::OpenLink { link: old.clone() }).expect("opens");
    world.go_offline(ALICE);
    world.command(ALICE, Command::RevokeLink).expect("takes it back");
    assert_eq!(count(&world, &Event::LinkRevoked), 0);
    world.go_online(ALICE);
    assert_eq!(count(&world, &Event::LinkRevoked), 1);
    world.command(BOB, Command::Request { link: old, text: "hello".into() }).expect("asks");
    assert_eq!(world.devices[BOB].timeline()[0].2, MessageState::Failed);
    world.go_offline(ALICE);
    world.go_online(ALICE);
    assert_eq!(count(&world, &Event::LinkRevoked), 1, "said once");
    world.command(ALICE, Command::RevokeLink).expect("there is none");
    assert_eq!(count(&world, &Event::LinkRevoked), 2);
}
