//! A relay that lies, and people who send what nobody can read: a clear event or a healed state, and nothing lost.

use kuvert_core::{Command, Event, MessageState};
use kuvert_store::{MessageState as State, NewMessage};
use kuvert_wire::{ClientFrame, Commit, Entry, InboxId, Post};

use crate::world::{ALICE, BOB, World, on_disk};

/// The last post that a device made.
fn last_post(world: &World, at: usize) -> Post {
    let posts = world.devices[at].asked.iter().rev();
    posts
        .into_iter()
        .find_map(|frame| if let ClientFrame::Post(post) = frame { Some(post.clone()) } else { None })
        .expect("a post")
}

/// The first commit of a device that welcomes somebody.
fn welcoming(world: &World, at: usize) -> Commit {
    let found = world.devices[at].asked.iter().find_map(|frame| match frame {
        ClientFrame::Commit(commit) if !commit.welcomes.is_empty() => Some(commit.clone()),
        _ => None,
    });
    found.expect("a welcome")
}

/// The relay puts an entry of its own making into an inbox.
fn slip_in(world: &mut World, inbox: InboxId, entry: &Entry) {
    world.relay.slip_in(inbox, entry);
    world.go_offline(ALICE);
    world.go_online(ALICE);
    world.settle(120);
}

fn dropped(world: &World, at: usize) -> usize {
    world.devices[at].events.iter().filter(|event| matches!(event, Event::Dropped(_))).count()
}

#[test]
fn a_post_under_a_wrong_epoch_or_once_more_under_another_seq_shows_nothing_and_stops_nothing() {
    let mut world = World::acquainted();
    world.send(BOB, "one");
    let Post { channel, epoch, id, body, .. } = last_post(&world, BOB);
    let inbox = world.devices[ALICE].inbox();
    for epoch in [epoch, epoch - 1, epoch + 1, epoch + 1_000, u64::MAX] {
        let entry = Entry::Post { channel, seq: 99, epoch, id, body: body.clone() };
        slip_in(&mut world, inbox, &entry);
        let entry = Entry::Commit { channel, seq: 99, epoch, id, body: body.clone() };
        slip_in(&mut world, inbox, &entry);
        world.send(BOB, "next");
        world.send(ALICE, "answer");
    }
    let expected: Vec<_> = ["hello", "one"].into_iter().chain(["next", "answer"].repeat(5)).collect();
    assert_eq!(world.devices[ALICE].texts(), expected);
    assert_eq!(world.devices[BOB].texts(), expected);
    assert!(dropped(&world, ALICE) > 0);
    assert_eq!(world.devices[ALICE].client.waiting().expect("reads"), 0);
}

#[test]
fn a_relay_that_refuses_under_a_wrong_epoch_delays_what_is_sent_and_loses_nothing() {
    for claimed in [1, 7, u64::MAX] {
        let mut world = World::acquainted();
        world.relay.claims = Some(claimed);
        world.send(BOB, "one");
        world.relay.claims = None;
        world.settle(120);
        let state = world.devices[BOB].timeline()[1].2;
        if state == MessageState::Failed {
            // An epoch that is over: sealing anew would go on for ever. It is said, and can be retried.
            let message = world.devices[BOB].last().row.id;
            world.command(BOB, Command::Retry { message }).expect("retries");
        }
        world.settle(60);
        assert_eq!(world.devices[ALICE].texts(), ["hello", "one"], "epoch {claimed}");
        world.send(ALICE, "two");
        assert_eq!(world.devices[BOB].texts(), ["hello", "one", "two"]);
    }
}

#[test]
fn a_welcome_that_comes_again_makes_no_second_conversation_and_harms_none() {
    let mut world = World::acquainted();
    world.send(BOB, "one");
    let welcome = welcoming(&world, BOB).welcomes.remove(0);
    let (inbox, before) = (world.devices[ALICE].inbox(), dropped(&world, ALICE));
    slip_in(&mut world, inbox, &Entry::Deposit { body: welcome.body });
    assert_eq!(dropped(&world, ALICE), before + 1);
    assert_eq!(world.devices[ALICE].client.conversations().expect("reads").len(), 1);
    world.send(BOB, "two");
    world.send(ALICE, "three");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two", "three"]);
    assert_eq!(world.devices[BOB].texts(), ["hello", "one", "two", "three"]);
}

#[test]
fn a_message_that_is_cut_short_inside_its_seal_is_dropped_alone() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.send(BOB, "one");
    world.go_offline(BOB);
    let conversation = world.devices[BOB].id();
    // A client that seals half a message: what MLS protects is not by that well formed.
    let whole = kuvert_content::Content::text([5; 16], "a text that is cut short").encode();
    for (n, length) in [0, 1, whole.len() / 2, whole.len() - 1].into_iter().enumerate() {
        let mimi = [100 + n as u8; 32];
        let message = NewMessage::own(conversation, &mimi, "", &whole[..length], 1_800_000_000_000);
        world.tamper(BOB, |tx| {
            tx.add_message(&NewMessage { state: State::Unseen, ..message }).expect("writes");
        });
    }
    world.go_online(BOB);
    world.send(BOB, "two");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "one", "two"]);
    let told = Event::Dropped("a message that cannot be read");
    assert_eq!(world.devices[ALICE].events.iter().filter(|event| **event == told).count(), 4);
}
