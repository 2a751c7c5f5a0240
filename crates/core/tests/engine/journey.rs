//! What people do: link, request, acceptance, chat.

use kuvert_core::{
    ClientError, Command, ContactState, Event, Line, LinkFailure, MessageState, Refusal, SenderKind,
};
use kuvert_wire::ErrorCode;

use crate::world::{ALICE, BOB, World, anonymous, on_disk};

#[test]
fn a_link_a_request_an_acceptance_and_a_chat() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    assert_eq!(world.devices[BOB].state(), ContactState::Requested);
    assert_eq!(world.devices[BOB].contact().name, "Alice");
    assert_eq!(world.devices[ALICE].state(), ContactState::Asking);
    assert_eq!(world.devices[ALICE].contact().name, "Bob");
    assert_eq!(world.devices[ALICE].conversation().conversation.unread, 1);
    // Nothing is reported before the request is accepted.
    let sent = (SenderKind::Own, "hello".to_owned(), MessageState::Sent);
    assert_eq!(world.devices[BOB].timeline(), [sent]);

    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::Accept { conversation }).expect("accepts");
    assert_eq!(world.devices[BOB].state(), ContactState::Accepted);
    let delivered = (SenderKind::Own, "hello".to_owned(), MessageState::Delivered);
    assert_eq!(world.devices[BOB].timeline(), [delivered]);

    world.send(ALICE, "hi Bob");
    world.go_offline(ALICE);
    world.go_online(ALICE);
    world.send(BOB, "how are you?");
    let texts = ["hello", "hi Bob", "how are you?"];
    assert_eq!(world.devices[ALICE].texts(), texts);
    assert_eq!(world.devices[BOB].texts(), texts);
    for device in [ALICE, BOB] {
        let own = world.devices[device].timeline().into_iter().filter(|m| m.0 == SenderKind::Own);
        assert!(own.into_iter().all(|message| message.2 == MessageState::Delivered));
        let inbox = world.devices[device].inbox();
        assert_eq!(world.relay.waiting(inbox), 0, "delivered is deleted at the relay");
        let is_odd = |event: &Event| matches!(event, Event::Gap { .. } | Event::Dropped(_));
        assert!(!world.devices[device].events.iter().any(is_odd), "nothing was lost or dropped");
    }
}

#[test]
fn a_requester_writes_one_message_until_accepted() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    let conversation = world.devices[BOB].id();
    let second = world.command(BOB, Command::Send { conversation, text: "again".into() });
    assert!(matches!(second, Err(ClientError::Refused(Refusal::NotAccepted))));
}

#[test]
fn answering_a_request_accepts_it() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    world.send(ALICE, "welcome");
    assert_eq!(world.devices[BOB].state(), ContactState::Accepted);
    assert_eq!(world.devices[BOB].texts(), ["hello", "welcome"]);
}

#[test]
fn people_who_ask_each_other_at_once_need_no_acceptance() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let (of_alice, of_bob) = (world.link(ALICE), world.link(BOB));
    world.go_offline(ALICE);
    world.command(BOB, Command::OpenLink { link: of_alice.clone() }).expect("opens");
    world.command(ALICE, Command::OpenLink { link: of_bob.clone() }).expect("opens");
    world.command(BOB, Command::Request { link: of_alice, text: "from Bob".into() }).expect("requests");
    world.command(ALICE, Command::Request { link: of_bob, text: "from Alice".into() }).expect("requests");
    world.go_online(ALICE);
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].state(), ContactState::Accepted);
        let mut texts = world.devices[device].texts();
        texts.sort();
        assert_eq!(texts, ["from Alice", "from Bob"]);
    }
    world.send(ALICE, "one");
    world.send(BOB, "two");
    for device in [ALICE, BOB] {
        let texts = world.devices[device].texts();
        assert_eq!(texts[2..], ["one", "two"]);
    }
}

