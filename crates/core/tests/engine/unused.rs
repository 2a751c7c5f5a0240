//! Devices that nobody used for long, in groups.

use kuvert_core::{Command, GroupState};

use crate::groups::Circle;
use crate::relay::ELSEWHERE;

const DAY: i64 = 86_400;

/// Four people of whom the last one is not there for so many days. The others are, and none of them writes.
fn after(days: i64) -> Circle {
    let mut circle = Circle::new(4);
    circle.world.go_offline(3);
    pass(&mut circle, days);
    circle
}

/// Days in which nobody writes, and the first three are there.
fn pass(circle: &mut Circle, days: i64) {
    for _ in 0..days {
        circle.world.settle(DAY);
        (0..3).for_each(|at| circle.world.wake(at));
    }
    circle.world.settle(600);
}

/// How many devices somebody has in the group, as the first one sees it.
fn devices(circle: &mut Circle, name: &str) -> usize {
    let group = circle.group(0);
    let members = circle.world.devices[0].client.members(group).expect("reads");
    members.iter().find(|member| member.name == name).map_or(0, |member| member.devices)
}

#[test]
fn a_device_that_was_not_used_for_45_days_is_dropped_and_one_that_is_silent_is_not() {
    let mut circle = after(40);
    assert_eq!(devices(&mut circle, "Dora"), 1);
    pass(&mut circle, 10);
    assert_eq!(devices(&mut circle, "Dora"), 0);
    assert_eq!(circle.members(0), ["Anna", "Ben", "Chris", "Dora"], "she is a member all the same");
    assert_eq!(
        (devices(&mut circle, "Ben"), devices(&mut circle, "Chris")),
        (1, 1),
        "they renew their leaves"
    );
    let channel = circle.channel();
    let commits = circle.world.relay.commits.iter().filter(|(at, _)| *at == channel).count();
    assert!((5..=12).contains(&commits), "now and then, and not all the time: {commits} commits in 50 days");
}

#[test]
fn who_was_dropped_as_unused_is_back_by_itself() {
    let mut circle = after(50);
    circle.say(0, "how are you all?");
    circle.world.settle(60);
    circle.world.go_online(3);
    circle.world.settle(600);
    assert_eq!(circle.state(3), GroupState::Member);
    assert_eq!(devices(&mut circle, "Dora"), 1);
    assert_eq!(circle.notices(3).last().map(String::as_str), Some("healed"));
    circle.assert_all_hear_all();
}

#[test]
fn who_was_dropped_and_lost_what_waited_is_back_by_itself() {
    let mut circle = after(50);
    circle.world.lose_waiting(3);
    circle.world.go_online(3);
    circle.world.settle(600);
    assert_eq!(circle.state(3), GroupState::Member);
    circle.assert_all_hear_all();
    // And is dropped again, and back again.
    circle.world.go_offline(3);
    pass(&mut circle, 50);
    assert_eq!(devices(&mut circle, "Dora"), 0);
    circle.world.go_online(3);
    circle.world.settle(600);
    circle.assert_all_hear_all();
}

#[test]
fn who_was_removed_while_away_does_not_come_back() {
    // MLS-3
    let mut circle = after(50);
    let (conversation, dora) = (circle.group(0), circle.identity(3));
    circle.command(0, Command::RemoveMember { conversation, member: dora }).expect("removes");
    circle.world.settle(60);
    assert_eq!(circle.members(1), ["Anna", "Ben", "Chris"]);
    circle.world.go_online(3);
    circle.world.settle(600);
    assert_ne!(circle.state(3), GroupState::Member);
    assert_eq!(circle.members(1), ["Anna", "Ben", "Chris"]);
    circle.size = 3;
    circle.assert_all_hear_all();
}

#[test]
fn a_relays_new_key_is_carried_into_groups_elsewhere() {
    let mut circle = Circle::acquainted(2, None);
    circle.world.add_at(3, "Chris", ELSEWHERE, None);
    circle.world.go_online(2);
    let link = circle.world.link(0);
    circle.world.command(2, Command::OpenLink { link: link.clone() }).expect("opens");
    circle.world.command(2, Command::Request { link, text: "I am Chris".into() }).expect("requests");
    circle.world.settle(60);
    for conversation in circle.world.devices[0].client.conversations().expect("reads") {
        let accept = Command::Accept { conversation: conversation.conversation.id };
        circle.world.command(0, accept).expect("accepts");
    }
    circle.world.settle(60);
    circle.size = 3;
    circle.create(3);
    circle.assert_all_hear_all();
    circle.world.elsewhere.renew_key();
    circle.world.go_offline(2);
    circle.world.go_online(2);
    circle.world.settle(60);
    circle.assert_all_hear_all();
}
