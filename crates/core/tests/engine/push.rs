//! Being woken: the relay learns the browser's subscription, and keeps up with it.

use kuvert_core::{Command, Event, PushRelay};
use kuvert_wire::{P256Key, PushAuth, PushSubscription};

use crate::world::{ALICE, World};

const KEY: P256Key = P256Key::new([4; 65]);

fn subscription(endpoint: &str) -> PushSubscription {
    PushSubscription { endpoint: endpoint.to_owned(), key: KEY, auth: PushAuth::new([5; 16]) }
}

fn set(world: &mut World, endpoint: Option<&str>) {
    world.command(ALICE, Command::SetPush { subscription: endpoint.map(subscription) }).expect("decides");
}

/// What the relay holds.
fn held(world: &World) -> Option<String> {
    let inbox = world.devices[ALICE].inbox();
    world.relay.backup(inbox).push.map(|subscription| subscription.endpoint)
}

fn standing(world: &mut World) -> (PushRelay, Option<String>, bool) {
    let standing = world.devices[ALICE].client.push_standing().expect("reads");
    (standing.relay, standing.endpoint, standing.settled)
}

fn world() -> World {
    let mut world = World::new(&["Alice"]);
    world.relay.push_key = Some(KEY);
    world
}

#[test]
fn a_subscription_is_registered_with_the_next_session_replaced_and_removed() {
    let mut world = world();
    assert_eq!(standing(&mut world), (PushRelay::Unknown, None, true));
    set(&mut world, Some("https://push.example/1"));
    assert_eq!(standing(&mut world), (PushRelay::Unknown, Some("https://push.example/1".into()), false));
    world.go_online(ALICE);
    assert_eq!(held(&world).as_deref(), Some("https://push.example/1"));
    assert_eq!(standing(&mut world), (PushRelay::Pushes(KEY), Some("https://push.example/1".into()), true));
    assert!(world.devices[ALICE].events.contains(&Event::Push));
    // The page says it with every start.
    set(&mut world, Some("https://push.example/1"));
    assert_eq!(world.relay.pushes, 1);
    set(&mut world, Some("https://push.example/2"));
    assert_eq!(held(&world).as_deref(), Some("https://push.example/2"));
    set(&mut world, None);
    assert_eq!((held(&world), standing(&mut world)), (None, (PushRelay::Pushes(KEY), None, true)));
}

#[test]
fn the_wish_survives_a_crash_and_a_busy_relay() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new(&[]);
    world.relay.push_key = Some(KEY);
    world.add(1, "Alice", Some(dir.path().join("alice.db")));
    world.go_online(ALICE);
    world.relay.busy = true;
    set(&mut world, Some("https://push.example/1"));
    assert_eq!((held(&world), standing(&mut world).2), (None, false));
    world.wake(ALICE);
    assert_eq!(held(&world), None);
    world.relay.busy = false;
    world.wake(ALICE);
    assert_eq!(held(&world).as_deref(), Some("https://push.example/1"));

    world.go_offline(ALICE);
    set(&mut world, None);
    world.restart(ALICE);
    assert!(held(&world).is_some());
    world.go_online(ALICE);
    assert_eq!((held(&world), standing(&mut world).2), (None, true));
}

#[test]
fn a_relay_that_lost_the_subscription_or_kept_one_is_told_again() {
    let mut world = world();
    world.go_online(ALICE);
    let inbox = world.devices[ALICE].inbox();
    let empty = world.relay.backup(inbox);
    set(&mut world, Some("https://push.example/1"));
    let full = world.relay.backup(inbox);
    world.go_offline(ALICE);
    world.relay.restore(inbox, empty);
    world.go_online(ALICE);
    assert_eq!(held(&world).as_deref(), Some("https://push.example/1"));
    set(&mut world, None);
    world.go_offline(ALICE);
    world.relay.restore(inbox, full);
    world.go_online(ALICE);
    assert_eq!(held(&world), None);
    let told = world.relay.pushes;
    world.go_offline(ALICE);
    world.go_online(ALICE);
    assert_eq!(world.relay.pushes, told, "it knows");
}

#[test]
fn a_relay_that_does_not_push_is_not_asked_and_one_that_refuses_not_again() {
    let mut world = world();
    world.relay.push_key = None;
    world.go_online(ALICE);
    set(&mut world, Some("https://push.example/1"));
    assert_eq!(standing(&mut world), (PushRelay::Silent, Some("https://push.example/1".into()), false));
    assert_eq!(world.relay.pushes, 0);
    // It begins to.
    world.relay.push_key = Some(KEY);
    world.go_offline(ALICE);
    world.go_online(ALICE);
    assert!(held(&world).is_some());
    set(&mut world, Some("no endpoint"));
    assert_eq!(standing(&mut world).1, None, "this one is given up");
    let long = "x".repeat(5_000);
    let refused = world.command(ALICE, Command::SetPush { subscription: Some(subscription(&long)) });
    assert!(refused.is_err());
}
