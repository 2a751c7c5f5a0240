//! Answers, edits, deletions, reactions, expiry, search.

use kuvert_content::{AT_EXTENSION, Content, ExtensionKey};
use kuvert_core::{
    ClientError, Command, DeletionScope, Event, KuvertId, MessageId, MessageKind, MessageState, Refusal,
};
use kuvert_store::{ConversationId, NewMessage, Tx};

use crate::world::{ALICE, BOB, World, on_disk};

const HOUR: i64 = 3_600_000;

fn write(world: &mut World, at: usize, text: &str, reply_to: Option<MessageId>, expires_after: Option<u32>) {
    let conversation = world.devices[at].id();
    let command = Command::Write { conversation, text: text.into(), reply_to, expires_after };
    world.command(at, command).expect("sends");
}

fn found(world: &mut World, at: usize, words: &str) -> Vec<String> {
    let rows = world.devices[at].client.search(words, None, None, 9).expect("searches");
    rows.into_iter().map(|row| row.text).collect()
}

fn refused(result: Result<(), ClientError>) -> Refusal {
    match result {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Plays every owner frame of a device again.
fn again(world: &mut World, at: usize) {
    for frame in world.devices[at].heard.clone() {
        let _ = world.again(at, frame);
    }
    world.run();
}

#[test]
fn an_edit_is_shown_everywhere_and_the_old_text_is_found_nowhere() {
    let mut world = World::acquainted();
    world.send(BOB, "See you at noon");
    let message = world.devices[BOB].last().row.id;
    world.command(BOB, Command::Edit { message, text: "See you at one".into() }).expect("edits");
    for device in [ALICE, BOB] {
        let last = world.devices[device].last().row;
        assert_eq!((last.text.as_str(), last.edited_at.is_some()), ("See you at one", true));
        assert!(found(&mut world, device, "noon").is_empty());
        assert_eq!(found(&mut world, device, "ONE see"), ["See you at one"]);
    }
    // CORE-3: neither the message nor its edit changes anything when it comes again.
    world.command(BOB, Command::Edit { message, text: "See you at two".into() }).expect("edits");
    again(&mut world, ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "See you at two"]);
    assert_eq!(world.devices[BOB].last().row.state, MessageState::Delivered);
}

#[test]
fn an_edit_of_what_waits_to_be_sent_arrives_behind_it() {
    let mut world = World::acquainted();
    world.go_offline(BOB);
    world.send(BOB, "frist");
    let message = world.devices[BOB].last().row.id;
    world.command(BOB, Command::Edit { message, text: "first".into() }).expect("edits");
    world.go_online(BOB);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "first"]);
    assert_eq!(world.devices[BOB].texts(), ["hello", "first"]);
}

#[test]
fn a_deleted_message_is_gone_for_all_and_nothing_brings_it_back() {
    let mut world = World::acquainted();
    world.send(BOB, "The code is 4711");
    let (of_bob, of_alice) = (world.devices[BOB].last().row.id, world.devices[ALICE].last().row.id);
    write(&mut world, ALICE, "Thanks", Some(of_alice), None);
    assert_eq!(world.devices[BOB].last().answered.expect("answers").id, of_bob);
    world.command(ALICE, Command::React { message: of_alice, reaction: "👍".into() }).expect("reacts");
    world.command(BOB, Command::Edit { message: of_bob, text: "The code is 4712".into() }).expect("edits");
    let scope = DeletionScope::Everywhere;
    world.command(BOB, Command::Delete { message: of_bob, scope }).expect("deletes");
    again(&mut world, ALICE);
    again(&mut world, BOB);
    for device in [ALICE, BOB] {
        assert_eq!(world.devices[device].texts(), ["hello", "", "Thanks"]);
        assert!(found(&mut world, device, "code").is_empty());
        let answered = world.devices[device].last().answered.expect("still shown as deleted");
        assert_eq!((answered.kind, answered.text.as_str()), (MessageKind::Deleted, ""));
        let id = if device == ALICE { of_alice } else { of_bob };
        let details = world.devices[device].client.message_details(id).expect("reads").expect("there");
        assert!(details.message.reactions.is_empty());
    }
    let edit = Command::Edit { message: of_bob, text: "again".into() };
    assert_eq!(refused(world.command(BOB, edit)), Refusal::Unknown);
}

