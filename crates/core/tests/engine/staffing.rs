//! Which devices of a line are in a conversation, and what they are told of what was said before.

use kuvert_content::{Content, History, MessageId, Told};
use kuvert_core::{Command, Fold, LineCommand, SenderKind};
use kuvert_store::{MessageState, NewMessage};

use crate::shop::{ANNE, BERT, CARLA, OWNER, Shop};

#[test]
fn a_new_colleague_comes_into_all_conversations_one_after_the_other() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    for at in 4..24 {
        shop.world.add(at as u8 + 1, "Customer", None);
        shop.world.go_online(at);
        shop.ask(at, "A question");
    }
    let late = shop.world.devices.len();
    shop.hire(late, "Dora");
    let devices = shop.devices.clone();
    shop.line(OWNER, LineCommand::StaffAll { devices, some: Vec::new() });
    let left = shop.world.devices[OWNER].client.staffing().expect("reads");
    assert!((1..=21).contains(&left), "{left}");
    shop.world.settle(60);
    assert_eq!(shop.world.devices[OWNER].client.staffing().expect("reads"), 0);
    let conversations = shop.world.devices[late].client.conversations().expect("reads");
    assert_eq!(conversations.iter().filter(|summary| summary.contact().is_some()).count(), 21);
    shop.send(CARLA, "One more thing");
    let heard = |shop: &mut Shop| {
        let conversations = shop.world.devices[late].client.conversations().expect("reads");
        conversations
            .iter()
            .any(|summary| summary.last.as_ref().is_some_and(|last| last.text == "One more thing"))
    };
    assert!(heard(&mut shop));
}

#[test]
fn who_shows_how_far_the_staffing_is_learns_of_its_end() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    shop.world.go_offline(OWNER);
    let devices = vec![shop.devices[OWNER].clone()];
    shop.world
        .command(OWNER, Command::Line(LineCommand::StaffAll { devices, some: Vec::new() }))
        .expect("taken");
    // All conversations were looked at, and nothing was committed.
    shop.world.settle(2);
    assert_eq!(shop.world.devices[OWNER].staffing_shown, Some(1));
    shop.world.go_online(OWNER);
    shop.world.settle(2);
    assert_eq!(shop.world.devices[OWNER].client.staffing().expect("reads"), 0);
    assert_eq!(shop.world.devices[OWNER].staffing_shown, Some(0));
}

#[test]
fn who_claims_a_conversation_can_be_the_only_agent_in_it() {
    let mut shop = Shop::new();
    let all = shop.devices.clone();
    shop.ask(CARLA, "Hello");
    let conversation = shop.talk(ANNE);
    shop.line(ANNE, LineCommand::Staff { conversation, devices: vec![all[ANNE].clone()] });
    shop.send(CARLA, "For Anne alone");
    assert!(shop.said(BERT).is_empty(), "it was taken from him, with all that was said");
    assert_eq!(shop.said(ANNE), ["Hello", "For Anne alone"]);
    // Handed over, and back again.
    shop.line(ANNE, LineCommand::Staff { conversation, devices: vec![all[ANNE].clone(), all[BERT].clone()] });
    shop.world.settle(60);
    shop.send(CARLA, "For both");
    assert_eq!(shop.said(BERT), ["Hello", "For Anne alone", "For both"]);
    let talk = shop.talk(CARLA);
    let devices = shop.world.devices[CARLA].client.devices(talk).expect("reads");
    assert_eq!(devices.len(), 4, "an agent does not put out the owner");
}

