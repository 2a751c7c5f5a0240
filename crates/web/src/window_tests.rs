//! Tests of the window over a long conversation.

use kuvert_view::Delivery;

use super::*;

const ANNA: ConversationId = ConversationId(1);
const BEN: ConversationId = ConversationId(2);
const DAY: i64 = 1_000_000;

fn day(at: i64) -> i64 {
    at / DAY
}

fn message(id: u64, from: Sender) -> MessageView {
    MessageView::text(MessageId(id), from, "x", id as i64 * 1000, Delivery::Received)
}

fn page(ids: std::ops::Range<u64>) -> Vec<MessageView> {
    ids.map(|id| message(id, Sender::Contact)).collect()
}

fn ids(window: &Window) -> Vec<u64> {
    window.ids().map(|id| id.0).collect()
}

/// An engine with messages 1 to `count`, in pages of 50.
struct Engine(u64);

impl Engine {
    fn older(&self, window: &mut Window) {
        if let Some(before) = window.ask_older() {
            let first = before.0.saturating_sub(50).max(1);
            window.prepend(ANNA, page(first..before.0), first > 1, day);
        }
    }

    fn newer(&self, window: &mut Window) {
        if let Some(after) = window.ask_newer() {
            let last = (after.0 + 51).min(self.0 + 1);
            window.append(ANNA, page(after.0 + 1..last), last <= self.0, day);
        }
    }
}

