//! Added to a group by somebody who is no contact: it waits to be accepted.

use kuvert_core::{ClientError, Command, GroupState, Refusal};

use crate::groups::{Circle, NAMES};

/// Anna makes a group with Ben and Chris; to Chris, Anna is nobody yet: the answer to Chris' request was lost.
fn invited() -> Circle {
    let mut circle = Circle::acquainted(2, None);
    let world = &mut circle.world;
    world.add(3, NAMES[2], None);
    world.go_online(2);
    let link = world.link(0);
    world.command(2, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(2, Command::Request { link, text: "I am Chris".into() }).expect("requests");
    world.go_offline(2);
    circle.size = 3;
    for conversation in circle.world.devices[0].client.conversations().expect("reads") {
        let accept = Command::Accept { conversation: conversation.conversation.id };
        circle.world.command(0, accept).expect("accepts");
    }
    circle.world.lose_waiting(2);
    circle.create(3);
    circle.say(0, "welcome");
    circle.world.settle(60);
    circle.world.go_online(2);
    circle.world.settle(60);
    circle
}

#[test]
fn a_group_of_a_stranger_is_shown_and_waits() {
    let mut circle = invited();
    assert_eq!(circle.state(2), GroupState::Invited);
    assert_eq!(circle.members(2), ["Anna", "Ben", "Chris"]);
    assert_eq!(circle.notices(2).first().map(String::as_str), Some("Anna added you"));
    assert_eq!(circle.texts(2), ["welcome"]);
    // Who has not accepted is not seen to read.
    let id = circle.group(0);
    let sent = circle.world.devices[0].client.messages(id, None, 1).expect("reads").remove(0);
    let details = circle.world.devices[0].client.message_details(sent.id).expect("reads").expect("there");
    assert_eq!(details.receipts.len(), 1, "Ben's alone: {:?}", details.receipts);
}

#[test]
fn who_accepts_the_group_of_a_stranger_is_a_member_with_fresh_keys() {
    let mut circle = invited();
    let channel = circle.channel();
    let before = circle.world.relay.epoch(channel);
    let conversation = circle.group(2);
    circle.command(2, Command::Accept { conversation }).expect("accepts");
    circle.world.settle(60);
    assert_eq!(circle.state(2), GroupState::Member);
    assert_eq!(circle.world.relay.epoch(channel), before + 1);
    circle.assert_all_hear_all();
}

#[test]
fn who_writes_to_the_group_of_a_stranger_has_accepted_it() {
    let mut circle = invited();
    circle.say(2, "here I am");
    circle.world.settle(60);
    assert_eq!(circle.state(2), GroupState::Member);
    assert_eq!(circle.texts(1).last().map(String::as_str), Some("here I am"));
}

#[test]
fn who_declines_the_group_of_a_stranger_is_let_go() {
    let mut circle = invited();
    let conversation = circle.group(2);
    circle.command(2, Command::Decline { conversation }).expect("declines");
    circle.world.settle(60);
    assert_eq!(circle.state(2), GroupState::Left);
    assert_eq!(circle.members(0), ["Anna", "Ben"]);
    let again = circle.command(2, Command::Decline { conversation });
    assert!(matches!(again, Err(ClientError::Refused(Refusal::NothingToDecline))), "{again:?}");
}