#[test]
fn what_is_deleted_before_it_was_sent_is_never_sent() {
    let mut world = World::acquainted();
    world.go_offline(BOB);
    world.send(BOB, "not meant for you");
    let message = world.devices[BOB].last().row.id;
    let scope = DeletionScope::Everywhere;
    world.command(BOB, Command::Delete { message, scope }).expect("deletes");
    world.go_online(BOB);
    world.send(BOB, "hi");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "hi"]);
    assert_eq!(world.devices[BOB].client.waiting().expect("counts"), 0);
}

#[test]
fn a_message_that_is_deleted_here_stays_elsewhere_and_does_not_come_again() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.send(BOB, "one");
    let id = world.devices[ALICE].last().row;
    let scope = DeletionScope::Here;
    world.command(ALICE, Command::Delete { message: id.id, scope }).expect("deletes");
    again(&mut world, ALICE);
    // Also under another row, as if the relay had been set back.
    world.tamper(ALICE, |tx| {
        let again = NewMessage::own(id.conversation, &id.mimi, "one", b"", 0);
        assert_eq!(tx.add_message(&again).expect("writes"), None);
    });
    world.go_online(ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
    assert_eq!(world.devices[BOB].texts(), ["hello", "one"]);
    assert!(world.devices[ALICE].client.message(id.id).expect("reads").is_none());
    assert_eq!(world.devices[ALICE].conversation().conversation.unread, 1, "the request alone");
}

#[test]
fn reactions_are_counted_once_per_person_and_can_be_taken_back() {
    let mut world = World::acquainted();
    world.send(BOB, "Cake?");
    let (of_bob, of_alice) = (world.devices[BOB].last().row.id, world.devices[ALICE].last().row.id);
    let reactions = |world: &mut World, device: usize| -> Vec<String> {
        world.devices[device].last().reactions.into_iter().map(|reaction| reaction.text).collect()
    };
    let react = |message, reaction: &str| Command::React { message, reaction: reaction.into() };
    world.command(ALICE, react(of_alice, "👍")).expect("reacts");
    world.command(BOB, react(of_bob, "🍰")).expect("reacts");
    world.command(ALICE, react(of_alice, "❤️")).expect("changes the mind");
    for device in [ALICE, BOB] {
        assert_eq!(reactions(&mut world, device), ["🍰", "❤️"]);
    }
    world.command(ALICE, Command::Unreact { message: of_alice }).expect("takes back");
    again(&mut world, BOB);
    for device in [ALICE, BOB] {
        assert_eq!(reactions(&mut world, device), ["🍰"]);
    }
    world.command(ALICE, react(of_alice, "👍")).expect("reacts once more");
    assert_eq!(reactions(&mut world, BOB), ["🍰", "👍"]);
    for nothing in ["", " ", &"x".repeat(65), "\u{7}"] {
        assert_eq!(refused(world.command(ALICE, react(of_alice, nothing))), Refusal::ReactionInvalid);
    }
}

#[test]
fn only_own_messages_are_edited_or_deleted_for_all() {
    let mut world = World::acquainted();
    world.send(BOB, "mine");
    let message = world.devices[ALICE].last().row.id;
    let edit = Command::Edit { message, text: "yours".into() };
    assert_eq!(refused(world.command(ALICE, edit)), Refusal::NotYours);
    let delete = Command::Delete { message, scope: DeletionScope::Everywhere };
    assert_eq!(refused(world.command(ALICE, delete)), Refusal::NotYours);
    assert_eq!(world.devices[BOB].texts(), ["hello", "mine"]);
}

/// Puts a content into a device's outbox that its engine would not send.
fn forge(tx: &Tx<'_>, conversation: ConversationId, number: u8, mut content: Content) {
    let _ = content.extensions.insert_integer(ExtensionKey::from(AT_EXTENSION), 1_700_000_000_000);
    let content = content.encode();
    let id = [number; 32];
    let unseen = NewMessage::own(conversation, &id, "", &content, 0);
    tx.add_message(&NewMessage { state: MessageState::Unseen, ..unseen }).expect("writes");
}

