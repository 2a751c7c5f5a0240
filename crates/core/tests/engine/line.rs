//! Business lines: devices of different people behind one contact.

use kuvert_core::{
    Command, DataKind, Event, LineCommand, LineEvent, MessageKind, MessageState, Refusal, SenderKind,
};

use crate::shop::{ANNE, BERT, CARLA, OWNER, Shop};

#[test]
fn a_customer_writes_to_all_devices_of_a_line_at_once() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Do you have something for a cold?");
    for at in [OWNER, ANNE, BERT] {
        assert_eq!(shop.said(at), ["Do you have something for a cold?"], "device {at}");
        let contact = shop.world.devices[at].contact();
        assert_eq!(contact.name, "Carla");
    }
    let line = shop.talk(CARLA);
    assert_eq!(
        shop.world.devices[CARLA].client.line_of(line).expect("reads").as_deref(),
        Some(&b"a pharmacy"[..])
    );
}

#[test]
fn what_one_colleague_answers_the_others_see_as_said_by_the_line() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    shop.send(ANNE, "We do");
    assert_eq!(shop.said(CARLA), ["Hello", "We do"]);
    for at in [OWNER, BERT] {
        assert_eq!(shop.said(at), ["Hello", "We do"]);
        let talk = shop.talk(at);
        let last =
            shop.world.devices[at].client.messages(talk, None, 1).expect("reads").pop().expect("a message");
        assert_eq!(last.sender, SenderKind::Own);
        assert_eq!(last.author, Some(shop.devices[ANNE].key), "which colleague");
    }
    // What the customer's device reports reaches all of them.
    let talk = shop.talk(CARLA);
    shop.world.command(CARLA, Command::MarkRead { conversation: talk }).expect("reads");
    shop.world.settle(60);
    let talk = shop.talk(BERT);
    let last =
        shop.world.devices[BERT].client.messages(talk, None, 1).expect("reads").pop().expect("a message");
    assert_eq!(last.state, MessageState::Read);
    // And a colleague can take it back.
    let message = last.id;
    let scope = kuvert_core::DeletionScope::Everywhere;
    shop.world.command(BERT, Command::Delete { message, scope }).expect("deletes");
    assert_eq!(shop.said(CARLA), ["Hello"]);
    assert_eq!(shop.said(ANNE), ["Hello"]);
}

#[test]
fn every_device_sees_the_same_order_of_events() {
    let mut shop = Shop::new();
    shop.world.go_offline(BERT);
    shop.post(BERT, b"claimed by Bert");
    shop.post(ANNE, b"claimed by Anne");
    shop.world.go_online(BERT);
    shop.world.settle(60);
    for at in [OWNER, ANNE, BERT] {
        assert_eq!(shop.desk(at), [b"claimed by Anne".to_vec(), b"claimed by Bert".to_vec()], "device {at}");
    }
    assert!(
        shop.world.devices[ANNE].client.desk_events(100).expect("reads")[1].device == shop.devices[BERT].key
    );
    // Once folded, what they said is gone.
    shop.fold(ANNE, b"Anne has it");
    assert!(shop.desk(ANNE).is_empty());
}

#[test]
fn a_device_that_comes_later_gets_the_state_of_another() {
    let mut shop = Shop::new();
    shop.post(OWNER, b"one");
    shop.fold(OWNER, &vec![1; 100_000]);
    shop.world.add(9, "unused", None);
    let late = shop.world.devices.len();
    shop.hire(late, "Dora");
    assert!(shop.world.devices[late].client.desk().expect("reads").expect("a line").is_behind);
    shop.post(OWNER, b"two");
    let wanted = shop.events(OWNER).filter(|event| **event == LineEvent::StateWanted).count();
    assert!(wanted > 0);
    shop.line(OWNER, LineCommand::Share);
    assert!(shop.desk(late).is_empty(), "nothing to fold into yet");
    assert!(shop.world.devices[late].client.desk_state_came().expect("reads"));
    shop.line(late, LineCommand::Adopt);
    assert_eq!(
        shop.world.devices[late].client.desk_state().expect("reads"),
        [(b"state".to_vec(), vec![1; 100_000])]
    );
    assert_eq!(shop.desk(late), [b"two".to_vec()]);
}

#[test]
fn a_state_that_lacks_what_was_said_before_it_was_asked_for_is_not_shared() {
    let mut shop = Shop::new();
    shop.post(OWNER, b"one");
    shop.fold(OWNER, b"one");
    shop.post(OWNER, b"two");
    shop.world.add(9, "unused", None);
    let late = shop.world.devices.len();
    shop.hire(late, "Dora");
    shop.line(OWNER, LineCommand::Share);
    assert!(!shop.world.devices[late].client.desk_state_came().expect("reads"));
    shop.fold(OWNER, b"one, two");
    shop.line(OWNER, LineCommand::Share);
    assert!(shop.world.devices[late].client.desk_state_came().expect("reads"));
}

