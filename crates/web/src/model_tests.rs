//! Tests of the plain data that screens show.

use kuvert_view::{ContactState, Familiarity, MessageKind, Trust};

use super::*;

const ANNA: ConversationId = ConversationId(1);
const BEN: ConversationId = ConversationId(2);

fn message(id: u64, from: Sender, text: &str) -> MessageView {
    let delivery = if from == Sender::Own { Delivery::Queued } else { Delivery::Received };
    MessageView::text(MessageId(id), from, text, id as i64 * 1000, delivery)
}

fn page(ids: std::ops::Range<u64>) -> Vec<MessageView> {
    ids.map(|id| message(id, Sender::Contact, "x")).collect()
}

fn conversation(id: u64, at: Option<i64>) -> ConversationView {
    ConversationView {
        id: ConversationId(id),
        title: "Ben".into(),
        kuvert_id: String::new(),
        trust: Trust::New,
        state: ContactState::Accepted,
        last: at.map(|at| LastMessage {
            text: "x".into(),
            at,
            from: Sender::Own,
            delivery: Delivery::Sent,
            kind: MessageKind::Text,
        }),
        unread: 0,
        blocked: false,
        familiarity: Familiarity::Stranger,
        group: None,
    }
}

#[test]
fn timeline_keeps_loaded_pages_that_join_up_with_a_new_one() {
    let mut timeline = Timeline::default();
    timeline.show(ANNA, page(10..20), true);
    timeline.prepend(ANNA, page(0..10), false);
    timeline.show(ANNA, page(12..25), true);
    assert_eq!(timeline.messages.len(), 25);
    assert!(!timeline.has_older);
}

#[test]
fn timeline_starts_anew_where_a_page_leaves_a_gap() {
    let mut timeline = Timeline::default();
    timeline.show(ANNA, page(0..10), false);
    timeline.show(ANNA, page(40..50), true);
    assert_eq!(timeline.messages.first().map(|first| first.id), Some(MessageId(40)));
    assert!(timeline.has_older);
}

#[test]
fn timeline_drops_a_message_that_is_gone() {
    let mut timeline = Timeline::default();
    timeline.show(ANNA, page(0..3), false);
    timeline.remove(BEN, MessageId(1));
    assert_eq!(timeline.messages.len(), 3);
    timeline.remove(ANNA, MessageId(1));
    assert_eq!(timeline.messages.iter().map(|shown| shown.id.0).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn timeline_replaces_a_message_that_it_shows_already() {
    let mut timeline = Timeline::default();
    timeline.show(ANNA, vec![message(1, Sender::Own, "a")], false);
    let mut sent = message(1, Sender::Own, "a");
    sent.delivery = Delivery::Sent;
    assert!(!timeline.put(sent));
    assert_eq!(timeline.find(MessageId(1)).map(|shown| shown.delivery), Some(Delivery::Sent));
    assert!(timeline.put(message(2, Sender::Contact, "b")));
}

#[test]
fn timeline_ignores_older_messages_of_another_conversation() {
    let mut timeline = Timeline::default();
    timeline.show(ANNA, page(5..6), true);
    timeline.prepend(BEN, page(0..3), false);
    assert_eq!(timeline.messages.len(), 1);
    assert!(timeline.has_older);
}

#[test]
fn timeline_is_bounded() {
    let mut timeline = Timeline::default();
    timeline.show(ANNA, page(0..TIMELINE_ROWS_MAX as u64 + 1), false);
    timeline.trim();
    assert_eq!(timeline.messages.len(), TIMELINE_ROWS_KEPT);
    assert!(timeline.has_older);
}

#[test]
fn the_conversation_with_the_newest_message_is_first() {
    let mut list = vec![conversation(1, Some(30)), conversation(2, Some(20))];
    put_conversation(&mut list, conversation(2, Some(40)));
    put_conversation(&mut list, conversation(3, Some(35)));
    put_conversation(&mut list, conversation(4, None));
    let ids: Vec<u64> = list.iter().map(|shown| shown.id.0).collect();
    assert_eq!(ids, [4, 2, 3, 1]);
}

#[test]
fn a_sent_text_is_unconfirmed_until_the_engine_shows_it() {
    let mut outgoing = Outgoing::default();
    outgoing.sent(ANNA, "Hallo".into());
    outgoing.shown(ANNA, &message(1, Sender::Contact, "Hallo"));
    outgoing.shown(BEN, &message(1, Sender::Own, "Hallo"));
    assert_eq!(outgoing.of(ANNA), ["Hallo"]);
    outgoing.shown(ANNA, &message(2, Sender::Own, "Hallo"));
    assert!(outgoing.of(ANNA).is_empty());
}

#[test]
fn a_timeline_settles_what_was_sent_before_it_was_asked_for() {
    let mut outgoing = Outgoing::default();
    outgoing.sent(ANNA, "before".into());
    outgoing.opening(ANNA);
    outgoing.sent(ANNA, "after".into());
    outgoing.opened(ANNA);
    assert_eq!(outgoing.of(ANNA), ["after"]);
}

#[test]
fn a_refused_text_comes_back_into_the_draft_before_what_was_typed_since() {
    let mut outgoing = Outgoing::default();
    let mut drafts = Drafts::default();
    outgoing.sent(ANNA, "first".into());
    drafts.set(ANNA, "second".into());
    assert_eq!(outgoing.refused(Failure::CardGone), None);
    let refused = outgoing.refused(Failure::Database).expect("the text is refused");
    drafts.bring_back(refused.conversation, &refused.text);
    assert_eq!(drafts.of(ANNA), "first\nsecond");
    assert_eq!(drafts.of(BEN), "");
}

#[test]
fn rows_have_a_separator_per_day_and_join_messages_of_one_side() {
    let messages = [
        message(1, Sender::Own, "a"),
        message(2, Sender::Own, "b"),
        message(3, Sender::Contact, "c"),
        message(4, Sender::Contact, "d"),
    ];
    let day_of = |at: i64| i64::from(at >= 4000);
    assert_eq!(
        rows(&messages, day_of),
        [
            Row::Day(MessageId(1), 1000),
            Row::Message(MessageId(1), false),
            Row::Message(MessageId(2), true),
            Row::Message(MessageId(3), false),
            Row::Day(MessageId(4), 4000),
            Row::Message(MessageId(4), false),
        ]
    );
}

#[test]
fn rows_are_all_different_even_if_clocks_go_backwards() {
    let mut messages =
        [message(1, Sender::Own, "a"), message(2, Sender::Contact, "b"), message(3, Sender::Own, "c")];
    messages[1].at = 90_000_000;
    messages[2].at = messages[0].at;
    let rows = rows(&messages, |at| at / 86_400_000);
    let different: std::collections::HashSet<&Row> = rows.iter().collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(different.len(), rows.len());
}