#[test]
fn people_whose_requests_both_failed_reach_each_other_when_one_of_them_asks_again() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let (of_alice, of_bob) = (world.link(ALICE), world.link(BOB));
    let ask = |world: &mut World, device: usize, link: &str, text: &str| {
        world.command(device, Command::OpenLink { link: link.to_owned() }).expect("opens");
        world.command(device, Command::Request { link: link.to_owned(), text: text.to_owned() })
    };
    world.relay.refuse = Some(ErrorCode::NoSuchRelay);
    ask(&mut world, BOB, &of_alice, "from Bob").expect("requests");
    ask(&mut world, ALICE, &of_bob, "from Alice").expect("requests");
    for device in [ALICE, BOB] {
        let conversation = world.devices[device].id();
        let sent = world.command(device, Command::Send { conversation, text: "hello?".into() });
        assert!(matches!(sent, Err(ClientError::Refused(Refusal::NotAsked))));
    }
    world.relay.refuse = None;
    ask(&mut world, BOB, &of_alice, "once more").expect("requests");
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].state(), ContactState::Accepted, "both asked");
    }
    world.send(BOB, "one");
    world.send(ALICE, "two");
    assert_eq!(world.devices[ALICE].texts(), ["from Alice", "once more", "one", "two"]);
    assert_eq!(world.devices[BOB].texts(), ["from Bob", "once more", "one", "two"]);
}

#[test]
fn who_got_no_answer_may_ask_again_a_day_later() {
    for is_declined in [true, false] {
        let mut world = World::new(&["Alice", "Bob"]);
        world.go_online(ALICE);
        world.go_online(BOB);
        world.request("hello");
        let conversation = world.devices[ALICE].id();
        if is_declined {
            world.command(ALICE, Command::Decline { conversation }).expect("declines");
        }
        let link = world.link(ALICE);
        let again = |world: &mut World| {
            world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
            world.command(BOB, Command::Request { link: link.clone(), text: "it is me, Bob".into() })
        };
        let soon = again(&mut world);
        assert!(matches!(soon, Err(ClientError::Refused(Refusal::NotAccepted))));
        world.now = world.now.plus_millis(86_400_000);
        again(&mut world).expect("asks again");
        let mut expected = if is_declined { vec!["it is me, Bob"] } else { vec!["hello", "it is me, Bob"] };
        assert_eq!(world.devices[ALICE].texts(), expected);
        assert_eq!(world.devices[ALICE].state(), ContactState::Asking);
        let once_more = again(&mut world);
        assert!(matches!(once_more, Err(ClientError::Refused(Refusal::NotAccepted))));
        world.now = world.now.plus_millis(86_400_000);
        again(&mut world).expect("asks for the third time");
        world.now = world.now.plus_millis(86_400_000);
        let for_ever = again(&mut world);
        assert!(matches!(for_ever, Err(ClientError::Refused(Refusal::NotAccepted))));
        expected.push("it is me, Bob");
        let conversation = world.devices[ALICE].id();
        world.command(ALICE, Command::Accept { conversation }).expect("accepts");
        world.send(ALICE, "hello Bob");
        world.send(BOB, "hello Alice");
        expected.extend(["hello Bob", "hello Alice"]);
        assert_eq!(world.devices[ALICE].texts(), expected);
        assert_eq!(world.devices[BOB].texts()[3..], ["hello Bob", "hello Alice"]);
    }
}

#[test]
fn who_asks_again_and_was_answered_meanwhile_goes_on_in_the_first_conversation() {
    // The answer comes after the second request failed, or while it waits.
    for comes_first in [false, true] {
        let mut world = World::new(&["Alice", "Bob"]);
        world.go_online(ALICE);
        world.go_online(BOB);
        world.request("hello");
        world.go_offline(BOB);
        let conversation = world.devices[ALICE].id();
        world.command(ALICE, Command::Accept { conversation }).expect("accepts");
        world.send(ALICE, "welcome");
        let link = world.link(ALICE);
        world.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
        world.now = world.now.plus_millis(86_400_000);
        world.command(BOB, Command::Request { link, text: "are you there?".into() }).expect("asks again");
        world.command(ALICE, Command::RevokeLink).expect("revokes");
        world.open_lines(BOB, &[if comes_first { Line::Owner } else { anonymous() }]);
        world.go_online(BOB);
        world.settle(60);
        let (id, state) = {
            let conversation = world.devices[BOB].id();
            let rows = world.devices[BOB].client.messages(conversation, None, 10).expect("reads");
            let again = rows.into_iter().find(|row| row.text == "are you there?").expect("a message");
            (again.id, again.state)
        };
        assert_eq!(state == MessageState::Failed, !comes_first, "{state:?}");
        world.command(BOB, Command::Retry { message: id }).expect("tries again");
        world.send(BOB, "good");
        world.settle(60);
        assert_eq!(world.devices[ALICE].texts(), ["hello", "welcome", "are you there?", "good"]);
        assert_eq!(world.devices[BOB].client.waiting().expect("reads"), 0);
    }
}