#[test]
fn a_long_conversation_is_walked_through_in_both_directions_without_a_gap_and_with_bounded_memory() {
    let engine = Engine(50_000);
    let mut window = Window::default();
    window.show(ANNA, page(49_951..50_001), true, day);
    let mut seen = std::collections::BTreeSet::new();
    while window.has_older() {
        engine.older(&mut window);
        assert!(window.len() <= MESSAGES_MAX);
        let shown = ids(&window);
        assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap");
        seen.extend(shown);
    }
    assert_eq!((seen.len(), ids(&window)[0]), (50_000, 1));
    while window.has_newer() {
        engine.newer(&mut window);
        assert!(window.len() <= MESSAGES_MAX);
        assert!(ids(&window).windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap");
    }
    assert_eq!(ids(&window).last(), Some(&50_000));
}

#[test]
fn an_answer_to_what_is_not_asked_any_more_is_not_taken() {
    let mut window = Window::default();
    window.show(ANNA, page(500..550), true, day);
    assert_eq!(window.ask_older(), Some(MessageId(500)));
    assert_eq!((window.ask_older(), window.ask_newer()), (None, None), "one thing at a time");
    window.ask_elsewhere();
    window.prepend(ANNA, page(450..500), true, day);
    assert_eq!(window.len(), 50);
    assert!(window.replace(ANNA, page(100..200), true, true, day));
    window.prepend(ANNA, page(450..500), true, day);
    window.append(ANNA, page(550..600), true, day);
    assert_eq!(ids(&window), (100..200).collect::<Vec<_>>());
    assert!(!window.replace(BEN, page(1..2), false, false, day));
}

#[test]
fn what_comes_while_another_part_is_read_is_not_put_behind_a_gap() {
    let mut window = Window::default();
    window.show(ANNA, page(500..550), true, day);
    window.ask_elsewhere();
    window.replace(ANNA, page(100..200), true, true, day);
    assert_eq!(window.put(message(550, Sender::Contact), false, day), Put::Beyond);
    assert_eq!(window.put(message(150, Sender::Contact), false, day), Put::Changed);
    assert_eq!(window.put(message(50, Sender::Contact), false, day), Put::Ignored);
    assert_eq!(window.len(), 100);
    // A look at the page again must not tear the reader away; who asks for the end gets it.
    assert!(!window.show(ANNA, page(501..551), true, day));
    assert_eq!(ids(&window)[0], 100);
    window.ask_elsewhere();
    assert!(window.show(ANNA, page(501..551), true, day));
    assert_eq!((ids(&window)[0], window.has_newer()), (501, false));
}

#[test]
fn a_stream_of_new_messages_keeps_the_bound_wherever_the_reader_is() {
    let mut window = Window::default();
    window.show(ANNA, page(1..51), false, day);
    for id in 51..2_000 {
        assert_eq!(window.put(message(id, Sender::Contact), true, day), Put::Added);
        assert!(window.len() <= MESSAGES_MAX);
    }
    assert!(window.has_older() && ids(&window).last() == Some(&1_999));
    let first = ids(&window)[0];
    let beyond =
        (2_000..3_000).filter(|id| window.put(message(*id, Sender::Contact), false, day) == Put::Beyond);
    assert!(beyond.count() > 900, "who reads further up is not torn away");
    assert_eq!((ids(&window)[0], window.has_newer()), (first, true));
}

#[test]
fn pages_that_join_up_with_a_new_one_stay() {
    let mut window = Window::default();
    window.show(ANNA, page(10..20), true, day);
    window.ask_older();
    window.prepend(ANNA, page(1..10), false, day);
    assert!(!window.show(ANNA, page(12..25), true, day));
    assert_eq!((window.len(), window.has_older()), (24, false));
    assert!(window.show(ANNA, page(40..50), true, day), "a page that leaves a gap begins anew");
    assert_eq!((ids(&window)[0], window.has_older()), (40, true));
    assert!(window.show(BEN, page(3..5), false, day));
    assert_eq!(window.conversation(), Some(BEN));
}

#[test]
fn what_is_gone_from_a_page_that_joins_up_is_gone_and_what_changed_is_changed() {
    let without = |gone: &[u64]| page(12..25).into_iter().filter(|one| !gone.contains(&one.id.0)).collect();
    let mut window = Window::default();
    window.show(ANNA, page(10..23), true, day);
    window.ask_older();
    window.prepend(ANNA, page(1..10), false, day);
    let mut shown: Vec<MessageView> = without(&[15, 22]);
    shown[1].text = "edited".into();
    assert!(!window.show(ANNA, shown, true, day));
    let expected: Vec<u64> = (1..25).filter(|id| ![15, 22].contains(id)).collect();
    assert_eq!(ids(&window), expected);
    assert_eq!(window.find(MessageId(13)).map(|one| one.text.as_str()), Some("edited"));
    // The newest are gone, so that the page reaches further back.
    assert!(!window.show(ANNA, page(1..20), false, day));
    assert_eq!((ids(&window), window.has_older()), ((1..20).collect(), false));
    // Nothing is before the page: neither is anything here.
    assert!(!window.show(ANNA, page(5..20), false, day));
    assert_eq!((ids(&window), window.has_older()), ((5..20).collect(), false));
}

#[test]
fn after_the_engine_was_another_one_only_what_it_shows_stays() {
    let mut window = Window::default();
    window.show(ANNA, page(60..110), true, day);
    window.ask_older();
    window.prepend(ANNA, page(10..60), true, day);
    window.doubt();
    assert!(!window.show(ANNA, page(62..112), true, day));
    assert_eq!(
        (ids(&window), window.has_older()),
        ((62..112).collect(), true),
        "the older ones are asked for"
    );
    assert_eq!(window.doubtful(), None);
    // Elsewhere in the conversation, what is read is asked for where it stands.
    window.ask_elsewhere();
    window.replace(ANNA, page(10..30), true, true, day);
    window.doubt();
    assert!(!window.show(ANNA, page(62..112), true, day));
    assert_eq!(window.doubtful(), Some(MessageId(20)));
    window.ask_elsewhere();
    assert!(window.replace(ANNA, page(12..30), true, true, day));
    assert_eq!(window.doubtful(), None);
}

#[test]
fn a_message_that_is_gone_leaves() {
    let mut window = Window::default();
    window.show(ANNA, page(1..4), false, day);
    assert!(!window.remove(BEN, MessageId(2)));
    assert!(window.remove(ANNA, MessageId(2)));
    assert!(!window.remove(ANNA, MessageId(2)));
    assert_eq!(ids(&window), [1, 3]);
}

#[test]
fn rows_separate_days_people_and_what_was_unread() {
    let mut of_chris = message(4, Sender::Contact);
    of_chris.author = "Chris".into();
    let mut later = message(6, Sender::Own);
    later.at = DAY + 1;
    let all = vec![
        message(1, Sender::Own),
        message(2, Sender::Own),
        message(3, Sender::Contact),
        of_chris,
        message(5, Sender::Contact),
        later,
    ];
    let mut window = Window::default();
    window.show(ANNA, all, false, day);
    window.set_read_to(Some(MessageId(4)));
    let at = |id| MessageId(id);
    assert_eq!(
        window.rows(),
        [
            Row::Day(at(1), 1000),
            Row::Message(at(1), false),
            Row::Message(at(2), true),
            Row::Message(at(3), false),
            Row::Message(at(4), false),
            Row::Unread,
            Row::Message(at(5), false),
            Row::Day(at(6), DAY + 1),
            Row::Message(at(6), false),
        ]
    );
    window.show(BEN, page(1..4), false, day);
    window.set_read_to(Some(MessageId(0)));
    assert!(!window.rows().contains(&Row::Unread), "above the first message of all the line says nothing");
}

#[test]
fn the_newest_own_text_can_be_edited() {
    let mut window = Window::default();
    let mut deleted = message(3, Sender::Own);
    deleted.kind = MessageKind::Deleted;
    window.show(ANNA, vec![message(1, Sender::Own), message(2, Sender::Contact), deleted], false, day);
    assert_eq!(window.newest_own_text().map(|message| message.id), Some(MessageId(1)));
}

#[test]
fn rows_are_all_different_even_if_clocks_go_backwards() {
    let mut messages = vec![message(1, Sender::Own), message(2, Sender::Contact), message(3, Sender::Own)];
    messages[1].at = 90 * DAY;
    messages[2].at = messages[0].at;
    let mut window = Window::default();
    window.show(ANNA, messages, false, day);
    let rows = window.rows();
    let different: std::collections::HashSet<&Row> = rows.iter().collect();
    assert_eq!((rows.len(), different.len()), (6, 6));
}
