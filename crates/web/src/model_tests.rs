//! Tests of the plain data that screens show.

use kuvert_view::{ContactState, Familiarity, MessageId, MessageKind, Trust};

use super::*;

const ANNA: ConversationId = ConversationId(1);
const BEN: ConversationId = ConversationId(2);

fn message(id: u64, from: Sender, text: &str) -> MessageView {
    let delivery = if from == Sender::Own { Delivery::Queued } else { Delivery::Received };
    MessageView::text(MessageId(id), from, text, id as i64 * 1000, delivery)
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
    outgoing.sent(1, ANNA, "Hallo".into());
    outgoing.shown(ANNA, &message(1, Sender::Contact, "Hallo"));
    outgoing.shown(BEN, &message(1, Sender::Own, "Hallo"));
    assert_eq!(outgoing.of(ANNA), ["Hallo"]);
    outgoing.shown(ANNA, &message(2, Sender::Own, "Hallo"));
    assert!(outgoing.of(ANNA).is_empty());
}

#[test]
fn a_timeline_settles_what_was_sent_before_it_was_asked_for() {
    let mut outgoing = Outgoing::default();
    outgoing.sent(2, ANNA, "before".into());
    outgoing.opening(ANNA);
    outgoing.sent(3, ANNA, "after".into());
    outgoing.opened(ANNA);
    assert_eq!(outgoing.of(ANNA), ["after"]);
}

#[test]
fn of_the_texts_on_their_way_the_one_that_was_refused_comes_back() {
    let mut outgoing = Outgoing::default();
    outgoing.sent(3, ANNA, "first".into());
    outgoing.sent(5, ANNA, "second".into());
    assert_eq!(outgoing.refused(4), None, "that was something else");
    let refused = outgoing.refused(5).expect("the text is refused");
    assert_eq!((refused.conversation, refused.text.as_str()), (ANNA, "second"));
    assert_eq!((outgoing.of(ANNA), outgoing.refused(5)), (vec!["first".to_owned()], None));
}