#[test]
fn who_is_let_in_late_is_told_what_was_said() {
    let mut shop = Shop::new();
    let all = shop.devices.clone();
    shop.ask(CARLA, "Hello");
    let conversation = shop.talk(OWNER);
    let alone = |shop: &mut Shop| {
        let devices = vec![shop.devices[OWNER].clone()];
        shop.line(OWNER, LineCommand::Staff { conversation, devices });
    };
    alone(&mut shop);
    shop.send(OWNER, "How can we help?");
    let talk = shop.talk(CARLA);
    let rows = shop.world.devices[CARLA].client.messages(talk, None, 1).expect("reads");
    let (text, reply_to) = ("With a coldd".into(), Some(rows[0].id));
    let reply = Command::Write { conversation: talk, text, reply_to, expires_after: None };
    shop.world.command(CARLA, reply).expect("replies");
    shop.send(CARLA, "And a cough");

    let devices = vec![all[OWNER].clone(), all[BERT].clone()];
    shop.line(OWNER, LineCommand::Staff { conversation, devices });
    shop.world.settle(60);
    let said = ["Hello", "How can we help?", "With a coldd", "And a cough"];
    assert_eq!(shop.said(BERT), said);
    let talk = shop.talk(BERT);
    let rows = shop.world.devices[BERT].client.messages(talk, None, 10).expect("reads");
    let senders: Vec<_> = rows.iter().map(|row| row.sender).collect();
    let (own, contact) = (SenderKind::Own, SenderKind::Contact);
    assert_eq!(senders, [contact, own, contact, contact]);
    assert_eq!(rows[1].author, Some(all[OWNER].key));
    assert_eq!(rows[2].reply_to.as_ref(), Some(&rows[1].mimi));
    let facts = shop.world.devices[BERT].client.desk_facts(Some(talk)).expect("reads").remove(0);
    assert_eq!(facts.unread, 2, "what was answered was read");
    assert_eq!(facts.unanswered_since, Some(rows[2].at));
    // They are the same messages as elsewhere: changes reach them.
    let talk = shop.talk(CARLA);
    let rows = shop.world.devices[CARLA].client.messages(talk, None, 10).expect("reads");
    let edit = Command::Edit { message: rows[2].id, text: "With a cold".into() };
    shop.world.command(CARLA, edit).expect("edits");
    assert_eq!(shop.said(BERT)[2], "With a cold");
    assert_eq!(shop.said(CARLA).len(), 4, "a customer sees nothing of it");
    // And once more, after it was taken away.
    alone(&mut shop);
    assert!(shop.said(BERT).is_empty());
    assert!(shop.world.devices[BERT].client.desk_facts(None).expect("reads").is_empty());
    let devices = vec![all[OWNER].clone(), all[BERT].clone()];
    shop.line(OWNER, LineCommand::Staff { conversation, devices });
    shop.world.settle(60);
    assert_eq!(shop.said(BERT), ["Hello", "How can we help?", "With a cold", "And a cough"]);
}

#[test]
fn a_long_history_is_told_as_far_as_it_has_room_and_in_its_order() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    let conversation = shop.talk(OWNER);
    let devices = vec![shop.devices[OWNER].clone()];
    shop.line(OWNER, LineCommand::Staff { conversation, devices });
    for number in 0..20 {
        shop.send(CARLA, &format!("{number} {}", "long ".repeat(3000)));
    }
    let devices = vec![shop.devices[OWNER].clone(), shop.devices[ANNE].clone()];
    shop.line(OWNER, LineCommand::Staff { conversation, devices });
    shop.world.settle(60);
    let said = shop.said(ANNE);
    let numbers: Vec<_> = said.iter().map(|text| text.split(' ').next().expect("a number")).collect();
    assert_eq!(numbers, ["8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]);
}

#[test]
fn of_several_wishes_for_a_conversation_the_last_one_counts() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    let conversation = shop.talk(OWNER);
    let with = |shop: &Shop, who: &[usize]| {
        let devices = who.iter().map(|at| shop.devices[*at].clone()).collect();
        Command::Line(LineCommand::Staff { conversation, devices })
    };
    let alone = with(&shop, &[OWNER]);
    shop.world.command(OWNER, alone).expect("taken");
    // Claimed, released, claimed by another: before anything of it could be committed.
    shop.world.go_offline(OWNER);
    for who in [&[OWNER, ANNE][..], &[OWNER], &[OWNER, BERT], &[OWNER, ANNE, BERT], &[OWNER, BERT]] {
        let wish = with(&shop, who);
        shop.world.command(OWNER, wish).expect("taken");
    }
    shop.world.go_online(OWNER);
    shop.world.settle(60);
    let devices = shop.world.devices[OWNER].client.devices(conversation).expect("reads");
    let here = |at: usize| devices.iter().any(|(_, device)| *device == shop.devices[at].key);
    assert_eq!([OWNER, ANNE, BERT].map(here), [true, false, true]);
    assert_eq!(shop.said(BERT), ["Hello"]);
}