#[test]
fn a_forged_edit_or_deletion_of_somebody_elses_message_has_no_effect() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.send(ALICE, "I owe you 10");
    let row = world.devices[BOB].last().row;
    let of = kuvert_content::MessageId::from_slice(&row.mimi).expect("an id");
    world.go_offline(BOB);
    world.tamper(BOB, |tx| {
        forge(tx, row.conversation, 1, Content::edit([1; 16], of, "I owe you 1000"));
        forge(tx, row.conversation, 2, Content::deletion([2; 16], of));
    });
    world.go_online(BOB);
    world.send(BOB, "well?");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "I owe you 10", "well?"]);
    let dropped: Vec<_> =
        world.devices[ALICE].events.iter().filter(|event| matches!(event, Event::Dropped(_))).collect();
    assert_eq!(dropped.len(), 2, "{dropped:?}");
}

#[test]
fn what_comes_before_its_message_waits_for_it() {
    let (mut world, _dir) = on_disk();
    world.meet();
    let conversation = world.devices[BOB].id();
    let id_of = |world: &World, at: usize| world.devices[at].client.profile().expect("an identity").1;
    let (alice, bob): (KuvertId, KuvertId) = (id_of(&world, ALICE), id_of(&world, BOB));
    let mut original = Content::text([7; 16], "late");
    let _ = original.extensions.insert_integer(ExtensionKey::from(AT_EXTENSION), 1_700_000_000_000);
    let (one, other) = (alice.to_string().min(bob.to_string()), alice.to_string().max(bob.to_string()));
    let of = original.id(&format!("kuvert:{bob}"), &format!("kuvert:direct:{one}:{other}"));
    world.go_offline(BOB);
    world.tamper(BOB, |tx| {
        forge(tx, conversation, 1, Content::edit([1; 16], of, "later"));
        forge(tx, conversation, 2, Content::reaction([2; 16], of, "🐢"));
        forge(tx, conversation, 3, original);
    });
    world.go_online(BOB);
    world.send(BOB, "end");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "later", "end"]);
    let conversation = world.devices[ALICE].id();
    let rows = world.devices[ALICE].client.messages(conversation, None, 9).expect("reads");
    let shown = world.devices[ALICE].client.with_context(rows).expect("reads");
    assert_eq!(shown[1].reactions[0].text, "🐢");
}

#[test]
fn what_nobody_understands_yet_is_kept_and_shown_as_such() {
    let (mut world, _dir) = on_disk();
    world.meet();
    let conversation = world.devices[BOB].id();
    world.go_offline(BOB);
    world.tamper(BOB, |tx| {
        let part = kuvert_content::Part::single(
            kuvert_content::Disposition::RENDER,
            "application/vnd.kuvert.poll+cbor",
            vec![0xa0],
        );
        forge(tx, conversation, 1, Content::new([1; 16], part));
    });
    world.go_online(BOB);
    world.send(BOB, "end");
    let conversation = world.devices[ALICE].id();
    let rows = world.devices[ALICE].client.messages(conversation, None, 9).expect("reads");
    assert_eq!(rows[1].kind, MessageKind::NeedsNewer);
    world.tamper(ALICE, |tx| {
        let kept = tx.message_content(rows[1].id).expect("reads").expect("kept");
        assert!(Content::decode(&kept).is_ok());
    });
}

#[test]
fn what_expires_is_deleted_on_both_sides() {
    let mut world = World::acquainted();
    write(&mut world, BOB, "burn after reading", None, Some(3600));
    let wait = |world: &mut World, device: usize, millis: i64| {
        world.now = world.now.plus_millis(millis);
        world.command(device, Command::SetReadReports { on: true }).expect("anything");
    };
    // Alice has not read it: for her it stays, for its writer it goes.
    wait(&mut world, ALICE, 2 * HOUR);
    wait(&mut world, BOB, 0);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "burn after reading"]);
    assert_eq!(world.devices[BOB].texts(), ["hello"]);
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::MarkRead { conversation }).expect("reads");
    wait(&mut world, ALICE, HOUR - 60_000);
    assert_eq!(world.devices[ALICE].texts().len(), 2);
    wait(&mut world, ALICE, 60_000);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
    assert!(found(&mut world, ALICE, "burn").is_empty());
    again(&mut world, ALICE);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
}