#[test]
fn a_dismissed_agent_reads_and_posts_nothing_any_more() {
    // MLS-3, for one device of several behind one identity.
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    let gone = shop.devices.remove(BERT);
    shop.line(OWNER, LineCommand::Dismiss { device: gone.key });
    let (conversation, devices) = (shop.talk(OWNER), shop.devices.clone());
    shop.line(OWNER, LineCommand::Staff { conversation, devices });
    shop.publish();
    assert!(shop.events(BERT).any(|event| *event == LineEvent::Dismissed));
    shop.post(OWNER, b"secret note");
    shop.send(CARLA, "Something private");
    shop.send(ANNE, "Thank you");
    assert!(shop.said(BERT).is_empty());
    assert!(!shop.desk(BERT).contains(&b"secret note".to_vec()));
    let conversation = shop.talk(BERT);
    let sent = shop.world.command(BERT, Command::Send { conversation, text: "I am still here".into() });
    assert!(sent.is_err() || !shop.said(CARLA).contains(&"I am still here".to_owned()));
    assert_eq!(shop.said(CARLA), ["Hello", "Something private", "Thank you"]);
    // And the line goes on.
    shop.send(CARLA, "Bye");
    assert_eq!(shop.said(ANNE).last().map(String::as_str), Some("Bye"));
}

#[test]
fn an_agent_can_neither_invite_nor_publish_nor_dismiss() {
    let mut shop = Shop::new();
    let owner = shop.devices[OWNER].key;
    let devices = shop.devices.clone();
    let refused = |shop: &mut Shop, command| match shop.world.command(ANNE, Command::Line(command)) {
        Err(kuvert_core::ClientError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let publish = LineCommand::Publish { name: "Mine".into(), profile: vec![1], devices };
    assert_eq!(refused(&mut shop, publish), Refusal::NotOwner);
    assert_eq!(refused(&mut shop, LineCommand::Invite { ticket: [1; 16], owner: true }), Refusal::NotOwner);
    assert_eq!(refused(&mut shop, LineCommand::Dismiss { device: owner }), Refusal::NotOwner);
}

#[test]
fn an_invitation_admits_one_device() {
    let mut shop = Shop::new();
    let invitation = shop.invitation(false);
    let join = LineCommand::Join { invitation, name: "Dora".into(), invite: None };
    for _ in 0..2 {
        let at = shop.world.devices.len();
        shop.world.add_with(at as u8 + 1, Command::Line(join.clone()));
        shop.world.go_online(at);
        shop.world.settle(60);
    }
    let last = shop.world.devices.len() - 1;
    assert!(shop.events(last - 1).any(|event| *event == LineEvent::Admitted));
    assert!(!shop.events(last).any(|event| *event == LineEvent::Admitted));
}

#[test]
fn another_owner_can_do_what_the_first_one_can() {
    let mut shop = Shop::new();
    let invitation = shop.invitation(true);
    let at = shop.world.devices.len();
    let join = LineCommand::Join { invitation, name: "Olga".into(), invite: None };
    shop.world.add_with(at as u8 + 1, Command::Line(join));
    shop.world.go_online(at);
    shop.world.settle(60);
    let link = shop.link.clone();
    shop.world.go_offline(OWNER);
    let own = shop.world.devices[at].client.own_line_device().expect("a device");
    let devices = vec![own, shop.devices[ANNE].clone()];
    let publish = LineCommand::Publish { name: "Pharmacy".into(), profile: b"new".to_vec(), devices };
    shop.line(at, publish);
    assert!(shop.world.devices[at].events.contains(&Event::OwnLink(link)));
    shop.ask(CARLA, "Hello");
    assert_eq!(shop.said(at), ["Hello"]);
    assert_eq!(shop.said(ANNE), ["Hello"]);
}

#[test]
fn a_request_travels_as_data_with_a_text() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "");
    let conversation = shop.talk(CARLA);
    let (kind, data) = (DataKind::Request, vec![1, 2, 3]);
    let text = "PZN 04877800, once".to_owned();
    let send = Command::SendData { conversation, kind, data, text, files: Vec::new(), reply_to: None };
    shop.world.command(CARLA, send).expect("sends");
    let talk = shop.talk(BERT);
    let row =
        shop.world.devices[BERT].client.messages(talk, None, 1).expect("reads").pop().expect("a message");
    assert_eq!((row.kind, row.text.as_str()), (MessageKind::Structured, "PZN 04877800, once"));
    let (kind, data) = shop.world.devices[BERT].client.data(row.id).expect("reads").expect("data");
    assert_eq!((kind, data), (DataKind::Request, vec![1, 2, 3]));
}

#[test]
fn what_a_line_wants_erased_is_erased_on_all_devices() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    shop.send(ANNE, "An invoice");
    let conversation = shop.talk(ANNE);
    let rows = shop.world.devices[ANNE].client.messages(conversation, None, 1).expect("reads");
    let kept = vec![rows[0].mimi.as_slice().try_into().expect("an id")];
    let erase_at = Some(u32::try_from(shop.world.now.seconds() + 3600).expect("fits"));
    shop.line(ANNE, LineCommand::Retain { conversation, erase_at, kept });
    shop.send(CARLA, "Afterwards");
    shop.world.settle(2 * 3600);
    for at in [OWNER, ANNE, BERT, CARLA] {
        shop.world.wake(at);
        assert_eq!(shop.said(at), ["An invoice", "Afterwards"], "device {at}");
    }
}

#[test]
fn a_customer_erases_nothing_at_the_line() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    let conversation = shop.talk(CARLA);
    let retain = LineCommand::Retain { conversation, erase_at: Some(1), kept: Vec::new() };
    let refused = shop.world.command(CARLA, Command::Line(retain));
    assert!(matches!(refused, Err(kuvert_core::ClientError::Refused(Refusal::NoLine))));
}