#[test]
fn who_asks_and_does_not_wait_for_an_answer_is_not_heard_for_long() {
    let (mut world, _dir) = on_disk();
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("0");
    // A client that does not keep the rules.
    let alice = world.devices[BOB].conversation().contact().expect("a contact").id;
    world.tamper(BOB, |tx| {
        let alice = tx.contact(alice).expect("reads").expect("a contact");
        tx.update_contact(alice.id, &alice.name, kuvert_store::ContactState::Accepted).expect("writes");
    });
    world.go_online(BOB);
    for number in 1..9 {
        world.send(BOB, &number.to_string());
    }
    assert_eq!(world.devices[ALICE].texts(), ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn many_people_write_through_one_link() {
    let names = ["Alice", "Bob", "Carol", "Dave"];
    let mut world = World::new(&names);
    for device in 0..names.len() {
        world.go_online(device);
    }
    let link = world.link(ALICE);
    for (device, name) in names.iter().enumerate().skip(1) {
        world.command(device, Command::OpenLink { link: link.clone() }).expect("opens");
        let request = Command::Request { link: link.clone(), text: format!("from {name}") };
        world.command(device, request).expect("requests");
    }
    let inbox = world.devices[ALICE].inbox();
    assert_eq!(world.relay.key_packages(inbox), 12, "what was used up was replaced");
    let conversations = world.devices[ALICE].client.conversations().expect("reads");
    let mut seen: Vec<_> = conversations.iter().map(|c| c.name()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["Bob", "Carol", "Dave"]);
}

#[test]
fn bad_wishes_get_a_clear_answer_and_change_nothing() {
    let mut world = World::acquainted();
    let conversation = world.devices[ALICE].id();
    let mut refused = |command| match world.command(ALICE, command) {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(refused(Command::Send { conversation, text: "  ".into() }), Refusal::TextInvalid);
    assert_eq!(refused(Command::Send { conversation, text: "x".repeat(20_000) }), Refusal::TextInvalid);
    assert_eq!(refused(Command::OpenLink { link: "https://x".into() }), Refusal::LinkUnreadable);
    let again = Command::CreateIdentity { name: "A".into(), relay: "https://x".into(), invite: None };
    assert_eq!(refused(again), Refusal::IdentityExists);
    let unknown = kuvert_core::ConversationId(99);
    assert_eq!(refused(Command::Send { conversation: unknown, text: "x".into() }), Refusal::Unknown);
    let link = world.link(ALICE);
    world.command(ALICE, Command::OpenLink { link: link.clone() }).expect("opens");
    assert!(matches!(world.devices[ALICE].events.last(), Some(Event::CardOpened(info)) if info.own));
    let own = world.command(ALICE, Command::Request { link, text: "me".into() });
    assert!(matches!(own, Err(ClientError::Refused(Refusal::OwnLink))));
}

#[test]
fn a_link_with_another_secret_or_card_does_not_open() {
    let mut world = World::new(&["Alice", "Bob"]);
    world.go_online(ALICE);
    world.go_online(BOB);
    let (link, other) = (world.link(ALICE), world.link(BOB));
    let (address, _) = link.split_once('#').expect("a secret");
    let (_, secret) = other.split_once('#').expect("a secret");
    world.command(BOB, Command::OpenLink { link: format!("{address}#{secret}") }).expect("fetches");
    let failed = world.devices[BOB].events.last().cloned();
    assert!(matches!(failed, Some(Event::LinkFailed { reason: LinkFailure::Invalid, .. })));
    // A card that nobody stored.
    let unknown = format!("{}/c/AAAAAAAAAAAAAAAAAAAAAA#{secret}", crate::relay::ORIGIN);
    world.command(BOB, Command::OpenLink { link: unknown }).expect("fetches");
    let failed = world.devices[BOB].events.last().cloned();
    assert!(matches!(failed, Some(Event::LinkFailed { reason: LinkFailure::Gone, .. })));
}