#[test]
fn what_has_expired_is_not_shown_even_if_nothing_happened_since() {
    let (mut world, _dir) = on_disk();
    world.meet();
    write(&mut world, BOB, "burn after reading", None, Some(3600));
    let conversation = world.devices[ALICE].id();
    world.command(ALICE, Command::MarkRead { conversation }).expect("reads");
    let id = world.devices[ALICE].last().row.id;
    write(&mut world, ALICE, "I did", Some(id), None);
    world.go_offline(ALICE);
    // A command that only looks, an hour later: no input tells the engine of the time.
    for is_restarted in [false, true] {
        let later = world.now.plus_millis(HOUR - if is_restarted { 0 } else { 60_000 });
        if is_restarted {
            world.restart(ALICE);
        }
        world.devices[ALICE].client.look(later).expect("looks");
        while world.devices[ALICE].client.poll_output().is_some() {}
        let gone = usize::from(is_restarted);
        let mut expected = vec!["hello", "burn after reading", "I did"];
        expected.retain(|text| !is_restarted || !text.starts_with("burn"));
        assert_eq!(world.devices[ALICE].texts(), expected);
        assert_eq!(found(&mut world, ALICE, "burn").len(), 1 - gone);
        assert_eq!(world.devices[ALICE].client.message(id).expect("reads").is_none(), is_restarted);
        assert_eq!(world.devices[ALICE].client.message_details(id).expect("reads").is_none(), is_restarted);
        assert_eq!(world.devices[ALICE].last().answered.is_none(), is_restarted);
    }
    // It is gone from the file, too.
    world.tamper(ALICE, |tx| {
        assert_eq!(tx.message(id).expect("reads").map(|row| row.text), Some(String::new()));
    });
}

#[test]
fn the_engine_asks_to_be_woken_when_a_message_expires() {
    let mut world = World::acquainted();
    world.go_offline(BOB);
    let conversation = world.devices[BOB].id();
    let command = Command::Write { conversation, text: "x".into(), reply_to: None, expires_after: Some(60) };
    let now = world.now;
    world.devices[BOB].client.handle(now, kuvert_core::Input::Command(command)).expect("sends");
    let mut wakes = Vec::new();
    while let Some(output) = world.devices[BOB].client.poll_output() {
        if let kuvert_core::Output::WakeAt(at) = output {
            wakes.push(at);
        }
    }
    assert_eq!(wakes, [now.plus_millis(60_000)]);
    world.devices[BOB].client.handle(wakes[0], kuvert_core::Input::Wake).expect("wakes");
    while world.devices[BOB].client.poll_output().is_some() {}
    assert_eq!(world.devices[BOB].texts(), ["hello"]);
}

#[test]
fn a_request_is_texts_and_nothing_else() {
    let (mut world, _dir) = on_disk();
    world.go_online(ALICE);
    world.go_online(BOB);
    world.request("hello");
    let row = world.devices[BOB].last().row;
    let of = kuvert_content::MessageId::from_slice(&row.mimi).expect("an id");
    world.go_offline(BOB);
    world.tamper(BOB, |tx| {
        forge(tx, row.conversation, 1, Content::edit([1; 16], of, "hello, buy this"));
        forge(tx, row.conversation, 2, Content::reaction([2; 16], of, "🎉"));
        forge(tx, row.conversation, 3, Content::text([3; 16], "second"));
    });
    world.go_online(BOB);
    let react = Command::React { message: row.id, reaction: "x".into() };
    assert_eq!(refused(world.command(BOB, react)), Refusal::NotAccepted);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "second"]);
    let conversation = world.devices[ALICE].id();
    let rows = world.devices[ALICE].client.messages(conversation, None, 10).expect("reads");
    let shown = world.devices[ALICE].client.with_context(rows).expect("reads");
    assert!(shown.iter().all(|one| one.reactions.is_empty()));
}
