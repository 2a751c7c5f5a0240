//! Drafts, timers, and pages of a long conversation.

use kuvert_core::{Command, MessageId, Timestamp};

use crate::world::{ALICE, BOB, World, on_disk};

#[test]
fn a_draft_outlasts_a_restart_and_goes_with_what_is_sent() {
    let (mut world, _dir) = on_disk();
    world.meet();
    let conversation = world.devices[ALICE].id();
    let draft = |text: &str| Command::SetDraft { conversation, text: text.into() };
    world.command(ALICE, draft("half a thought")).expect("keeps");
    world.command(ALICE, Command::SetTimer { conversation, expires_after: Some(60) }).expect("chooses");
    world.restart(ALICE);
    let kept = world.devices[ALICE].client.composing().expect("reads");
    assert_eq!((kept[0].draft.as_str(), kept[0].expires_after), ("half a thought", Some(60)));
    world.command(ALICE, Command::Send { conversation, text: "a whole one".into() }).expect("sends");
    let kept = world.devices[ALICE].client.composing().expect("reads");
    assert_eq!((kept[0].draft.as_str(), kept[0].expires_after), ("", Some(60)));
    let long = "ü".repeat(kuvert_core::limits::MAX_DRAFT);
    world.command(ALICE, draft(&long)).expect("keeps its beginning");
    let kept = world.devices[ALICE].client.composing().expect("reads");
    assert_eq!(kept[0].draft.len(), kuvert_core::limits::MAX_DRAFT);
    let nowhere = kuvert_core::ConversationId(99);
    world
        .command(ALICE, Command::SetDraft { conversation: nowhere, text: "x".into() })
        .expect("has no effect");
}

#[test]
fn a_conversation_is_read_from_any_message_or_day_on() {
    let mut world = World::acquainted();
    for at in 0..8 {
        world.now = world.now.plus_millis(86_400_000);
        world.send(BOB, &format!("day {at}"));
    }
    let conversation = world.devices[ALICE].id();
    let client = &mut world.devices[ALICE].client;
    let all = client.messages(conversation, None, 99).expect("reads");
    let texts = |client: &mut kuvert_core::Client, after: MessageId, with_it| -> Vec<String> {
        let rows = client.messages_after(conversation, after, with_it, 2).expect("reads");
        rows.into_iter().map(|row| row.text).collect()
    };
    assert_eq!(texts(client, all[3].id, false), ["day 3", "day 4"]);
    assert_eq!(texts(client, all[3].id, true), ["day 2", "day 3"]);
    assert!(texts(client, all[8].id, false).is_empty());
    let since = client.message_since(conversation, Timestamp(all[4].at)).expect("reads");
    assert_eq!(since, Some(all[4].id));
    let since = client.message_since(conversation, Timestamp(all[8].at + 1)).expect("reads");
    assert_eq!(since, None);
}