#[test]
fn some_devices_are_in_all_conversations_and_others_in_some() {
    let mut shop = Shop::new();
    shop.ask(CARLA, "Hello");
    for at in 4..10 {
        shop.world.add(at as u8 + 1, "Customer", None);
        shop.world.go_online(at);
        shop.ask(at, "A question");
    }
    let conversations = shop.world.devices[OWNER].client.conversations().expect("reads");
    let customers = conversations.iter().filter(|summary| summary.contact().is_some());
    let mut customers: Vec<_> = customers.map(|summary| summary.conversation.id).collect();
    customers.sort_unstable();
    let (devices, anne, bert) = (vec![shop.devices[OWNER].clone()], shop.devices[ANNE].clone(), BERT);
    let some = vec![(customers[1], anne.clone()), (customers[5], anne)];
    shop.line(OWNER, LineCommand::StaffAll { devices, some });
    // Somebody claims one that was not looked at yet.
    let (conversation, bert) = (customers[6], shop.devices[bert].clone());
    let devices = vec![shop.devices[OWNER].clone(), bert];
    shop.line(OWNER, LineCommand::Staff { conversation, devices });
    shop.world.settle(60);
    let mut there = |conversation, at: usize| {
        let devices = shop.world.devices[OWNER].client.devices(conversation).expect("reads");
        devices.iter().any(|(_, device)| *device == shop.devices[at].key)
    };
    for (number, conversation) in customers.into_iter().enumerate() {
        assert_eq!(there(conversation, ANNE), [1, 5].contains(&number), "{number}");
        assert_eq!(there(conversation, BERT), number == 6, "{number}");
    }
}

#[test]
fn a_history_by_a_customer_is_not_believed() {
    let (mut shop, dir) = (Shop::new(), tempfile::tempdir().expect("temporary folder"));
    let liar = CARLA + 1;
    shop.world.add(liar as u8 + 1, "Lena", Some(dir.path().join("lena.db")));
    shop.world.go_online(liar);
    shop.ask(liar, "Hello");
    let conversation = shop.talk(liar);
    let told = Told {
        id: MessageId::new([9; 32]),
        device: Some(shop.devices[ANNE].key),
        at: 0,
        content: Content::text([0; 16], "You owe us money").encode(),
    };
    let history = Content::history([0; 16], &History { messages: vec![told] }).encode();
    let message = NewMessage::own(conversation, &[8; 32], "", &history, 0);
    shop.world.tamper(liar, |tx| {
        tx.add_message(&NewMessage { state: MessageState::Unseen, ..message }).expect("writes");
    });
    shop.world.go_online(liar);
    shop.send(liar, "Well?");
    for at in [OWNER, ANNE, BERT, liar] {
        assert_eq!(shop.said(at), ["Hello", "Well?"]);
    }
}

#[test]
fn what_events_ask_for_is_owed_until_it_was_done() {
    let mut shop = Shop::new();
    let fold = |owes| LineCommand::Fold(Fold { position: 0, rows: Vec::new(), owes });
    for (owes, all) in [(1, 1), (0, 1), (2, 3)] {
        shop.line(OWNER, fold(owes));
        assert_eq!(shop.world.devices[OWNER].client.desk_owes().expect("reads"), all);
    }
    shop.line(OWNER, LineCommand::Settled);
    assert_eq!(shop.world.devices[OWNER].client.desk_owes().expect("reads"), 0);
}
